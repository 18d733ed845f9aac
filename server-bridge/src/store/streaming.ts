/** Large files: streamed through the hash, and in the same pass into the cache. */
import { createHasher } from '../hash/md5.js';
import {
  closeSync,
  existsSync,
  fchmodSync,
  isErrno,
  openSync,
  renameSync,
  unlinkIfSync,
  writeSync
} from '../io/files.js';
import { sizeAt } from '../io/facts.js';
import { clone, isLink, linkRead, verifyClone } from './attaching.js';
import { DIGEST } from './columns.js';
import type { Desk } from './hashing.js';
import type { HashJob, HashReply, Staging, Step } from './jobs.js';
import { changing, failureOf, readSlices } from './readfile.js';
import { objectPath } from './layout.js';
import { createExclusive, makeFolder, OBJECT_MODE, tempPath } from './staging.js';

/** Streams one file through the hash, and in the same pass into a temp file or from a clone of it. */
export function* hashLarge(job: HashJob, row: number, reply: HashReply, desk: Desk): Generator<Step> {
  const path = job.paths[row] ?? '';
  let temp: string | null = null;
  try {
    const staging = job.staging;
    if (staging !== undefined && staging.how !== 'hardlink') {
      temp = `${staging.objects}/.${staging.operation}.${process.hrtime.bigint()}.tmp`;
    }
    const oid = yield* streamFile(job, row, reply, desk, temp);
    if (staging !== undefined) {
      settleLarge(staging, row, reply, oid, temp);
    }
    yield { files: 1, bytes: 0 };
  } catch (error) {
    if (temp !== null) {
      unlinkIfSync(temp);
    }
    reply.failures.push(failureOf(error, row, path));
  }
}

function* streamFile(
  job: HashJob,
  row: number,
  reply: HashReply,
  desk: Desk,
  temp: string | null
): Generator<Step, string> {
  const path = job.paths[row] ?? '';
  const staging = job.staging;
  const linking = staging?.how === 'hardlink';
  const fd = openSync(path, 'r');
  let out: number | null = null;
  try {
    let hasher = createHasher(job.name);
    let cloned = false;
    const begin = (): void => {
      hasher = createHasher(job.name);
      if (out !== null) {
        closeSync(out);
        out = null;
      }
      if (temp !== null && staging !== undefined) {
        unlinkIfSync(temp);
        cloned = staging.how === 'reflink' && clone(path, temp, staging);
        out = cloned ? null : createExclusive(temp, OBJECT_MODE, staging.dirMode);
      }
    };
    begin();
    const take = (bytes: Uint8Array): void => {
      hasher.update(bytes);
      if (out !== null) {
        writeSync(out, bytes);
      }
    };
    yield* readSlices(fd, path, job.facts, row, desk.slice, take, begin);
    if (out !== null) {
      fchmodSync(out, OBJECT_MODE);
    }
    const digest = hasher.digest();
    reply.digests.set(digest, row * DIGEST);
    const oid = digest.toString('hex');
    if (cloned && temp !== null && !verifyClone(temp, desk, oid)) {
      throw changing(path);
    }
    if (linking && staging !== undefined && sizeAt(job.facts, row) > 0) {
      const final = objectPath(staging.objects, oid);
      if (existsSync(final)) {
        reply.existing.push(row);
      } else if (isLink(path) || !linkRead(staging, job, reply, row, fd, final)) {
        yield* copyOpen(job, staging, row, reply, desk, fd, oid);
      }
    }
    return oid;
  } finally {
    closeSync(fd);
    if (out !== null) {
      closeSync(out);
    }
  }
}

/** Where no hard link is possible: one more read, into a temp file, counted only if it hashes to the same. */
function* copyOpen(
  job: HashJob,
  staging: Staging,
  row: number,
  reply: HashReply,
  desk: Desk,
  fd: number,
  oid: string
): Generator<Step> {
  const temp = tempPath(staging.objects, oid, staging.operation);
  const hasher = createHasher(job.name);
  const out = createExclusive(temp, OBJECT_MODE, staging.dirMode);
  try {
    const take = (bytes: Uint8Array): void => {
      hasher.update(bytes);
      writeSync(out, bytes);
    };
    const restart = (): never => {
      throw changing(job.paths[row] ?? '');
    };
    yield* readSlices(fd, job.paths[row] ?? '', job.facts, row, desk.slice, take, restart);
    fchmodSync(out, OBJECT_MODE);
  } catch (error) {
    unlinkIfSync(temp);
    throw error;
  } finally {
    closeSync(out);
  }
  if (hasher.digest().toString('hex') !== oid) {
    unlinkIfSync(temp);
    throw changing(job.paths[row] ?? '');
  }
  reply.staged.push(row);
}

function settleLarge(staging: Staging, row: number, reply: HashReply, oid: string, temp: string | null): void {
  if (temp === null) {
    return;
  }
  if (existsSync(objectPath(staging.objects, oid))) {
    unlinkIfSync(temp);
    reply.existing.push(row);
    return;
  }
  const waiting = tempPath(staging.objects, oid, staging.operation);
  try {
    renameSync(temp, waiting);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) {
      throw error;
    }
    makeFolder(waiting.slice(0, waiting.lastIndexOf('/')), staging.dirMode);
    renameSync(temp, waiting);
  }
  reply.staged.push(row);
}
