/** Who owns a lock, a journal or a temp file: host + boot + pid + start time; a pid alone is not an identity (I10). */
import { hostname } from 'node:os';
import { isErrno, readTextIfSync } from './files.js';

export interface Owner {
  host: string;
  /** Changes at every boot; empty where the system has none. */
  boot: string;
  pid: number;
  /** Start time of the process in the system's own unit; empty where unknown. */
  start: string;
}

let self: Owner | undefined;

/** The identity of this process. */
export function thisOwner(): Owner {
  self ??= { host: hostname(), boot: bootId(), pid: process.pid, start: startTime(process.pid) };
  return self;
}

export function bootId(): string {
  return (readTextIfSync('/proc/sys/kernel/random/boot_id') ?? '').trim();
}

/** Start time of a process in clock ticks since boot, or '' where the system does not say. */
export function startTime(pid: number): string {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === null) {
    return '';
  }
  // The command name may hold spaces and brackets; the fields are counted after the last bracket (proc(5), field 22).
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readProc(path: string): string | null {
  try {
    return readTextIfSync(path);
  } catch {
    return null; // ESRCH while the process ends
  }
}

/** True when some process has this pid now. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

/** True only when the owner is provably gone: same host and another boot, no such pid, or the pid was given again. */
export function isDead(owner: Owner): boolean {
  const me = thisOwner();
  if (owner.host !== me.host) {
    return false;
  }
  if (owner.boot !== me.boot && owner.boot !== '' && me.boot !== '') {
    return true;
  }
  if (!pidExists(owner.pid)) {
    return true;
  }
  const now = startTime(owner.pid);
  return now !== '' && owner.start !== '' && now !== owner.start;
}
