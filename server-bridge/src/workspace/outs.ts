import { CellarError } from '../protocol/errors.js';
import type { Hash, HashName, RecordedPath } from '../formats/entries.js';
import { lstatSync, readlinkSync, statSync } from '../io/files.js';
import { hashPath, oidOfScan, scanPath, treeOfScan, type PathHash } from '../store/hashtree.js';
import { isDirOid } from '../store/layout.js';
import { treeEntries, treeOid, type Tree } from '../store/tree.js';
import type { Out, OutFacts, OutStatus, WorkOptions } from './out.js';
import { shownPath, type Project } from './project.js';
import { rememberPlaced } from './placed.js';
import { relinkSaved } from './relink.js';
import { hashContext } from './walkrules.js';

export type { Out, OutFacts, OutStatus, WorkOptions } from './out.js';
export { PLAIN_OUT } from './out.js';
export { checkoutOut, type CheckoutReport } from './checkout.js';
export { hashContext, ignoreEntry } from './walkrules.js';

export interface HashOutOptions extends WorkOptions {
  /** Default `md5`; `md5-dos2unix` for what DVC 2 recorded. */
  name?: HashName;
}

/** The hash of a path of the workspace, from the index where that is sure; null when nothing is there. */
export async function hashOut(project: Project, abs: string, options: HashOutOptions = {}): Promise<PathHash | null> {
  if (!isPresent(project, abs)) {
    return null;
  }
  return hashPath(hashContext(project), abs, options);
}

/** Whether something is at the path that DVC sees: links are followed, ignored paths do not count. */
export function isPresent(project: Project, abs: string): boolean {
  const stats = statSync(abs);
  return stats !== null && !project.ignore.ignores(abs, stats.isDirectory(), { nested: false });
}

/**
 * What `status` says of an out (spec/dvc-pipelines.md §3.2): "not in cache" is asked first and wins. Size, number of
 * files and mode are never compared.
 */
export async function outStatus(project: Project, out: Out, options: WorkOptions = {}): Promise<OutStatus> {
  const hash = out.recorded?.hash;
  if (hash !== undefined && out.flags.cache && isMd5(hash) && !(await isInCache(project, hash, options.signal))) {
    return 'not in cache';
  }
  return pathStatus(project, out.abs, hash, options);
}

/** The same without the cache: for deps, and for outs that are not kept in it. */
export async function pathStatus(
  project: Project,
  abs: string,
  recorded: Hash | undefined,
  options: WorkOptions = {}
): Promise<OutStatus> {
  const name = recorded?.name === 'md5-dos2unix' ? recorded.name : 'md5';
  const now = await hashOut(project, abs, { ...options, name });
  if (now === null) {
    return 'deleted';
  }
  return now.hash.value === recorded?.value ? '' : 'modified';
}

/** Members are verified of directory objects up to this size (about 2,000 files); of larger ones only their existence. */
const VERIFY_BYTES = 160_000n;

/** Whether the object of a hash, and for a directory each member, is in the cache and sound. */
export async function isInCache(project: Project, hash: Hash, signal?: AbortSignal): Promise<boolean> {
  const { store } = project;
  if ((await store.verify(hash.value, hash.name, signal)) !== 'ok') {
    return false;
  }
  if (!isDirOid(hash.value)) {
    return true;
  }
  try {
    if (!store.hasTree(hash.value, hash.name)) {
      return false;
    }
    if ((statSync(store.path(hash.value, hash.name))?.size ?? 0n) > VERIFY_BYTES) {
      return true;
    }
    const members = new Set([...treeEntries(store.tree(hash.value, hash.name))].map(([, md5]) => md5));
    return (await store.verifyAll(members, hash.name, signal)).size === 0;
  } catch (error) {
    if (error instanceof CellarError && error.code === 'E_MANIFEST_CORRUPT') {
      return false;
    }
    throw error;
  }
}

export interface SaveOptions extends WorkOptions {
  /** Store the bytes; default true. */
  commit?: boolean;
  /** Make the workspace files hang on the cache as the configuration says; default true. */
  relink?: boolean;
}

/**
 * Records an out as it is now: git is told to ignore it, its bytes go into the cache, the workspace files are linked
 * (spec/dvc-data.md §4.7). What DVC 2 recorded stays as it is while the content is the same (§2.8).
 * @throws CellarError `E_OUT_MISSING`, `E_OUT_TRACKED_BY_GIT` (exit 1) and those of `hashPath`
 */
export async function saveOut(project: Project, out: Out, options: SaveOptions = {}): Promise<OutFacts> {
  if (!isPresent(project, out.abs)) {
    throw missingOut(project, out.abs);
  }
  if (out.flags.cache) {
    await project.gitFiles.ignore([out.abs]);
  }
  const name = await hashNameFor(project, out, options);
  const saved = await storePath(project, out.abs, { ...options, name, cache: out.flags.cache });
  if (out.flags.cache) {
    rememberPlaced(project, out.abs, saved.hash);
  }
  return saved;
}

export interface StoreOptions extends SaveOptions {
  name: HashName;
  /** False: hashed only, as for an out that is not kept in the cache. */
  cache: boolean;
}

/** Facts of a path and, for a folder, its members. */
export interface StoredPath extends OutFacts {
  tree?: Tree;
}

/** Hashes a path, and unless told otherwise stores it and links the workspace files. */
export async function storePath(project: Project, abs: string, options: StoreOptions): Promise<StoredPath> {
  const store = options.cache && options.commit !== false ? project.store : undefined;
  const scan = await scanPath(hashContext(project), abs, { ...options, store });
  const { tree, size } = treeOfScan(scan);
  if (scan.kind === 'file') {
    const isexec = ((scan.top.modes[0] ?? 0) & 0o111) !== 0;
    const hash = { name: options.name, value: oidOfScan(hashContext(project), scan) };
    if (store !== undefined && options.relink !== false) {
      await relinkSaved(project, { path: abs, hash, isexec, tree: null, scan }, options);
    }
    return { hash, size, ...(isexec ? { isexec } : {}) };
  }
  const value = store === undefined ? treeOid(tree) : store.putTree(tree, options.name);
  const hash = { name: options.name, value };
  if (store !== undefined && options.relink !== false) {
    await relinkSaved(project, { path: abs, hash, isexec: false, tree, scan }, options);
  }
  return { hash, size, nfiles: BigInt(tree.paths.length), tree };
}

/** Content that DVC 2 recorded and that did not change keeps its old hash; everything else gets a plain MD5. */
export async function hashNameFor(project: Project, out: Out, options: WorkOptions = {}): Promise<HashName> {
  const recorded = out.recorded?.hash;
  if (recorded?.name !== 'md5-dos2unix') {
    return 'md5';
  }
  return (await pathStatus(project, out.abs, recorded, options)) === '' ? 'md5-dos2unix' : 'md5';
}

/** What a `.dvc` file or a lock records of an out after it was saved; what we do not interpret is kept. */
export function recordOf(path: string, facts: OutFacts, before?: RecordedPath): RecordedPath {
  const { hash, size, nfiles, isexec } = facts;
  const extra = new Map(before?.extra);
  // These belong to the bytes that were there before.
  ['files', 'cloud', 'version_id', 'etag', 'checksum'].forEach(key => extra.delete(key));
  return {
    path,
    hash,
    ...(size === undefined ? {} : { size }),
    ...(nfiles === undefined ? {} : { nfiles }),
    ...(isexec === true ? { isexec } : {}),
    ...(extra.size > 0 ? { extra } : {})
  };
}

function isMd5(hash: Hash): boolean {
  return hash.name === 'md5' || hash.name === 'md5-dos2unix';
}

function missingOut(project: Project, abs: string): CellarError {
  const shown = shownPath(project, abs);
  const broken = lstatSync(abs)?.isSymbolicLink() === true ? ` (the link to '${readlinkSync(abs)}' is broken)` : '';
  return new CellarError('E_OUT_MISSING', `output '${shown}' does not exist${broken}`, {
    exit: 1,
    next: 'Check the path, or bring the file back first.',
    at: { path: abs }
  });
}
