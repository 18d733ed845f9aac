/** Who does the jobs: this thread in small turns, or worker threads when there is enough to do (performance.md §3.1). */
import { createLanes } from '../hash/kernel.js';
import { createCryptoLanes } from '../hash/lanes.js';
import { elapsed } from '../io/clock.js';
import { sizeAt } from '../io/facts.js';
import { CellarError } from '../protocol/errors.js';
import { hashFiles, newDesk, type Desk } from './hashing.js';
import type { HashJob, HashReply, Job, PlaceJob, PlaceReply, PublishJob, PublishReply, Reply, Step } from './jobs.js';
import { placeFiles } from './placing.js';
import { publishObjects } from './publishing.js';
import { joinReplies, rowsOf, splitJob } from './splitting.js';
import { openThreads, type Threads } from './threads.js';

export interface RunOptions {
  signal?: AbortSignal;
  onStep?: (step: Step) => void;
}

/** From so many rows or bytes on, threads repay their start and their memory. */
export interface ThreadRule {
  rows: number;
  bytes: number;
}

const ARENA = 4 * 1024 * 1024;
const SMALL_ARENA = 1024 * 1024 + 4096;
/**
 * From so many files on, the SIMD kernel repays what compiling it takes, 15 ms and 10 MB: it saves 8 µs of CPU for each
 * small file.
 */
const KERNEL_FROM = 10_000;
const TURN_MS = 12;

let rule: ThreadRule = { rows: 40_000, bytes: 2 ** 29 };
let threads: Threads | null | undefined;

/** Sets when threads are used; tests force them (`rows: 1`) or forbid them (`rows: Infinity, bytes: Infinity`). */
export function setThreadRule(next: ThreadRule): void {
  rule = next;
}

/** The steps of any job. */
export function stepsOf(job: Job, desk: Desk): Generator<Step, Reply> {
  switch (job.kind) {
    case 'hash':
      return hashFiles(job, desk);
    case 'publish':
      return publishObjects(job);
    case 'place':
      return placeFiles(job, desk);
  }
}

/** Desks by size: most commands touch a handful of files and need neither kernel nor arena. */
const desks: { small?: Desk; large?: Desk } = {};

export function deskFor(job: Job): Desk {
  if (job.kind === 'hash' && rowsOf(job) >= KERNEL_FROM) {
    desks.large ??= newDesk(createLanes(ARENA));
    return desks.large;
  }
  desks.small ??= newDesk(createCryptoLanes(SMALL_ARENA));
  return desks.small;
}

export function runJob(job: HashJob, options: RunOptions): Promise<HashReply>;
export function runJob(job: PublishJob, options: RunOptions): Promise<PublishReply>;
export function runJob(job: PlaceJob, options: RunOptions): Promise<PlaceReply>;
/** Does one job here or in threads. @throws CellarError `E_CANCELLED` within a turn of the signal */
export async function runJob(job: Job, options: RunOptions): Promise<Reply> {
  if (options.signal?.aborted === true) {
    throw cancelled();
  }
  if (isLarge(job)) {
    threads ??= openThreads();
    if (threads !== null) {
      const replies = await threads.run(splitJob(job, threads.size), options);
      return joinReplies(job, replies);
    }
  }
  return runHere(job, options);
}

async function runHere(job: Job, options: RunOptions): Promise<Reply> {
  const steps = stepsOf(job, deskFor(job));
  let turn = elapsed();
  for (;;) {
    const next = steps.next();
    if (next.done === true) {
      return next.value;
    }
    options.onStep?.(next.value);
    if (elapsed() - turn > TURN_MS) {
      await new Promise<void>(resolve => setImmediate(resolve));
      turn = elapsed();
    }
    if (options.signal?.aborted === true) {
      steps.return({ kind: 'publish', existing: [], failures: [] });
      throw cancelled();
    }
  }
}

function isLarge(job: Job): boolean {
  const rows = rowsOf(job);
  if (rows >= rule.rows) {
    return true;
  }
  if (rows < 2 || job.kind !== 'hash') {
    return false;
  }
  let bytes = 0;
  for (let row = 0; row < rows; row++) {
    bytes += sizeAt(job.facts, row);
  }
  return bytes >= rule.bytes;
}

export function cancelled(): CellarError {
  return new CellarError('E_CANCELLED', 'Cancelled.', { exit: 1 });
}
