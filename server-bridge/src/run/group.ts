import type { ChildProcess } from 'node:child_process';
import { readdirSync, readTextIfSync } from '../io/files.js';

/** Milliseconds between interrupt, terminate and kill: the last comes 2 s after the first, all is over within 3 s (I19, N54). */
export const STEP_MS = 1000;

const STEPS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGKILL'];

/**
 * True while any process of the group can still do something: one that has ended but was never waited for (a container
 * whose first process reaps nobody) does not count. A group of another user counts as alive.
 */
export function groupAlive(pgid: number): boolean {
  try {
    process.kill(-pgid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return process.platform === 'linux' ? hasLivingMember(pgid) : true;
}

/** Looks through /proc for a member that is no zombie (proc(5): after the name come state, parent and group). */
function hasLivingMember(pgid: number): boolean {
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statLine(name) : null;
    if (stat !== null) {
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(group) === pgid && state !== 'Z' && state !== 'X') {
        return true;
      }
    }
  }
  return false;
}

function statLine(pid: string): string | null {
  try {
    return readTextIfSync(`/proc/${pid}/stat`);
  } catch {
    return null; // ESRCH: it ended while we looked.
  }
}

/** Send one signal to the whole group; a group that is gone is no error. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pgid : -pgid, signal);
  } catch {
    // Gone already, or not ours any more: either way there is nothing left to signal.
  }
}

/**
 * End a process group: interrupt, terminate, kill, one second apart, each to every member; resolves when nobody is left
 * or two seconds after the kill (a process in uninterruptible sleep). Windows knows no groups: the tree of the leader.
 */
export async function endGroup(pgid: number, alive: () => boolean = () => groupAlive(pgid)): Promise<void> {
  for (const signal of STEPS) {
    if (!alive()) {
      return;
    }
    signalGroup(pgid, signal);
    if (await goneWithin(alive, STEP_MS)) {
      return;
    }
  }
  await goneWithin(alive, STEP_MS);
}

async function goneWithin(alive: () => boolean, ms: number): Promise<boolean> {
  // A member that is not our child gives no event when it ends, so the group is asked until the step is over.
  const end = performance.now() + ms;
  while (performance.now() < end) {
    if (!alive()) {
      return true;
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return !alive();
}

/** A child that leads its own group and has not been waited for. */
export function leaderAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
