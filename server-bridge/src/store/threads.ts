/** Worker threads that do parts of jobs. They end by themselves when the process has nothing else to do. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { existsSync } from '../io/files.js';
import { fileURLToPath } from 'node:url';
import { CellarError } from '../protocol/errors.js';
import type { Job, Reply, Step } from './jobs.js';
import type { RunOptions } from './pool.js';
import type { Part } from './splitting.js';

export interface Threads {
  readonly size: number;
  /** Does all parts; replies come in the order of the parts. */
  run(parts: readonly Part[], options: RunOptions): Promise<{ from: number; reply: Reply }[]>;
  close(): Promise<void>;
}

/** Main → worker. */
export interface ToWorker {
  id: number;
  job: Job;
  /** Becomes 1 when the work is to stop. */
  stop: Int32Array<SharedArrayBuffer>;
}

/** Worker → main. */
export type FromWorker =
  | { id: number; kind: 'step'; step: Step }
  | { id: number; kind: 'reply'; reply: Reply }
  | { id: number; kind: 'stopped' }
  | { id: number; kind: 'defect'; message: string };

const MOST = 16;

let script: URL | null = new URL('./worker.mjs', import.meta.url);

/** Another place of the worker's program (tests build one); null forbids threads. */
export function setWorkerScript(next: URL | null): void {
  script = next;
}

/** Threads, or null where there is one core or no program for them. */
export function openThreads(): Threads | null {
  const size = Math.min(availableParallelism(), MOST);
  if (script === null || size < 2 || !existsSync(fileURLToPath(script))) {
    return null;
  }
  const program = script;
  const workers: Worker[] = [];
  return {
    size,
    async run(parts, options) {
      while (workers.length < Math.min(size, parts.length)) {
        workers.push(new Worker(program, { name: 'cellar-store' }));
      }
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const cancel = (): void => void Atomics.store(stop, 0, 1);
      options.signal?.addEventListener('abort', cancel, { once: true });
      try {
        return await dispatch(workers, parts, stop, options);
      } finally {
        options.signal?.removeEventListener('abort', cancel);
      }
    },
    close: async () => {
      await Promise.all(workers.splice(0).map(worker => worker.terminate()));
    }
  };
}

function dispatch(
  workers: Worker[],
  parts: readonly Part[],
  stop: Int32Array<SharedArrayBuffer>,
  options: RunOptions
): Promise<{ from: number; reply: Reply }[]> {
  return new Promise((resolve, reject) => {
    const replies = new Map<number, Reply>();
    let next = 0;
    let busy = 0;
    let failure: Error | null = null;
    const detach: (() => void)[] = [];
    const settle = (): void => {
      if (busy > 0) {
        return;
      }
      detach.forEach(off => off());
      if (failure !== null) {
        reject(failure);
      } else {
        resolve(parts.map((part, id) => ({ from: part.from, reply: replies.get(id) ?? missing(id) })));
      }
    };
    const fail = (error: Error): void => {
      failure ??= error;
      Atomics.store(stop, 0, 1);
    };
    const give = (worker: Worker): void => {
      const part = parts[next];
      if (part === undefined || failure !== null || Atomics.load(stop, 0) === 1) {
        if (Atomics.load(stop, 0) === 1 && next < parts.length) {
          failure ??= new CellarError('E_CANCELLED', 'Cancelled.', { exit: 1 });
        }
        worker.unref();
        return;
      }
      busy++;
      worker.postMessage({ id: next++, job: part.job, stop } satisfies ToWorker);
    };
    for (const worker of [...workers]) {
      const onMessage = (message: FromWorker): void => {
        if (message.kind === 'step') {
          options.onStep?.(message.step);
          return;
        }
        busy--;
        if (message.kind === 'reply') {
          replies.set(message.id, message.reply);
        } else if (message.kind === 'stopped') {
          fail(new CellarError('E_CANCELLED', 'Cancelled.', { exit: 1 }));
        } else {
          fail(new Error(message.message));
        }
        give(worker);
        settle();
      };
      const onError = (error: Error): void => {
        workers.splice(workers.indexOf(worker), 1); // a thread that threw is gone
        busy--;
        fail(error);
        settle();
      };
      worker.on('message', onMessage);
      worker.on('error', onError);
      detach.push(() => {
        worker.off('message', onMessage);
        worker.off('error', onError);
      });
      worker.ref();
      give(worker);
    }
    settle();
  });
}

function missing(id: number): never {
  throw new Error(`part ${id} of a job has no reply`);
}
