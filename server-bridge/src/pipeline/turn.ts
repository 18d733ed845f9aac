import { setTimeout as pause } from 'node:timers/promises';
import { CellarError } from '../protocol/errors.js';
import { throwIfCancelled } from '../io/flock.js';
import { holderText, withProjectLock } from '../workspace/lock.js';
import type { Project } from '../workspace/project.js';

/**
 * Work that needs the project to itself, one piece after the other; stages that run in parallel take turns. What registers
 * paths does so before anything else: it may have to be begun again.
 */
export interface Turn {
  <T>(work: () => Promise<T>, options?: { patient?: boolean }): Promise<T>;
}

export interface TurnOptions {
  signal?: AbortSignal;
  /**
   * As `ProjectLockOptions.wait`, for the first turn and every one in which nothing has been computed yet. With null also
   * paths that another command has registered are waited for.
   */
  wait?: number | null;
  onWait?: (holder: string) => void;
}

/**
 * Turns at the project lock. `dvc repro` and we keep the paths of a running stage registered without it, so that a turn may
 * come to a stage that has to wait; others take theirs meanwhile. While a command runs nobody holds it (I10). A *patient* turn waits as long as it takes, also
 * after a cancel: it saves an hour of computing, or puts old outs back.
 * What `work` throws passes through, but the ignore lines of stages that succeeded stay (spec/dvc-pipelines.md §11.2).
 */
export function takeTurns(project: Project, options: TurnOptions): Turn {
  let last: Promise<unknown> = Promise.resolve();
  const take = <T>(work: () => Promise<T>, patient: boolean): Promise<Outcome<T>> => {
    const turn = last.then(() =>
      withProjectLock(
        project,
        { signal: patient ? undefined : options.signal, wait: patient ? null : options.wait, onWait: options.onWait },
        () => settled(work)
      )
    );
    last = turn.catch(() => undefined);
    return turn;
  };
  return async (work, { patient = false } = {}) => {
    let told: string | null = null;
    for (;;) {
      const outcome = await take(work, patient);
      if (!('error' in outcome)) {
        return outcome.value;
      }
      const holder = holderOf(outcome.error);
      if (holder === null || patient || options.wait !== null) {
        throw outcome.error;
      }
      if (holder !== told) {
        told = holder;
        options.onWait?.(holder);
      }
      await pause(PAUSE, undefined, { signal: options.signal }).catch(() => undefined);
      throwIfCancelled(options.signal);
    }
  };
}

/** Milliseconds between two looks at what another process has registered. */
const PAUSE = 300;

/** Who keeps paths from us, in words; null for any other error. */
function holderOf(error: unknown): string | null {
  if (!(error instanceof CellarError) || error.code !== 'E_BUSY_PATH') {
    return null;
  }
  const pids = error.data?.['pids'];
  const pid: unknown = Array.isArray(pids) ? pids[0] : null;
  return holderText(typeof pid === 'number' ? pid : null);
}

type Outcome<T> = { value: T } | { error: unknown };

async function settled<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}
