/**
 * The project lock that real DVC honours (spec/dvc-data.md §1.5, I10): an exclusive `flock(2)` on `.dvc/tmp/lock` whose
 * text is ` <pid>\n`. It is released by the system when the process dies, so no lock ever needs removing by hand.
 */
import { join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { elapsed } from './clock.js';
import { diskError } from './failures.js';
import { acquireClaim } from './claimlock.js';
import {
  closeSync,
  constants,
  ftruncateSync,
  isErrno,
  mkdirSync,
  openSync,
  readTextIfSync,
  writeSync
} from './files.js';
import { native } from './native.js';

/** Gives the lock back; calling it twice does nothing. */
export type Release = () => Promise<void>;

export interface LockOptions {
  signal?: AbortSignal;
  /** Called once when the lock is busy and again when the holder changes; the pid that the lock file names, if any. */
  onWait?: (holderPid: number | null) => void;
  /** Longest wait in milliseconds; default 3,000 as DVC (6 retries of 0.5 s). `Infinity` waits until cancelled. */
  timeout?: number;
  /** `core.hardlink_lock`: claim files and hard links instead of flock. */
  hardlink?: boolean;
}

/** Another way to hold a `flock`, for systems without the native call: resolves null when the lock is busy. */
export type LockHolder = (path: string) => Promise<Release | null>;

let holder: LockHolder | null = null;

/** Sets the fallback used when the native call is missing (a helper process; see `run/`). */
export function setLockHolder(next: LockHolder | null): void {
  holder = next;
}

/**
 * Takes the project lock `<tmpDir>/lock`.
 * @throws CellarError `E_LOCKED` (exit 255) when it stays busy, `E_CANCELLED`, `E_NO_FLOCK` when there is no way to lock
 */
export function acquireProjectLock(tmpDir: string, options: LockOptions = {}): Promise<Release> {
  return acquireLock(join(tmpDir, 'lock'), options);
}

/** Takes the lock on any lock file (`rwlock.lock` too). Re-entry is the caller's business. */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Release> {
  const deadline = elapsed() + (options.timeout ?? 3000);
  let told: number | null | undefined;
  let pause = 20;
  for (;;) {
    throwIfCancelled(options.signal);
    const release = await tryLock(path, options.hardlink === true);
    if (release !== null) {
      return release;
    }
    const pid = lockHolderPid(path);
    if (told === undefined || told !== pid) {
      told = pid;
      options.onWait?.(pid);
    }
    const left = deadline - elapsed();
    if (left <= 0) {
      throw lockedError(path, pid);
    }
    await delay(Math.min(pause, left), options.signal);
    pause = Math.min(500, pause * 1.5);
  }
}

/**
 * Who has the project lock now: null when it is free, else the pid that the lock file names, if any. To find out the lock is
 * tried, and given back at once when it was free.
 */
export async function projectLockHolder(
  tmpDir: string,
  options: Pick<LockOptions, 'hardlink'> = {}
): Promise<{ pid: number | null } | null> {
  const path = join(tmpDir, 'lock');
  const named = lockHolderPid(path);
  const release = await tryLock(path, options.hardlink === true);
  await release?.();
  return release === null ? { pid: named } : null;
}

/** The pid written in a lock file: who holds it, when it is held. */
export function lockHolderPid(path: string): number | null {
  const text = readTextIfSync(path);
  const pid = text === null ? NaN : Number.parseInt(text.trim(), 10);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
}

async function tryLock(path: string, hardlink: boolean): Promise<Release | null> {
  if (hardlink) {
    return acquireClaim(path);
  }
  if (native() !== null) {
    return tryNative(path);
  }
  if (holder !== null) {
    return holder(path);
  }
  throw new CellarError('E_NO_FLOCK', 'This system offers no way to take the project lock that dvc honours.', {
    next: 'Install the optional package koffi, or set core.hardlink_lock.',
    at: { path }
  });
}

const LOCK_EX_NB = 2 | 4;
const LOCK_UN = 8;
const EWOULDBLOCK = process.platform === 'darwin' ? 35 : 11;

function tryNative(path: string): Release | null {
  const calls = native();
  if (calls === null) {
    return null;
  }
  let fd: number;
  try {
    mkdirSync(join(path, '..'));
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
  } catch (error) {
    throw diskError(error, path);
  }
  if (calls.flock(fd, LOCK_EX_NB) !== 0) {
    const errno = calls.errno();
    closeSync(fd);
    if (errno === EWOULDBLOCK) {
      return null;
    }
    throw new CellarError('E_NO_FLOCK', `'${path}' cannot be locked on this file system (errno ${errno}).`, {
      next: 'Set core.hardlink_lock to true.',
      at: { path }
    });
  }
  try {
    const text = Buffer.from(` ${process.pid}\n`);
    writeSync(fd, text);
    ftruncateSync(fd, text.length);
  } catch (error) {
    // The text is only for people; a full disk must not stop the release of space.
    if (!isErrno(error, 'ENOSPC', 'EDQUOT')) {
      closeSync(fd);
      throw diskError(error, path);
    }
  }
  let open = true;
  return () => {
    if (open) {
      open = false;
      calls.flock(fd, LOCK_UN);
      closeSync(fd);
    }
    return Promise.resolve();
  };
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new CellarError('E_CANCELLED', 'Cancelled.', { exit: 1 });
  }
}

function lockedError(path: string, pid: number | null): CellarError {
  const who = pid === null ? '' : ` (held by process ${pid})`;
  return new CellarError(
    'E_LOCKED',
    `Unable to acquire lock${who}. Most likely another DVC process is running or was terminated abruptly.`,
    { next: 'Wait for the other command to end, then try again.', exit: 255, at: { path }, data: { pid } }
  );
}

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
