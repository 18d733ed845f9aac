/** Metadata files are replaced whole, durably, and never over somebody else's change (I4). */
import { basename, dirname, join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { diskError } from './failures.js';
import {
  chmodSync,
  closeSync,
  existsSync,
  constants,
  fchmodSync,
  fsyncDirSync,
  fsyncSync,
  isErrno,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkIfSync,
  readdirSync,
  writeSync
} from './files.js';
import { isLitter, ownerTag } from './ownertag.js';

export interface PublishOptions {
  /** What the caller read before: text, or null for "there was no file". Left out: whatever is there is replaced. */
  expect?: string | Uint8Array | null;
  /** Mode of a new file; an existing file keeps its own. Default `0666 & ~umask`. */
  mode?: number;
  /** Must not exist yet; `E_EXISTS` otherwise. */
  exclusive?: boolean;
  /** Skips the two fsyncs: for caches that may be lost, never for what git or DVC reads. */
  volatile?: boolean;
}

/**
 * Writes `bytes` to `path`: temp file in the same directory, fsync, rename, fsync of the directory. Missing parents are
 * made. With `expect`, the file on disk must still be what was read.
 * @throws CellarError `E_CHANGED_ON_DISK`, `E_EXISTS`, `E_SYMLINK_METADATA`, or a disk error of `failures.ts`
 */
export function publishFile(path: string, bytes: string | Uint8Array, options: PublishOptions = {}): void {
  const data = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
  const folder = dirname(path);
  const stem = stemOf(path);
  const temp = join(folder, `${stem}${ownerTag()}.tmp`);
  try {
    mkdirSync(folder);
    sweep(folder, stem);
    const mode = modeFor(path, options);
    writeTemp(temp, data, mode, options.volatile === true);
    try {
      assertUnchanged(path, options);
      if (options.exclusive === true) {
        linkSync(temp, path);
        unlinkIfSync(temp);
      } else {
        renameSync(temp, path);
      }
    } catch (error) {
      unlinkIfSync(temp);
      throw error;
    }
    if (options.volatile !== true) {
      fsyncDirSync(folder);
    }
  } catch (error) {
    if (options.exclusive === true && isErrno(error, 'EEXIST')) {
      throw existsError(path);
    }
    throw diskError(error, path);
  }
}

/** The mode the new file gets, or null for the default; refuses links and things that are not files. */
function modeFor(path: string, options: PublishOptions): number | null {
  const before = lstatSync(path);
  if (before === null) {
    return options.mode ?? null;
  }
  if (options.exclusive === true) {
    throw existsError(path);
  }
  if (before.isSymbolicLink()) {
    throw new CellarError('E_SYMLINK_METADATA', `'${path}' is a symbolic link; Cellar does not write through it.`, {
      next: 'Replace the link by a regular file.',
      at: { path }
    });
  }
  if (!before.isFile()) {
    throw new CellarError('E_NOT_A_FILE', `'${path}' is not a regular file.`, { next: 'Move it away.', at: { path } });
  }
  return Number(before.mode & 0o7777n);
}

/** Removes what processes that died left unfinished of a file, for who does not publish it again. */
export function sweepUnfinished(path: string): void {
  const folder = dirname(path);
  if (existsSync(folder)) {
    sweep(folder, stemOf(path));
  }
}

function stemOf(path: string): string {
  return `.${basename(path).slice(0, 80)}.`;
}

/** Removes what a process that died left beside this very file. */
function sweep(folder: string, stem: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(stem) && isLitter(name)) {
      unlinkIfSync(join(folder, name));
    }
  }
}

function writeTemp(temp: string, data: Uint8Array, mode: number | null, volatile: boolean): void {
  const fd = openSync(temp, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode ?? 0o666);
  let open = true;
  try {
    writeSync(fd, data);
    if (mode !== null) {
      fchmodSync(fd, mode);
    }
    if (!volatile) {
      fsyncSync(fd);
    }
    open = false;
    closeSync(fd);
  } catch (error) {
    if (open) {
      closeSync(fd);
    }
    unlinkIfSync(temp);
    throw error;
  }
}

function assertUnchanged(path: string, options: PublishOptions): void {
  if (options.expect === undefined) {
    return;
  }
  const now = readIf(path);
  const wanted = typeof options.expect === 'string' ? Buffer.from(options.expect, 'utf8') : options.expect;
  const same = now === null || wanted === null ? now === wanted : now.equals(wanted);
  if (!same) {
    throw new CellarError('E_CHANGED_ON_DISK', `'${path}' was changed by someone else in the meantime.`, {
      next: 'Look at the change, then run the same command again.',
      at: { path }
    });
  }
}

function readIf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}

function existsError(path: string): CellarError {
  return new CellarError('E_EXISTS', `'${path}' already exists.`, {
    next: 'Remove it or choose another name.',
    at: { path }
  });
}

/** Changes the permission bits of a file if they differ. */
export function setMode(path: string, mode: number): void {
  const before = lstatSync(path);
  if (before !== null && Number(before.mode & 0o7777n) !== mode) {
    chmodSync(path, mode);
  }
}
