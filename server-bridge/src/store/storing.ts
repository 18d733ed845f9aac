/** Many files into the cache (I1, I5): staged in rounds, a sync, names, a sync; then the caller may write metadata. */
import type { HashName } from '../formats/entries.js';
import { syncBarrier } from '../io/barrier.js';
import { diskError } from '../io/failures.js';
import { FACTS, setFacts, sizeAt } from '../io/facts.js';
import { constants, copyFileSync, existsSync, mkdirSync, statSync, unlinkIfSync, writeFileSync } from '../io/files.js';
import { CellarError } from '../protocol/errors.js';
import { isAged, settledTime } from './aging.js';
import { digestHex, DIGEST } from './columns.js';
import type { HashReply, Staging, Step } from './jobs.js';
import { objectsFolder, objectPath } from './layout.js';
import { runJob } from './pool.js';
import { failureError } from './readfile.js';
import { makeFolder, tempPath } from './staging.js';
import { recordObjects } from './verifying.js';
import type { Store } from './store.js';
import { underOperation } from './sweep.js';

/** Digests and facts of files, row by row. */
export interface Hashed {
  digests: Uint8Array;
  facts: BigInt64Array;
  /** 1 where a younger ctime was our own doing. */
  ours: Uint8Array;
}

export interface HashManyOptions {
  name?: HashName;
  signal?: AbortSignal;
  onStep?: (step: Step) => void;
}

const ROUND_FILES = 16_384;
const ROUND_BYTES = 2 ** 31;

/** Hashes files whose facts are known. @throws CellarError of the first file that cannot be read */
export async function hashMany(paths: string[], facts: BigInt64Array, options: HashManyOptions): Promise<Hashed> {
  const reply = await runJob({ kind: 'hash', paths, facts, name: options.name ?? 'md5' }, options);
  throwFirst(reply.failures.map(failureError));
  return reply;
}

/**
 * Hashes files and stores them. When it returns all objects are durable under their names, and files that were
 * hard-linked are read-only and share the object's inode.
 * @throws CellarError of the first file that fails; what was stored stays, temp files are removed
 */
export async function storeMany(
  store: Store,
  paths: string[],
  facts: BigInt64Array,
  options: HashManyOptions
): Promise<Hashed> {
  const all: Hashed = {
    digests: new Uint8Array(paths.length * DIGEST),
    facts: new BigInt64Array(paths.length * FACTS),
    ours: new Uint8Array(paths.length)
  };
  if (paths.length === 0) {
    return all;
  }
  const name = options.name ?? 'md5';
  const objects = objectsFolder(store.cacheDir, name);
  const clock = store.records.now();
  try {
    makeFolder(objects, store.dirMode);
    await underOperation(store.tmpDir, objects, async operation => {
      const staging: Staging = {
        objects,
        operation,
        how: howToStore(store, objects, operation, facts, name),
        dirMode: store.dirMode,
        syncedAt: clock
      };
      if (staging.how === 'hardlink') {
        // The bytes of files that were written before must be on disk before their names are (I1).
        syncBarrier(objects, paths);
      }
      await storeRounds(store, staging, paths, facts, options, all);
    });
    recordLinked(store, all, clock, name);
  } catch (error) {
    throw diskError(error, objects);
  }
  return all;
}

async function storeRounds(
  store: Store,
  staging: Staging,
  paths: string[],
  facts: BigInt64Array,
  options: HashManyOptions,
  all: Hashed
): Promise<void> {
  for (let from = 0; from < paths.length;) {
    const to = roundEnd(facts, from, paths.length);
    const part = await storeRound(
      store,
      staging,
      paths.slice(from, to),
      facts.slice(from * FACTS, to * FACTS),
      options
    );
    all.digests.set(part.digests, from * DIGEST);
    all.facts.set(part.facts, from * FACTS);
    all.ours.set(part.ours, from);
    from = to;
  }
}

function roundEnd(facts: BigInt64Array, from: number, n: number): number {
  let bytes = 0;
  let to = from;
  while (to < n && to - from < ROUND_FILES && (bytes < ROUND_BYTES || to === from)) {
    bytes += sizeAt(facts, to++);
  }
  return to;
}

async function storeRound(
  store: Store,
  staging: Staging,
  paths: string[],
  facts: BigInt64Array,
  options: HashManyOptions
): Promise<HashReply> {
  const name = options.name ?? 'md5';
  const reply = await runJob({ kind: 'hash', paths, facts, name, staging }, options);
  const staged = new Set<string>();
  reply.staged.forEach(row => staged.add(digestHex(reply.digests, row)));
  throwFirst(reply.failures.map(failureError));
  await replaceCorrupt(store, staging, reply, paths, options, staged);
  const oids = [...staged].sort();
  const time = settledTime(staging.syncedAt);
  if (oids.length > 0) {
    syncBarrier(
      staging.objects,
      oids.map(oid => tempPath(staging.objects, oid, staging.operation))
    );
    const published = await runJob(
      { kind: 'publish', objects: staging.objects, operation: staging.operation, oids, time },
      { signal: options.signal }
    );
    throwFirst(published.failures.map(failureError));
    const bad = await store.verifyAll(published.existing, name, options.signal);
    throwFirst([...bad.keys()].map(oid => lostRace(oid)));
    recordPublished(store, staging, reply, staged, time, name);
  }
  syncBarrier(staging.objects, publishedPaths(staging.objects, reply));
  return reply;
}

/** Objects that were there already are trusted only when verified (I12); a corrupt one is replaced by ours. */
async function replaceCorrupt(
  store: Store,
  staging: Staging,
  reply: HashReply,
  paths: string[],
  options: HashManyOptions,
  staged: Set<string>
): Promise<void> {
  const name = options.name ?? 'md5';
  const rows = new Map(reply.existing.map(row => [digestHex(reply.digests, row), row]));
  const bad = await store.verifyAll(rows.keys(), name, options.signal);
  for (const [oid, row] of rows) {
    const size = bad.has(oid) ? null : statSync(store.path(oid, name))?.size;
    if (size !== undefined && size !== null && Number(size) !== sizeAt(reply.facts, row)) {
      throw new CellarError('E_HASH_COLLISION', `'${paths[row] ?? ''}' has the MD5 of other bytes in the cache.`, {
        next: 'Someone made two different files with the same MD5: do not trust their origin.',
        at: { path: paths[row] },
        data: { oid }
      });
    }
  }
  const again = [...bad.keys()].map(oid => rows.get(oid) ?? 0);
  if (again.length === 0) {
    return;
  }
  const facts = new BigInt64Array(again.length * FACTS);
  again.forEach((row, k) => facts.set(reply.facts.subarray(row * FACTS, (row + 1) * FACTS), k * FACTS));
  const job = { kind: 'hash' as const, paths: again.map(row => paths[row] ?? ''), facts, name, staging };
  const second = await runJob(job, { signal: options.signal });
  second.staged.forEach(k => staged.add(digestHex(second.digests, k)));
  throwFirst(second.failures.map(failureError));
  for (const [k, row] of again.entries()) {
    reply.digests.set(second.digests.subarray(k * DIGEST, (k + 1) * DIGEST), row * DIGEST);
    reply.facts.set(second.facts.subarray(k * FACTS, (k + 1) * FACTS), row * FACTS);
    reply.ours[row] = second.ours[k] ?? 0;
  }
}

function* publishedPaths(objects: string, reply: HashReply): Generator<string> {
  const folders = new Set<string>();
  for (let row = 0; row < reply.ours.length; row++) {
    const path = objectPath(objects, digestHex(reply.digests, row));
    yield path;
    folders.add(path.slice(0, path.lastIndexOf('/')));
  }
  yield* folders;
}

/** Hard links are the objects: what is known of the file is known of the object. */
function recordLinked(store: Store, all: Hashed, clock: bigint, name: HashName): void {
  const linked: number[] = [];
  for (const [row, ours] of all.ours.entries()) {
    if (ours === 1) {
      linked.push(row);
    }
  }
  recordObjects(store, all.digests, linked, all.facts, clock, { name, ours: all.ours });
}

/** What we wrote and hashed in one pass need not be read again to be trusted, as long as it bears its time. */
function recordPublished(
  store: Store,
  staging: Staging,
  reply: HashReply,
  staged: Set<string>,
  time: number | null,
  name: HashName
): void {
  const facts = new BigInt64Array(reply.facts.length);
  const rows: number[] = [];
  for (let row = 0; row < reply.ours.length; row++) {
    const oid = digestHex(reply.digests, row);
    const stats = staged.delete(oid) ? statSync(objectPath(staging.objects, oid)) : null;
    if (stats !== null && isAged(stats, sizeAt(reply.facts, row), time)) {
      setFacts(facts, row, stats);
      rows.push(row);
    }
  }
  const ours = new Uint8Array(reply.ours.length).fill(1);
  recordObjects(store, reply.digests, rows, facts, staging.syncedAt, { name, ours });
}

const cloning = new Map<string, boolean>();

function howToStore(
  store: Store,
  objects: string,
  operation: string,
  facts: BigInt64Array,
  name: HashName
): Staging['how'] {
  const device = statSync(objects)?.dev;
  if (name !== 'md5' || device !== facts[0]) {
    return 'copy';
  }
  if (store.types[0] === 'hardlink') {
    return 'hardlink';
  }
  return canClone(objects, operation) ? 'reflink' : 'copy';
}

/**
 * Whether the cache's file system clones; asked once for each cache, with a real file (performance.md §2.4) that goes with
 * the operation's other temp files when we are killed.
 */
function canClone(objects: string, operation: string): boolean {
  let can = cloning.get(objects);
  if (can === undefined) {
    const a = `${objects}/.cloning.${operation}.0.tmp`;
    const b = `${objects}/.cloning.${operation}.1.tmp`;
    mkdirSync(objects);
    writeFileSync(a, 'clone test');
    try {
      copyFileSync(a, b, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
      can = existsSync(b);
    } catch {
      can = false;
    } finally {
      unlinkIfSync(a);
      unlinkIfSync(b);
    }
    cloning.set(objects, can);
  }
  return can;
}

function lostRace(oid: string): CellarError {
  return new CellarError('E_OBJECT_CORRUPT', `Another program put damaged bytes under '${oid}' at the same moment.`, {
    next: 'Run the same command again.',
    data: { oid }
  });
}

function throwFirst(errors: readonly Error[]): void {
  const [first] = errors;
  if (first !== undefined) {
    throw first;
  }
}
