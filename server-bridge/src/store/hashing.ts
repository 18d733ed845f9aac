/** The hot path of add and status: read once, hash, store (guide/performance.md §3.1). Synchronous, in steps. */
import type { Lanes } from '../hash/lanes.js';
import { closeSync, existsSync, isErrno, unlinkIfSync } from '../io/files.js';
import { sizeAt } from '../io/facts.js';
import { clone, isLink, linkRead, verifyClone } from './attaching.js';
import { DIGEST, digestHex } from './columns.js';
import type { HashJob, HashReply, Staging, Step } from './jobs.js';
import { failureOf, readWhole, SLICE } from './readfile.js';
import { objectPath } from './layout.js';
import { stageBytes, tempPath } from './staging.js';
import { hashLarge } from './streaming.js';

/** What a thread keeps between jobs. */
export interface Desk {
  lanes: Lanes;
  slice: Uint8Array;
}

/** Files up to this size are hashed in batches; larger ones are streamed. */
export const SMALL = 1024 * 1024;
/** Open handles held at once by a batch of files that are to be linked. */
const MOST_HANDLES = 128;
/** Below this a clone costs more than writing the bytes we hold. */
const CLONE_FROM = 64 * 1024;

interface Batch {
  rows: number[];
  offsets: number[];
  sizes: number[];
  fds: number[];
}

/** Runs a hash job. Each step is at most one batch of small files or 16 MiB of a large one. */
export function* hashFiles(job: HashJob, desk: Desk): Generator<Step, HashReply> {
  const n = job.paths.length;
  const reply: HashReply = {
    kind: 'hash',
    digests: new Uint8Array(n * DIGEST),
    facts: job.facts,
    ours: new Uint8Array(n),
    staged: [],
    existing: [],
    failures: []
  };
  const batch: Batch = { rows: [], offsets: [], sizes: [], fds: [] };
  try {
    for (let row = 0; row < n; row++) {
      if (job.name !== 'md5' || sizeAt(job.facts, row) > SMALL) {
        yield* hashLarge(job, row, reply, desk);
      } else if (!take(job, row, reply, desk, batch)) {
        yield flush(job, reply, desk, batch);
        if (!take(job, row, reply, desk, batch)) {
          yield* hashLarge(job, row, reply, desk);
        }
      }
    }
    yield flush(job, reply, desk, batch);
  } finally {
    batch.fds.forEach(closeSync);
  }
  return reply;
}

/** Reads a small file into the arena; false when the batch is full. */
function take(job: HashJob, row: number, reply: HashReply, desk: Desk, batch: Batch): boolean {
  const path = job.paths[row] ?? '';
  const room = sizeAt(job.facts, row);
  const offset = desk.lanes.reserve(room);
  const linking = job.staging?.how === 'hardlink';
  if (offset < 0 || (linking && batch.fds.length >= MOST_HANDLES)) {
    return false;
  }
  try {
    const size = readWhole(
      path,
      job.facts,
      row,
      desk.lanes.arena,
      offset,
      room,
      linking ? fd => void batch.fds.push(fd) : undefined
    );
    if (size < 0) {
      return false; // it grew: its facts are corrected now, the next try reserves enough
    }
    desk.lanes.commit(offset, size);
    batch.rows.push(row);
    batch.offsets.push(offset);
    batch.sizes.push(size);
  } catch (error) {
    if (isErrno(error, 'EMFILE', 'ENFILE') && batch.fds.length > 0) {
      return false; // give back our own handles first
    }
    reply.failures.push(failureOf(error, row, path));
  }
  return true;
}

function flush(job: HashJob, reply: HashReply, desk: Desk, batch: Batch): Step {
  const step = { files: batch.rows.length, bytes: 0 };
  const digests = desk.lanes.run();
  const oids: string[] = [];
  for (const [k, row] of batch.rows.entries()) {
    reply.digests.set(digests.subarray(k * DIGEST, (k + 1) * DIGEST), row * DIGEST);
    step.bytes += batch.sizes[k] ?? 0;
    if (job.staging !== undefined) {
      oids.push(digestHex(digests, k));
    }
  }
  if (job.staging !== undefined) {
    // Sorted, because touching the prefix folders in order costs a quarter less (performance.md §2.4).
    const order = [...oids.keys()].sort((a, b) => ((oids[a] ?? '') < (oids[b] ?? '') ? -1 : 1));
    for (const k of order) {
      stageSmall(job, job.staging, reply, desk, batch, k, oids[k] ?? '');
    }
  }
  batch.fds.forEach(closeSync);
  batch.rows = [];
  batch.offsets = [];
  batch.sizes = [];
  batch.fds = [];
  return step;
}

function stageSmall(
  job: HashJob,
  staging: Staging,
  reply: HashReply,
  desk: Desk,
  batch: Batch,
  k: number,
  oid: string
): void {
  const row = batch.rows[k] ?? 0;
  const path = job.paths[row] ?? '';
  const offset = batch.offsets[k] ?? 0;
  const size = batch.sizes[k] ?? 0;
  const final = objectPath(staging.objects, oid);
  try {
    if (existsSync(final)) {
      reply.existing.push(row);
      return;
    }
    const fd = batch.fds[k];
    if (fd !== undefined && size > 0 && !isLink(path) && linkRead(staging, job, reply, row, fd, final)) {
      return;
    }
    const temp = tempPath(staging.objects, oid, staging.operation);
    if (staging.how === 'reflink' && size >= CLONE_FROM && clone(path, temp, staging)) {
      // The clone was made after the read: it counts only if the file is still the one that was read.
      if (verifyClone(temp, desk, oid)) {
        reply.staged.push(row);
        return;
      }
      unlinkIfSync(temp);
    }
    stageBytes(temp, desk.lanes.arena.subarray(offset, offset + size), staging.dirMode);
    reply.staged.push(row);
  } catch (error) {
    reply.failures.push(failureOf(error, row, path));
  }
}

export function newDesk(lanes: Lanes): Desk {
  return { lanes, slice: new Uint8Array(SLICE) };
}
