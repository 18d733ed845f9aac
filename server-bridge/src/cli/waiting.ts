import type { Context } from './context.js';

export interface LockOptions {
  signal: AbortSignal;
  /** Milliseconds to wait for another process; `null` waits as long as it takes. */
  wait: number | null;
  onWait: (holder: string) => void;
}

/** Three seconds, as `dvc` waits (spec/dvc-data.md §1.5). */
const WAIT_MS = 3000;

/** How a command waits for the project: it says for whom, and Ctrl-C ends it. */
export function lockOptions(context: Context): LockOptions {
  return {
    signal: context.signal,
    wait: context.waitForLock ? null : WAIT_MS,
    onWait: holder => context.out.notice(`Waiting for ${holder}, which works on this project…`)
  };
}
