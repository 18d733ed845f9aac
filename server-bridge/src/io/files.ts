/**
 * The one door to the disk: every call of `node:fs` in the engine goes through this module (design.md §6), so that
 * tests can count calls, fail the n-th one or kill the process there (guide/reliability.md §5.1).
 *
 * The functions are synchronous: hot paths run in worker threads or in turns, metadata work is short. The two
 * asynchronous ones are for files of any size that a resident process reads while it serves others
 * (guide/performance.md §2.3).
 */
import * as fs from 'node:fs';

/**
 * Called before each operation with its name, its (first) path or `fd:N`, and a running number from 1.
 * Throwing makes the operation fail with that error.
 */
export type FaultHook = (op: string, path: string, n: number) => void;

let hook: FaultHook | null = null;
let calls = 0;

/** Installs (or with `null` removes) the fault hook of this thread and starts counting at 1 again. */
export function setHook(next: FaultHook | null): void {
  hook = next;
  calls = 0;
}

/** Lets the modules of this room announce operations that do not go through `node:fs` (native calls). */
export function announce(op: string, path: string | number): void {
  if (hook !== null) {
    hook(op, typeof path === 'number' ? `fd:${path}` : path, ++calls);
  }
}

function at(op: string, path: fs.PathLike | number): void {
  if (hook !== null) {
    announce(op, typeof path === 'number' ? path : path.toString());
  }
}

export type BigIntStats = fs.BigIntStats;
export type Dirent = fs.Dirent;
export const constants = fs.constants;

/** An error of the system as Node throws it (`ENOENT` …); Node's own codes and ours hold an underscore. */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || error.code.includes('_')) {
    return false;
  }
  return codes.length === 0 || codes.includes(error.code);
}

const EXACT = { bigint: true, throwIfNoEntry: false } as const;
const EXACT_OPEN = { bigint: true } as const;

// Handles ---------------------------------------------------------------------------------------------------------

export function openSync(path: string, flags: number | string, mode?: number): number {
  at('open', path);
  return fs.openSync(path, flags, mode);
}

export function closeSync(fd: number): void {
  at('close', fd);
  fs.closeSync(fd);
}

/** Reads up to `length` bytes into `buffer` at `offset`; `position` null reads on. Returns the bytes read. */
export function readSync(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number | null = null
): number {
  at('read', fd);
  return fs.readSync(fd, buffer, offset, length, position);
}

/** Writes all of `bytes` (node may write less at once). */
export function writeSync(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    at('write', fd);
    done += fs.writeSync(fd, bytes, done, bytes.length - done);
  }
}

export function fstatSync(fd: number): fs.BigIntStats {
  at('fstat', fd);
  return fs.fstatSync(fd, EXACT_OPEN);
}

export function fsyncSync(fd: number): void {
  at('fsync', fd);
  fs.fsyncSync(fd);
}

export function fchmodSync(fd: number, mode: number): void {
  at('fchmod', fd);
  fs.fchmodSync(fd, mode);
}

export function ftruncateSync(fd: number, length: number): void {
  at('ftruncate', fd);
  fs.ftruncateSync(fd, length);
}

// Facts -----------------------------------------------------------------------------------------------------------

/** `stat` with 64-bit fields, following links; null when there is nothing. */
export function statSync(path: string): fs.BigIntStats | null {
  at('stat', path);
  return fs.statSync(path, EXACT) ?? null;
}

/** `lstat` with 64-bit fields; null when there is nothing. */
export function lstatSync(path: string): fs.BigIntStats | null {
  at('lstat', path);
  return fs.lstatSync(path, EXACT) ?? null;
}

export function existsSync(path: string): boolean {
  at('exists', path);
  return fs.existsSync(path);
}

/** Throws unless the process may access `path` in `mode` (`constants.R_OK` …). */
export function accessSync(path: string, mode?: number): void {
  at('access', path);
  fs.accessSync(path, mode);
}

export function realpathSync(path: string): string {
  at('realpath', path);
  return fs.realpathSync.native(path);
}

export function readlinkSync(path: string): string {
  at('readlink', path);
  return fs.readlinkSync(path);
}

/** Free bytes and free inodes (null: not limited) of the file system that holds `path`. */
export function freeSpaceSync(path: string): { bytes: bigint; inodes: bigint | null } {
  at('statfs', path);
  const facts = fs.statfsSync(path, { bigint: true });
  return { bytes: facts.bavail * facts.bsize, inodes: facts.files === 0n ? null : facts.ffree };
}

export function readdirSync(path: string): string[] {
  at('readdir', path);
  return fs.readdirSync(path);
}

/** Names in a folder; none where there is no folder. */
export function readdirIfSync(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      return [];
    }
    throw error;
  }
}

export function readdirTypesSync(path: string): fs.Dirent[] {
  at('readdir', path);
  return fs.readdirSync(path, { withFileTypes: true });
}

/** The names of a directory as bytes, for names that are not UTF-8. */
export function readdirBytesSync(path: string): Buffer[] {
  at('readdir', path);
  return fs.readdirSync(path, { encoding: 'buffer' });
}

// Whole files -----------------------------------------------------------------------------------------------------

export function readFileSync(path: string): Buffer {
  at('readFile', path);
  return fs.readFileSync(path);
}

export function readTextSync(path: string): string {
  at('readFile', path);
  return fs.readFileSync(path, 'utf8');
}

/** The text of a file, or null when there is none. */
export function readTextIfSync(path: string): string | null {
  try {
    return readTextSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      return null;
    }
    throw error;
  }
}

/** Plain write in place: for files nobody else reads (scratch, logs); metadata goes through `publishFile` (I4). */
export function writeFileSync(path: string, data: string | Uint8Array, mode?: number): void {
  at('writeFile', path);
  fs.writeFileSync(path, data, { mode });
}

export function appendFileSync(path: string, data: string | Uint8Array): void {
  at('appendFile', path);
  fs.appendFileSync(path, data);
}

/** `mode` as in copy_file_range: `constants.COPYFILE_EXCL`, `COPYFILE_FICLONE_FORCE`. */
export function copyFileSync(from: string, to: string, mode = 0): void {
  at('copyFile', to);
  fs.copyFileSync(from, to, mode);
}

// Names -----------------------------------------------------------------------------------------------------------

/** Hard link: `to` becomes another name of `from`. Fails with EEXIST when `to` exists. */
export function linkSync(from: string, to: string): void {
  at('link', to);
  fs.linkSync(from, to);
}

export function symlinkSync(target: string, path: string): void {
  at('symlink', path);
  fs.symlinkSync(target, path);
}

export function renameSync(from: string, to: string): void {
  at('rename', to);
  fs.renameSync(from, to);
}

export function unlinkSync(path: string): void {
  at('unlink', path);
  fs.unlinkSync(path);
}

/** Removes a name if it is there; says whether it was. */
export function unlinkIfSync(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      return false;
    }
    throw error;
  }
}

/** Makes a directory with its parents; mode `0777 & ~umask` unless given. Returns the first one it made. */
export function mkdirSync(path: string, mode?: number): string | undefined {
  at('mkdir', path);
  return fs.mkdirSync(path, { recursive: true, mode });
}

/** Makes exactly this directory; EEXIST when it is there. */
export function mkdirOneSync(path: string, mode?: number): void {
  at('mkdir', path);
  fs.mkdirSync(path, { mode });
}

export function rmdirSync(path: string): void {
  at('rmdir', path);
  fs.rmdirSync(path);
}

/** Removes a tree; only for our own scratch, user data goes to the trash (I3). */
export function removeTreeSync(path: string): void {
  at('removeTree', path);
  fs.rmSync(path, { recursive: true, force: true });
}

export function chmodSync(path: string, mode: number): void {
  at('chmod', path);
  fs.chmodSync(path, mode);
}

/** Times in seconds. */
export function utimesSync(path: string, atime: number, mtime: number): void {
  at('utimes', path);
  fs.utimesSync(path, atime, mtime);
}

/** Makes the names in a directory durable; directories cannot be synced on Windows, where this does nothing. */
export function fsyncDirSync(path: string): void {
  if (process.platform === 'win32') {
    return;
  }
  const fd = openSync(path, fs.constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

// Asynchronous ----------------------------------------------------------------------------------------------------

export function readFile(path: string): Promise<Buffer> {
  at('readFile', path);
  return fs.promises.readFile(path);
}

export function readText(path: string): Promise<string> {
  at('readFile', path);
  return fs.promises.readFile(path, 'utf8');
}
