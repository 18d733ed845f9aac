/**
 * The cache: objects named by their MD5, shared with real DVC (spec/dvc-data.md §4). Objects are whole or absent (I1),
 * trusted only with a verified record (I12), never deleted: a corrupt one goes to quarantine.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { HashName } from '../formats/entries.js';
import { md5Hex } from '../hash/md5.js';
import { diskError } from '../io/failures.js';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncDirSync,
  fsyncSync,
  isErrno,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync
} from '../io/files.js';
import { CellarError } from '../protocol/errors.js';
import { FileIndex } from './index.js';
import { assertOid, objectsFolder, objectPath } from './layout.js';
import { DEFAULT_TYPES, type LinkType } from './links.js';
import { isWhole, missingOids } from './missing.js';
import { publishTemp, stageBytes, tempPath } from './staging.js';
import { underOperationSync } from './sweep.js';
import { parseTree, treeBytes, type Tree } from './tree.js';
import { verifyObjects } from './verifying.js';

export interface StoreConfig {
  /** `.dvc/tmp` of the project: records, quarantine and scratch live below it. */
  tmpDir: string;
  /** `cache.type`; default reflink, copy. */
  types?: readonly LinkType[];
  /** `cache.shared = group`: new folders get mode 02775. */
  shared?: boolean;
}

export type Soundness = 'ok' | 'missing' | 'corrupt';

export interface Store {
  readonly cacheDir: string;
  readonly tmpDir: string;
  readonly types: readonly LinkType[];
  readonly dirMode: number | undefined;
  /** Verified records of objects (I12), for the code that places and stores. */
  readonly records: FileIndex;
  /** Absolute path of an object. @throws CellarError `E_BAD_OID` */
  path(oid: string, name?: HashName): string;
  /** Whether the object exists; says nothing about its bytes. */
  has(oid: string, name?: HashName): boolean;
  /** Those of the oids that do not exist; many at once are looked up by listing folders. */
  missing(oids: Iterable<string>, name?: HashName): Set<string>;
  /**
   * Whether a directory object and every member exist. Cheap when nothing came or went since the last time.
   * @throws as `tree`
   */
  hasTree(oid: string, name?: HashName): boolean;
  /** Whether the object is there and has the bytes of its name; a corrupt one is in quarantine afterwards. */
  verify(oid: string, name?: HashName, signal?: AbortSignal): Promise<Soundness>;
  /** `verify` for many: gives only those that are not ok. */
  verifyAll(oids: Iterable<string>, name?: HashName, signal?: AbortSignal): Promise<Map<string, Soundness>>;
  /** The bytes of an object, verified. @throws CellarError `E_OBJECT_MISSING`, `E_OBJECT_CORRUPT` */
  read(oid: string, name?: HashName): Buffer;
  /** A parsed directory object. @throws as `read`, and `E_MANIFEST_CORRUPT` */
  tree(oid: string, name?: HashName): Tree;
  /** Stores bytes durably; returns the oid (with `.dir` when asked). */
  putBytes(bytes: Uint8Array, suffix?: '' | '.dir', name?: HashName): string;
  /** Stores the directory object of a tree whose members are stored and durable (I5). */
  putTree(tree: Tree, name?: HashName): string;
  /** Takes a bad object out of the cache; returns where it is now. */
  quarantine(oid: string, name?: HashName): string;
  /** Writes the records. */
  save(): void;
}

/** Opens a cache; nothing is created before something is stored. */
export function openStore(cacheDir: string, config: StoreConfig): Store {
  const records = FileIndex.open(join(config.tmpDir, 'cellar', 'objects'), cacheDir);
  const dirMode = config.shared === true ? 0o2775 : undefined;
  const path = (oid: string, name: HashName = 'md5'): string => {
    assertOid(oid);
    return objectPath(objectsFolder(cacheDir, name), oid);
  };
  const store: Store = {
    cacheDir,
    tmpDir: config.tmpDir,
    types: config.types ?? DEFAULT_TYPES,
    dirMode,
    records,
    path,
    has: (oid, name) => existsSync(path(oid, name)),
    missing: (oids, name = 'md5') => missingOids(cacheDir, oids, name),
    hasTree: (oid, name = 'md5') => isWhole(store, oid, name),
    verify: async (oid, name, signal) => (await verifyObjects(store, [oid], name, signal)).get(oid) ?? 'ok',
    verifyAll: (oids, name, signal) => verifyObjects(store, oids, name, signal),
    read: (oid, name = 'md5') => readObject(store, oid, name),
    tree: (oid, name) => parseTree(readObject(store, oid, name ?? 'md5'), oid),
    putBytes: (bytes, suffix = '', name = 'md5') => putBytes(store, bytes, suffix, name),
    putTree: (tree, name = 'md5') => putBytes(store, treeBytes(tree), '.dir', name),
    quarantine: (oid, name = 'md5') => quarantine(store, oid, name),
    save: () => records.save()
  };
  return store;
}

function readObject(store: Store, oid: string, name: HashName): Buffer {
  let bytes: Buffer;
  const path = store.path(oid, name);
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      throw missingError(oid);
    }
    throw diskError(error, path);
  }
  // A `.dir` object is plain JSON: its name is the plain MD5 under both hash names.
  if (md5Hex(bytes) !== oid.slice(0, 32)) {
    const now = quarantine(store, oid, name);
    throw new CellarError(
      'E_OBJECT_CORRUPT',
      `The object '${oid}' in the cache is damaged; it was moved to '${now}'.`,
      {
        next: 'Fetch it again from a remote, or reproduce the stage that makes it.',
        data: { oid, quarantine: now }
      }
    );
  }
  return bytes;
}

export function missingError(oid: string): CellarError {
  return new CellarError('E_OBJECT_MISSING', `The object '${oid}' is not in the cache.`, {
    next: 'Fetch it from a remote, or reproduce the stage that makes it.',
    data: { oid }
  });
}

function putBytes(store: Store, bytes: Uint8Array, suffix: '' | '.dir', name: HashName): string {
  const oid = md5Hex(bytes) + suffix;
  const path = store.path(oid, name);
  const objects = objectsFolder(store.cacheDir, name);
  try {
    if (existsSync(path)) {
      if (readFileSync(path).equals(bytes)) {
        return oid;
      }
      quarantine(store, oid, name);
    }
    underOperationSync(store.tmpDir, objects, operation => {
      const temp = tempPath(objects, oid, operation);
      stageBytes(temp, bytes, store.dirMode);
      fsyncFile(temp);
      publishTemp(temp, path);
    });
    fsyncDirSync(join(path, '..'));
  } catch (error) {
    throw diskError(error, path);
  }
  return oid;
}

function fsyncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function quarantine(store: Store, oid: string, name: HashName): string {
  const from = store.path(oid, name);
  const folder = join(store.tmpDir, 'cellar', 'quarantine');
  const to = join(folder, `${oid}.${randomBytes(4).toString('hex')}`);
  try {
    mkdirSync(folder);
    renameSync(from, to);
  } catch (error) {
    if (!isErrno(error, 'EXDEV')) {
      throw diskError(error, from);
    }
    copyFileSync(from, to);
    unlinkSync(from);
  }
  return to;
}
