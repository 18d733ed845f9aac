/** Objects that share storage with the workspace file: hard links and clones. */
import { createHasher } from '../hash/md5.js';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  isErrno,
  lstatSync,
  openSync,
  unlinkIfSync
} from '../io/files.js';
import { ctimeAt, FACTS, isSameContent, mtimeAt, setFacts } from '../io/facts.js';
import type { HashJob, HashReply, Staging } from './jobs.js';
import { changing, readSlices } from './readfile.js';
import { linkObject, makeFolder, OBJECT_MODE } from './staging.js';
import type { Desk } from './hashing.js';

/**
 * Makes an open file that was read and hashed the object itself. False: no hard link is possible here, copy it.
 * @throws CellarError `E_FILE_CHANGING`; the object is gone again then
 */
export function linkRead(
  staging: Staging,
  job: HashJob,
  reply: HashReply,
  row: number,
  fd: number,
  final: string
): boolean {
  const before = fstatSync(fd);
  if (mtimeAt(job.facts, row) >= staging.syncedAt || ctimeAt(job.facts, row) >= staging.syncedAt) {
    fsyncSync(fd); // written after the sync at the start (I1)
  }
  if (!makeReadOnly(fd)) {
    return false;
  }
  const result = linkObject(fd, final, staging.dirMode);
  if (result !== 'done') {
    fchmodSync(fd, Number(before.mode & 0o7777n));
  }
  const after = fstatSync(fd);
  if (!isSameContent(job.facts, row, after)) {
    if (result === 'done') {
      unlinkIfSync(final);
    }
    throw changing(job.paths[row] ?? '');
  }
  setFacts(job.facts, row, after);
  if (result === 'done') {
    reply.ours[row] = 1; // anything else still has to be linked, by the step that places files
  }
  if (result === 'exists') {
    reply.existing.push(row);
  }
  return result !== 'unsupported';
}

/** False where the file is not ours to protect. */
function makeReadOnly(fd: number): boolean {
  try {
    fchmodSync(fd, OBJECT_MODE);
    return true;
  } catch (error) {
    if (isErrno(error, 'EPERM', 'EACCES', 'EROFS')) {
      return false;
    }
    throw error;
  }
}

/** Clones a file into a temp file; false where the file system cannot. */
export function clone(path: string, temp: string, staging: Staging): boolean {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      copyFileSync(path, temp, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
      chmodSync(temp, OBJECT_MODE);
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT') && attempt === 0) {
        makeFolder(temp.slice(0, temp.lastIndexOf('/')), staging.dirMode);
      } else if (isErrno(error, 'EEXIST')) {
        return false;
      } else {
        unlinkIfSync(temp);
        return false; // this file system does not clone: the bytes are written instead
      }
    }
  }
  return false;
}

/** Whether a clone hashes to what was read: it was made before or after the read, not in it. */
export function verifyClone(temp: string, desk: Desk, oid: string): boolean {
  const hasher = createHasher();
  const fd = openSync(temp, 'r');
  try {
    const facts = new BigInt64Array(FACTS);
    setFacts(facts, 0, fstatSync(fd));
    for (const _ of readSlices(
      fd,
      temp,
      facts,
      0,
      desk.slice,
      bytes => hasher.update(bytes),
      () => undefined
    )) {
      // one thread, small file: nothing to yield to
    }
  } finally {
    closeSync(fd);
  }
  return hasher.digest().toString('hex') === oid;
}

/** What a link points to may belong to someone else: it is copied, never made an object itself (I12). */
export function isLink(path: string): boolean {
  return lstatSync(path)?.isSymbolicLink() === true;
}
