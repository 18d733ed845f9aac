/** The hot path of add and status: read once, hash, store (guide/performance.md §3.1). Synchronous, in steps. */
import { createHasher } from '../hash/md5.js';
import type { Lanes } from '../hash/lanes.js';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  isErrno,
  lstatSync,
  openSync,
  renameSync,
  unlinkIfSync,
  writeSync
} from '../io/files.js';
import { ctimeAt, FACTS, mtimeAt, setFacts, sizeAt } from '../io/facts.js';
import { DIGEST, digestHex } from './columns.js';
import type { HashJob, HashReply, Staging, Step } from './jobs.js';
import { failureOf, readSlices, readWhole, SLICE } from './readfile.js';
import { createExclusive, linkObject, makeFolder, OBJECT_MODE, objectPath, stageBytes, tempPath } from './staging.js';

/** What a thread keeps between jobs. */
export interface Desk {
  lanes: Lanes;
  slice: Uint8Array;
}

/** Files up to this size are hashed in batches; larger ones are streamed. */
export const SMALL = 1024 * 1024;
/** Open handles held at once by a batch of files that are to be linked. */
const MOST_HANDLES = 128;
/** Below this a clone costs more than writing the bytes we hold. */
const CLONE_FROM = 64 * 1024;

interface Batch {
  rows: number[];
  offsets: number[];
  sizes: number[];
  fds: number[];
}

/** Runs a hash job. Each step is at most one batch of small files or 16 MiB of a large one. */
export function* hashFiles(job: HashJob, desk: Desk): Generator<Step, HashReply> {
  const n = job.paths.length;
  const reply: HashReply = {
    kind: 'hash',
    digests: new Uint8Array(n * DIGEST),
    facts: job.facts,
    ours: new Uint8Array(n),
    staged: [],
    existing: [],
    failures: []
  };
  const batch: Batch = { rows: [], offsets: [], sizes: [], fds: [] };
  try {
    for (let row = 0; row < n; row++) {
      if (job.name !== 'md5' || sizeAt(job.facts, row) > SMALL) {
        yield* hashLarge(job, row, reply, desk);
      } else if (!take(job, row, reply, desk, batch)) {
        yield flush(job, reply, desk, batch);
        if (!take(job, row, reply, desk, batch)) {
          yield* hashLarge(job, row, reply, desk);
        }
      }
    }
    yield flush(job, reply, desk, batch);
  } finally {
    batch.fds.forEach(closeSync);
  }
  return reply;
}

/** Reads a small file into the arena; false when the batch is full. */
function take(job: HashJob, row: number, reply: HashReply, desk: Desk, batch: Batch): boolean {
  const path = job.paths[row] ?? '';
  const room = sizeAt(job.facts, row);
  const offset = desk.lanes.reserve(room);
  const linking = job.staging?.how === 'hardlink';
  if (offset < 0 || (linking && batch.fds.length >= MOST_HANDLES)) {
    return false;
  }
  try {
    const size = readWhole(
      path,
      job.facts,
      row,
      desk.lanes.arena,
      offset,
      room,
      linking ? fd => void batch.fds.push(fd) : undefined
    );
    if (size < 0) {
      return false; // it grew: its facts are corrected now, the next try reserves enough
    }
    desk.lanes.commit(offset, size);
    batch.rows.push(row);
    batch.offsets.push(offset);
    batch.sizes.push(size);
  } catch (error) {
    if (isErrno(error, 'EMFILE', 'ENFILE') && batch.fds.length > 0) {
      return false; // give back our own handles first
    }
    reply.failures.push(failureOf(error, row, path));
  }
  return true;
}

function flush(job: HashJob, reply: HashReply, desk: Desk, batch: Batch): Step {
  const step = { files: batch.rows.length, bytes: 0 };
  const digests = desk.lanes.run();
  const oids: string[] = [];
  for (const [k, row] of batch.rows.entries()) {
    reply.digests.set(digests.subarray(k * DIGEST, (k + 1) * DIGEST), row * DIGEST);
    step.bytes += batch.sizes[k] ?? 0;
    if (job.staging !== undefined) {
      oids.push(digestHex(digests, k));
    }
  }
  if (job.staging !== undefined) {
    // Sorted, because touching the prefix folders in order costs a quarter less (performance.md §2.4).
    const order = [...oids.keys()].sort((a, b) => ((oids[a] ?? '') < (oids[b] ?? '') ? -1 : 1));
    for (const k of order) {
      stageSmall(job, job.staging, reply, desk, batch, k, oids[k] ?? '');
    }
  }
  batch.fds.forEach(closeSync);
  batch.rows = [];
  batch.offsets = [];
  batch.sizes = [];
  batch.fds = [];
  return step;
}

function stageSmall(
  job: HashJob,
  staging: Staging,
  reply: HashReply,
  desk: Desk,
  batch: Batch,
  k: number,
  oid: string
): void {
  const row = batch.rows[k] ?? 0;
  const path = job.paths[row] ?? '';
  const offset = batch.offsets[k] ?? 0;
  const size = batch.sizes[k] ?? 0;
  const final = objectPath(staging.objects, oid);
  try {
    if (existsSync(final)) {
      reply.existing.push(row);
      return;
    }
    const fd = batch.fds[k];
    if (fd !== undefined && size > 0 && !isLink(path) && linkSmall(staging, job, reply, row, fd, final)) {
      return;
    }
    const temp = tempPath(staging.objects, oid, staging.operation);
    if (staging.how === 'reflink' && size >= CLONE_FROM && clone(path, temp, staging)) {
      // The clone was made after the read: it counts only if the file is still the one that was read.
      if (verifyClone(temp, desk, oid)) {
        reply.staged.push(row);
        return;
      }
      unlinkIfSync(temp);
    }
    stageBytes(temp, desk.lanes.arena.subarray(offset, offset + size), staging.dirMode);
    reply.staged.push(row);
  } catch (error) {
    reply.failures.push(failureOf(error, row, path));
  }
}

/** What a link points to may belong to someone else: it is copied, never made an object itself (I12). */
function isLink(path: string): boolean {
  return lstatSync(path)?.isSymbolicLink() === true;
}

function linkSmall(staging: Staging, job: HashJob, reply: HashReply, row: number, fd: number, final: string): boolean {
  const young = mtimeAt(job.facts, row) >= staging.syncedAt || ctimeAt(job.facts, row) >= staging.syncedAt;
  if (young) {
    fsyncSync(fd);
  }
  const mode = Number(fstatSync(fd).mode & 0o7777n);
  fchmodSync(fd, OBJECT_MODE);
  const result = linkObject(fd, final, staging.dirMode);
  if (result !== 'done') {
    fchmodSync(fd, mode);
  }
  const facts = fstatSync(fd);
  const same =
    facts.mtimeNs === mtimeAt(job.facts, row) &&
    facts.ino === job.facts[row * FACTS + 1] &&
    sizeAt(job.facts, row) === Number(facts.size);
  if (same) {
    setFacts(job.facts, row, facts);
    reply.ours[row] = 1;
  }
  if (result === 'exists') {
    reply.existing.push(row);
  }
  return result !== 'unsupported';
}

function clone(path: string, temp: string, staging: Staging): boolean {
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

function verifyClone(temp: string, desk: Desk, oid: string): boolean {
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

/** Streams one file through the hash, and in the same pass into a temp file or from a clone of it. */
function* hashLarge(job: HashJob, row: number, reply: HashReply, desk: Desk): Generator<Step> {
  const path = job.paths[row] ?? '';
  let temp: string | null = null;
  try {
    const staging = job.staging;
    if (staging !== undefined && staging.how !== 'hardlink') {
      temp = `${staging.objects}/.${staging.operation}.${process.hrtime.bigint()}.tmp`;
    }
    const oid = yield* streamFile(job, row, reply, desk, temp);
    if (staging !== undefined) {
      settleLarge(job, staging, row, reply, oid, temp);
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
      throw new Error(`clone of ${path} differs`);
    }
    if (linking && staging !== undefined && sizeAt(job.facts, row) > 0) {
      const final = objectPath(staging.objects, oid);
      if (existsSync(final)) {
        reply.existing.push(row);
      } else if (isLink(path) || !linkSmall(staging, job, reply, row, fd, final)) {
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
      throw new Error(`'${job.paths[row] ?? ''}' changed while it was copied`);
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
    throw new Error(`'${job.paths[row] ?? ''}' changed while it was copied`);
  }
  reply.staged.push(row);
}

function settleLarge(
  _job: HashJob,
  staging: Staging,
  row: number,
  reply: HashReply,
  oid: string,
  temp: string | null
): void {
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

export function newDesk(lanes: Lanes): Desk {
  return { lanes, slice: new Uint8Array(SLICE) };
}
