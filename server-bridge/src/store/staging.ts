/** Objects on their way into the cache (I1): temp file beside the final place, then a name that never replaces one. */
import { dirname } from 'node:path';
import {
  closeSync,
  constants,
  fchmodSync,
  isErrno,
  linkSync,
  lstatSync,
  mkdirOneSync,
  mkdirSync,
  chmodSync,
  openSync,
  renameSync,
  unlinkIfSync,
  writeSync
} from '../io/files.js';
import { linkHandle, renameNoReplace } from '../io/native.js';

export const OBJECT_MODE = 0o444;

/** The temp file of an object of one operation: beside it, invisible to everyone who lists oids. */
export function tempPath(objects: string, oid: string, operation: string): string {
  return `${objects}/${oid.slice(0, 2)}/.${oid.slice(2)}.${operation}.tmp`;
}

/** Makes the folder of a prefix, with the mode of a shared cache where asked (every created level). */
export function makeFolder(folder: string, mode?: number): void {
  if (mode === undefined) {
    mkdirSync(folder);
    return;
  }
  if (lstatSync(folder) !== null) {
    return;
  }
  makeFolder(dirname(folder), mode);
  try {
    mkdirOneSync(folder);
    chmodSync(folder, mode);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) {
      throw error;
    }
  }
}

/** Opens a new file for writing; makes its folder when that is missing. */
export function createExclusive(path: string, mode: number, dirMode?: number): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  try {
    return openSync(path, flags, mode);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) {
      throw error;
    }
    makeFolder(dirname(path), dirMode);
    return openSync(path, flags, mode);
  }
}

const UMASK_STRIPS = (process.umask() & OBJECT_MODE) !== 0;

/**
 * Writes the temp file of an object; nobody but us knows its name yet, so it gets its final mode at once.
 * False: this operation has staged the same content already.
 */
export function stageBytes(path: string, bytes: Uint8Array, dirMode?: number): boolean {
  let fd: number;
  try {
    fd = createExclusive(path, OBJECT_MODE, dirMode);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) {
      return false;
    }
    throw error;
  }
  try {
    writeSync(fd, bytes);
    if (UMASK_STRIPS) {
      fchmodSync(fd, OBJECT_MODE);
    }
  } catch (error) {
    closeSync(fd);
    unlinkIfSync(path);
    throw error;
  }
  closeSync(fd);
  return true;
}

/** Gives a finished temp file its name unless the name is taken; the temp name is gone either way. */
export function publishTemp(temp: string, path: string): 'done' | 'exists' {
  let result = renameNoReplace(temp, path);
  if (result === 'unsupported') {
    result = linkOrRename(temp, path);
  }
  if (result === 'exists') {
    unlinkIfSync(temp);
    return 'exists';
  }
  return 'done';
}

function linkOrRename(temp: string, path: string): 'done' | 'exists' {
  try {
    linkSync(temp, path);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) {
      return 'exists';
    }
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) {
      throw error;
    }
    if (lstatSync(path) !== null) {
      return 'exists';
    }
    renameSync(temp, path); // a file system without links
    return 'done';
  }
  unlinkIfSync(temp);
  return 'done';
}

/** Makes an open, read and hashed file itself the object. `unsupported`: store a copy instead. */
export function linkObject(fd: number, path: string, dirMode?: number): 'done' | 'exists' | 'unsupported' {
  const result = linkHandle(fd, path);
  if (result === 'unsupported' && lstatSync(dirname(path)) === null) {
    makeFolder(dirname(path), dirMode);
    return linkHandle(fd, path);
  }
  return result;
}

/** A scratch name inside `folder`. */
export function scratchPath(folder: string, n: number): string {
  return `${folder}/${n}`;
}
