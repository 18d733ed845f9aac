import { withProjectLock } from '../workspace/lock.js';
import type { Project } from '../workspace/project.js';

/** Work that needs the project to itself, one piece after the other; stages that run in parallel take turns. */
export interface Turn {
  <T>(work: () => Promise<T>, options?: { patient?: boolean }): Promise<T>;
}

export interface TurnOptions {
  signal?: AbortSignal;
  /** As `ProjectLockOptions.wait`, for the first turn and every one in which nothing has been computed yet. */
  wait?: number | null;
  onWait?: (holder: string) => void;
}

/**
 * Turns at the project lock. While a command runs nobody holds it (I10). A *patient* turn waits as long as it takes, also
 * after a cancel: it saves an hour of computing, or puts old outs back.
 * What `work` throws passes through, but the ignore lines of stages that succeeded stay (spec/dvc-pipelines.md §11.2).
 */
export function takeTurns(project: Project, options: TurnOptions): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return (work, { patient = false } = {}) => {
    const turn = last.then(async () => {
      const outcome = await withProjectLock(
        project,
        {
          signal: patient ? undefined : options.signal,
          wait: patient ? null : options.wait,
          onWait: options.onWait
        },
        () => settled(work)
      );
      if ('error' in outcome) {
        throw outcome.error;
      }
      return outcome.value;
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}

type Outcome<T> = { value: T } | { error: unknown };

async function settled<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}
