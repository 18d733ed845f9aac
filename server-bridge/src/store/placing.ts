/** The hot path of checkout: workspace files from objects, never over bytes that nobody expects (I3, spec §4.6). */
import { createHasher } from '../hash/md5.js';
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fstatSync,
  isErrno,
  openSync,
  statSync,
  unlinkIfSync,
  writeSync
} from '../io/files.js';
import { copyFacts, FACTS, isSameContent, setFacts, sizeAt } from '../io/facts.js';
import { CellarError } from '../protocol/errors.js';
import { DIGEST, digestHex } from './columns.js';
import type { Desk } from './hashing.js';
import {
  OBJECT_CORRUPT,
  OBJECT_MISSING,
  PLACED,
  PLACE_FAILED,
  sourceOf,
  TARGET_CHANGED,
  targetOf,
  type PlaceJob,
  type PlaceReply,
  type Step
} from './jobs.js';
import { age, isAged } from './aging.js';
import { CANNOT_LINK, makeLink, type LinkType } from './links.js';
import { changing, failureOf, readSlices } from './readfile.js';
import { createExclusive, publishTemp, scratchPath } from './staging.js';
import { swapIn } from './swap.js';

const COPY_MODE = 0o666;
const STEP_FILES = 256;
const STEP_BYTES = 16 * 1024 * 1024;

/** Runs a place job; one step for each large file or a few hundred small ones. */
export function* placeFiles(job: PlaceJob, desk: Desk): Generator<Step, PlaceReply> {
  const n = job.relpaths.length;
  const reply: PlaceReply = {
    kind: 'place',
    states: new Uint8Array(n),
    facts: new BigInt64Array(n * FACTS),
    objects: new BigInt64Array(n * FACTS),
    ours: new Uint8Array(n),
    timed: new Uint8Array(n),
    failures: []
  };
  let step: Step = { files: 0, bytes: 0 };
  for (let row = 0; row < n; row++) {
    const work = placeOne(job, row, reply, desk);
    try {
      let copied = 0;
      let next = work.next();
      while (next.done !== true) {
        // Steps of small files are gathered: each one costs its listener more than the file.
        copied += next.value.bytes;
        step.bytes += next.value.bytes;
        if (step.bytes >= STEP_BYTES) {
          yield step;
          step = { files: 0, bytes: 0 };
        }
        next = work.next();
      }
      reply.states[row] = next.value;
      step.bytes += copied === 0 ? sizeAt(reply.objects, row) : 0;
    } catch (error) {
      reply.states[row] = PLACE_FAILED;
      reply.failures.push(failureOf(error, row, targetOf(job, row)));
    } finally {
      work.return(PLACE_FAILED); // stopped in the middle of a file: its handles are closed
    }
    step.files++;
    if (step.files >= STEP_FILES) {
      yield step;
      step = { files: 0, bytes: 0 };
    }
  }
  yield step;
  return reply;
}

function* placeOne(job: PlaceJob, row: number, reply: PlaceReply, desk: Desk): Generator<Step, number> {
  const target = targetOf(job, row);
  const trusted = isKnown(job.objects, row);
  if (trusted) {
    copyFacts(reply.objects, row, job.objects, row);
  } else {
    const object = statSync(sourceOf(job, row));
    if (object === null) {
      return OBJECT_MISSING;
    }
    setFacts(reply.objects, row, object);
  }
  const types = linkTypes(job, row, sizeAt(reply.objects, row));
  const replacing = isKnown(job.expected, row);
  if (types[0] !== 'copy' && !trusted && !(yield* hashesTo(job, row, reply, desk))) {
    return OBJECT_CORRUPT;
  }
  for (const type of types) {
    const own = type === 'copy' || type === 'reflink';
    const made = own || replacing ? scratchPath(job.scratch, job.firstScratch + row) : target;
    const result = yield* make(type, job, row, made, reply, desk);
    if (result === 'missing') {
      return OBJECT_MISSING;
    }
    if (result === 'corrupt') {
      return OBJECT_CORRUPT;
    }
    if (result === 'taken') {
      return TARGET_CHANGED;
    }
    if (result === 'made') {
      if (own) {
        age(made, job.time);
      }
      if (made !== target && !putInPlace(job, row, made, target, replacing)) {
        unlinkIfSync(made);
        return TARGET_CHANGED;
      }
      return note(job, reply, row, type) ? PLACED : OBJECT_CORRUPT;
    }
  }
  throw new CellarError('E_NO_LINK_TYPE', `No possible cache link types for '${target}'.`, {
    next: 'Add copy to cache.type.',
    at: { path: target }
  });
}

/** Zero-byte files are never hard-linked, executables never share an inode (spec §4.4, quirk Q1). */
function linkTypes(job: PlaceJob, row: number, size: number): LinkType[] {
  if (size === 0 && job.types[0] === 'hardlink') {
    return ['copy'];
  }
  if (job.exec[row] === 1) {
    return job.types.includes('reflink') ? ['reflink', 'copy'] : ['copy'];
  }
  return job.types;
}

function isKnown(facts: BigInt64Array, row: number): boolean {
  return facts[row * FACTS + 1] !== 0n;
}

function* make(
  type: LinkType,
  job: PlaceJob,
  row: number,
  made: string,
  reply: PlaceReply,
  desk: Desk
): Generator<Step, 'made' | 'taken' | 'missing' | 'corrupt' | 'unsupported'> {
  try {
    if (type === 'copy') {
      return (yield* copyVerified(job, row, made, reply, desk)) ? 'made' : 'corrupt';
    }
    makeLink(type, sourceOf(job, row), made);
    if (type === 'reflink') {
      chmodSync(made, modeOf(job, row));
    }
    return 'made';
  } catch (error) {
    if (isErrno(error, 'EEXIST')) {
      return 'taken';
    }
    if (isErrno(error, 'ENOENT') && statSync(sourceOf(job, row)) === null) {
      return 'missing';
    }
    if (type !== 'copy' && isErrno(error, ...CANNOT_LINK)) {
      return 'unsupported';
    }
    throw error;
  }
}

const UMASK = process.umask();

function modeOf(job: PlaceJob, row: number): number {
  return (COPY_MODE & ~UMASK) | (job.exec[row] === 1 ? 0o100 : 0);
}

function putInPlace(job: PlaceJob, row: number, made: string, target: string, replacing: boolean): boolean {
  return replacing ? swapIn(made, target, job.expected, row) : publishTemp(made, target) === 'done';
}

/** Copies; what was not verified before is hashed on the way and never reaches the workspace when it is wrong. */
function* copyVerified(
  job: PlaceJob,
  row: number,
  made: string,
  reply: PlaceReply,
  desk: Desk
): Generator<Step, boolean> {
  const source = sourceOf(job, row);
  const hasher = isKnown(job.objects, row) ? null : createHasher(job.name);
  const fd = openSync(source, 'r');
  try {
    if (hasher === null) {
      const now = fstatSync(fd);
      if (!isSameContent(reply.objects, row, now)) {
        return false;
      }
      setFacts(reply.objects, row, now);
    }
    const out = createExclusive(made, modeOf(job, row));
    try {
      const take = (bytes: Uint8Array): void => {
        hasher?.update(bytes);
        writeSync(out, bytes);
      };
      yield* readSlices(fd, source, reply.objects, row, desk.slice, take, stop(source));
      if (job.exec[row] === 1) {
        fchmodSync(out, modeOf(job, row)); // whatever the umask says
      }
    } catch (error) {
      unlinkIfSync(made);
      throw error;
    } finally {
      closeSync(out);
    }
  } finally {
    closeSync(fd);
  }
  if (hasher !== null && hasher.digest().toString('hex') !== digestHex(job.digests, row)) {
    unlinkIfSync(made);
    return false;
  }
  return true;
}

function* hashesTo(job: PlaceJob, row: number, reply: PlaceReply, desk: Desk): Generator<Step, boolean> {
  const source = sourceOf(job, row);
  const hasher = createHasher(job.name);
  const fd = openSync(source, 'r');
  try {
    yield* readSlices(fd, source, reply.objects, row, desk.slice, bytes => hasher.update(bytes), stop(source));
    setFacts(reply.objects, row, fstatSync(fd));
  } finally {
    closeSync(fd);
  }
  return Buffer.compare(hasher.digest(), job.digests.subarray(row * DIGEST, (row + 1) * DIGEST)) === 0;
}

function stop(source: string): () => never {
  return () => {
    throw changing(source);
  };
}

/**
 * Facts of the new file and of the object after the work. Of a copy the object was looked at after it was read. A link
 * changes the object's ctime, and that was us. False, and the new link is gone again, when the object is no longer the one
 * that was verified.
 */
function note(job: PlaceJob, reply: PlaceReply, row: number, type: LinkType): boolean {
  const target = targetOf(job, row);
  const placed = statSync(target);
  if (placed === null) {
    return true; // taken away by somebody in the same moment
  }
  if ((type === 'copy' || type === 'reflink') && isAged(placed, sizeAt(reply.objects, row), job.time)) {
    setFacts(reply.facts, row, placed);
    reply.timed[row] = 1;
  }
  if (type === 'copy') {
    return true;
  }
  const object = type === 'hardlink' || type === 'symlink' ? placed : statSync(sourceOf(job, row));
  if (object === null || !isSameContent(reply.objects, row, object)) {
    unlinkIfSync(target);
    return false;
  }
  setFacts(reply.objects, row, object);
  if (type === 'reflink') {
    return true;
  }
  setFacts(reply.facts, row, placed);
  reply.ours[row] = type === 'hardlink' ? 1 : 0;
  return true;
}
