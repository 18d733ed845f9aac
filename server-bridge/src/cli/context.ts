import type { Output } from './output.js';

/** What a command gets beside its own arguments. */
export interface Context {
  out: Output;
  /** Absolute directory in which the command runs, after `--cd`. */
  cwd: string;
  /** Aborted by the first Ctrl-C; the second one ends the process. */
  signal: AbortSignal;
  /** `--wait-for-lock`: wait for another process as long as it takes, instead of three seconds. */
  waitForLock: boolean;
}

/** Gives the exit code. */
export type Action<Args extends unknown[]> = (context: Context, ...args: Args) => Promise<number>;

/** Wraps an action for commander: `command.action(run(async (context, targets, options) => …))`. */
export type Run = <Args extends unknown[]>(action: Action<Args>) => (...args: Args) => Promise<void>;
