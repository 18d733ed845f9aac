/** Cutting a job into parts for threads, and putting the replies together again in order. */
import { FACTS, sizeAt } from '../io/facts.js';
import { DIGEST } from './columns.js';
import type { Failure, HashJob, HashReply, Job, PlaceJob, PlaceReply, PublishReply, Reply } from './jobs.js';

export interface Part {
  job: Job;
  /** Where its rows begin in the whole job. */
  from: number;
}

const MOST_ROWS = 4096;
const MOST_BYTES = 2 ** 26;

export function rowsOf(job: Job): number {
  return job.kind === 'hash' ? job.paths.length : job.kind === 'publish' ? job.oids.length : job.relpaths.length;
}

/** Parts small enough that all threads end at about the same time; a huge file is a part of its own. */
export function splitJob(job: Job, threads: number): Part[] {
  const rows = rowsOf(job);
  const most = Math.max(1, Math.min(MOST_ROWS, Math.ceil(rows / (threads * 4))));
  const parts: Part[] = [];
  for (let from = 0; from < rows;) {
    let to = from;
    let bytes = 0;
    while (to < rows && to - from < most && (bytes < MOST_BYTES || to === from)) {
      bytes += job.kind === 'hash' ? sizeAt(job.facts, to) : 0;
      to++;
    }
    parts.push({ job: slice(job, from, to), from });
    from = to;
  }
  return parts;
}

function slice(job: Job, from: number, to: number): Job {
  switch (job.kind) {
    case 'hash':
      return { ...job, paths: job.paths.slice(from, to), facts: job.facts.slice(from * FACTS, to * FACTS) };
    case 'publish':
      return { ...job, oids: job.oids.slice(from, to) };
    case 'place':
      return slicePlace(job, from, to);
  }
}

function slicePlace(job: PlaceJob, from: number, to: number): PlaceJob {
  return {
    ...job,
    relpaths: job.relpaths.slice(from, to),
    digests: job.digests.slice(from * DIGEST, to * DIGEST),
    objects: job.objects.slice(from * FACTS, to * FACTS),
    exec: job.exec.slice(from, to),
    expected: job.expected.slice(from * FACTS, to * FACTS),
    firstScratch: job.firstScratch + from
  };
}

/** The reply of the whole job from those of its parts. */
export function joinReplies(job: Job, replies: readonly { from: number; reply: Reply }[]): Reply {
  switch (job.kind) {
    case 'hash':
      return joinHash(job, replies);
    case 'publish':
      return joinPublish(replies);
    case 'place':
      return joinPlace(job, replies);
  }
}

type Replies = readonly { from: number; reply: Reply }[];

function joinHash(job: HashJob, replies: Replies): HashReply {
  const n = job.paths.length;
  const whole: HashReply = {
    kind: 'hash',
    digests: new Uint8Array(n * DIGEST),
    facts: new BigInt64Array(n * FACTS),
    ours: new Uint8Array(n),
    staged: [],
    existing: [],
    failures: []
  };
  for (const { from, reply } of replies) {
    if (reply.kind === 'hash') {
      whole.digests.set(reply.digests, from * DIGEST);
      whole.facts.set(reply.facts, from * FACTS);
      whole.ours.set(reply.ours, from);
      reply.staged.forEach(row => whole.staged.push(row + from));
      reply.existing.forEach(row => whole.existing.push(row + from));
      whole.failures.push(...moved(reply.failures, from));
    }
  }
  return whole;
}

function joinPublish(replies: Replies): PublishReply {
  const whole: PublishReply = { kind: 'publish', existing: [], failures: [] };
  for (const { from, reply } of replies) {
    if (reply.kind === 'publish') {
      whole.existing.push(...reply.existing);
      whole.failures.push(...moved(reply.failures, from));
    }
  }
  return whole;
}

function joinPlace(job: PlaceJob, replies: Replies): PlaceReply {
  const n = job.relpaths.length;
  const whole: PlaceReply = {
    kind: 'place',
    states: new Uint8Array(n),
    facts: new BigInt64Array(n * FACTS),
    objects: new BigInt64Array(n * FACTS),
    ours: new Uint8Array(n),
    timed: new Uint8Array(n),
    failures: []
  };
  for (const { from, reply } of replies) {
    if (reply.kind === 'place') {
      whole.states.set(reply.states, from);
      whole.facts.set(reply.facts, from * FACTS);
      whole.objects.set(reply.objects, from * FACTS);
      whole.ours.set(reply.ours, from);
      whole.timed.set(reply.timed, from);
      whole.failures.push(...moved(reply.failures, from));
    }
  }
  return whole;
}

function moved(failures: readonly Failure[], from: number): Failure[] {
  return failures.map(failure => ({ ...failure, row: failure.row + from }));
}
