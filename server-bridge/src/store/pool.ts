/** Who does the jobs: this thread in small turns, or worker threads when there is enough to do. */
import { createCryptoLanes } from '../hash/lanes.js';
import { CellarError } from '../protocol/errors.js';
import { hashFiles, newDesk, type Desk } from './hashing.js';
import type { HashJob, HashReply, Job, PlaceJob, PlaceReply, PublishJob, PublishReply, Reply, Step } from './jobs.js';
import { placeFiles } from './placing.js';
import { publishObjects } from './publishing.js';

export interface RunOptions {
  signal?: AbortSignal;
  onStep?: (step: Step) => void;
}

const ARENA = 8 * 1024 * 1024;
const TURN_MS = 12;

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

let desk: Desk | undefined;

function ownDesk(): Desk {
  desk ??= newDesk(createCryptoLanes(ARENA));
  return desk;
}

export function runJob(job: HashJob, options: RunOptions): Promise<HashReply>;
export function runJob(job: PublishJob, options: RunOptions): Promise<PublishReply>;
export function runJob(job: PlaceJob, options: RunOptions): Promise<PlaceReply>;
/** Does one job in this thread, giving way to others every few milliseconds. @throws CellarError `E_CANCELLED` */
export async function runJob(job: Job, options: RunOptions): Promise<Reply> {
  const steps = stepsOf(job, ownDesk());
  let turn = performance.now();
  for (;;) {
    const next = steps.next();
    if (next.done === true) {
      return next.value;
    }
    options.onStep?.(next.value);
    if (performance.now() - turn > TURN_MS) {
      await new Promise<void>(resolve => setImmediate(resolve));
      turn = performance.now();
    }
    if (options.signal?.aborted === true) {
      steps.return(emptyReply());
      throw new CellarError('E_CANCELLED', 'Cancelled.', { exit: 1 });
    }
  }
}

function emptyReply(): Reply {
  return { kind: 'publish', existing: [], failures: [] };
}
