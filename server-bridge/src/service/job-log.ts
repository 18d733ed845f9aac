import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { appendFileSync, isErrno, mkdirSync, readdirSync, readTextIfSync, removeTreeSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { isDead, thisOwner } from '../io/identity.js';
import { CellarError } from '../protocol/errors.js';
import type { ErrorData } from '../protocol/errors.js';
import { Job, JobEvent } from '../protocol/job.js';
import type { JobState } from '../protocol/job.js';

/** An event before it gets its number. */
export type NewJobEvent = JobEvent extends infer E ? (E extends { n: number } ? Omit<E, 'n'> : never) : never;

export type JobListener = (event: JobEvent) => void;

const ID = /^[0-9a-z]{8,40}$/;
const ENDED: ReadonlySet<JobState> = new Set(['done', 'failed', 'cancelled', 'interrupted']);

/** Ended jobs that are kept; older ones are swept when a new one starts. */
const KEEP = 20;

export function isEnded(state: JobState): boolean {
  return ENDED.has(state);
}

function jobsFolder(tmpDir: string): string {
  return join(tmpDir, 'cellar', 'jobs');
}

function jobFolder(tmpDir: string, id: string): string {
  if (!ID.test(id)) {
    throw new CellarError('E_NO_SUCH_JOB', `There is no job '${id}'.`);
  }
  return join(jobsFolder(tmpDir), id);
}

/** A job that this process runs: durable from its first moment, with a numbered event log (N54). */
export interface JobLog {
  readonly job: Job;
  emit(event: NewJobEvent): void;
  end(state: JobState, error: ErrorData | null): void;
  listen(listener: JobListener): () => void;
}

/** Makes `jobs/<id>/job.json` and `events.jsonl` under `.dvc/tmp/cellar`. */
export function createJob(tmpDir: string, kind: Job['kind'], notebook: string | null): JobLog {
  sweep(tmpDir);
  const id = Date.now().toString(36) + randomBytes(4).toString('hex');
  const folder = jobFolder(tmpDir, id);
  const events = join(folder, 'events.jsonl');
  const job: Job = {
    v: 1,
    id,
    kind,
    state: 'running',
    notebook,
    started: new Date().toISOString(),
    ended: null,
    owner: thisOwner(),
    last: 0,
    error: null
  };
  mkdirSync(folder);
  publishFile(join(folder, 'job.json'), JSON.stringify(job));
  const listeners = new Set<JobListener>();
  const emit = (event: NewJobEvent): void => {
    job.last += 1;
    const numbered: JobEvent = { ...event, n: job.last };
    // One write a line: a reader sees whole lines, and a crash loses at most the newest (the job is then interrupted anyway).
    writeEvent(events, numbered);
    for (const listener of listeners) {
      listener(numbered);
    }
  };
  return {
    job,
    emit,
    end: (state, error) => {
      job.state = state;
      job.error = error;
      job.ended = new Date().toISOString();
      emit({ type: 'state', state, error });
      publishFile(join(folder, 'job.json'), JSON.stringify(job));
    },
    listen: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    }
  };
}

/** A full disk must not end a run that may still succeed: the tabs hear the event, only a replay lacks it. */
function writeEvent(path: string, event: JobEvent): void {
  try {
    appendFileSync(path, JSON.stringify(event) + '\n');
  } catch (error) {
    if (!isErrno(error)) {
      throw error;
    }
  }
}

/** A job as it is on disk; one whose owner is provably dead and that never ended reads as *interrupted* (N55). */
export function readJob(tmpDir: string, id: string): Job | null {
  const text = readTextIfSync(join(jobFolder(tmpDir, id), 'job.json'));
  if (text === null) {
    return null;
  }
  const parsed = Job.safeParse(safeJson(text));
  if (!parsed.success) {
    return null;
  }
  const job = parsed.data;
  if (!isEnded(job.state) && isDead(job.owner)) {
    return { ...job, state: 'interrupted' };
  }
  return job;
}

/** Newest first. */
export function listJobs(tmpDir: string): Job[] {
  return jobIds(tmpDir)
    .reverse()
    .flatMap(id => readJob(tmpDir, id) ?? []);
}

/** Events with a number above `from`, in order; a torn last line is left out. */
export function readEvents(tmpDir: string, id: string, from: number): JobEvent[] {
  const text = readTextIfSync(join(jobFolder(tmpDir, id), 'events.jsonl')) ?? '';
  const events: JobEvent[] = [];
  for (const line of text.split('\n')) {
    const parsed = line === '' ? undefined : JobEvent.safeParse(safeJson(line));
    if (parsed?.success === true && parsed.data.n > from) {
      events.push(parsed.data);
    }
  }
  return events;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function jobIds(tmpDir: string): string[] {
  try {
    return readdirSync(jobsFolder(tmpDir))
      .filter(name => ID.test(name))
      .sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return [];
    }
    throw error;
  }
}

function sweep(tmpDir: string): void {
  const ended = jobIds(tmpDir).filter(id => {
    const job = readJob(tmpDir, id);
    return job === null || isEnded(job.state);
  });
  for (const id of ended.slice(0, Math.max(0, ended.length - KEEP))) {
    removeTreeSync(jobFolder(tmpDir, id));
  }
}
