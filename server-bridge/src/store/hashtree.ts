/** The hash of a path of the workspace, file or folder, and if asked its bytes into the cache in the same pass. */
import type { Hash } from '../formats/entries.js';
import { FACTS, sizeAt } from '../io/facts.js';
import { visitFiles } from '../io/walk.js';
import { digestHex, DIGEST } from './columns.js';
import { scanPath, type HashContext, type HashOptions, type Scan } from './scan.js';
import type { Store } from './store.js';
import { treeOid, type Tree } from './tree.js';

export { scanPath, type HashContext, type HashOptions, type Scan } from './scan.js';

export interface PathHash {
  hash: Hash;
  /** `size` in bytes; `nfiles` for folders; `isexec` for files, only when true. */
  meta: { size: bigint; nfiles?: bigint; isexec?: boolean };
  /** The members of a folder; made when it is read. */
  readonly tree?: Tree;
}

/**
 * Hashes a file or folder, reading only what the index does not know.
 * @throws CellarError `E_FILE_MISSING`, `E_SYMLINK_DIR`, those of `walkTree`, `E_FILE_CHANGING`, `E_CANCELLED`
 */
export async function hashPath(ctx: HashContext, path: string, options: HashOptions = {}): Promise<PathHash> {
  const name = options.name ?? 'md5';
  const scan = await scanPath(ctx, path, options);
  if (scan.kind === 'file') {
    const md5 = digestHex(scan.digests.get(scan.top) ?? new Uint8Array(DIGEST), 0);
    const isexec = ((scan.top.modes[0] ?? 0) & 0o111) !== 0;
    const meta = { size: BigInt(sizeAt(scan.top.facts, 0)), ...(isexec ? { isexec } : {}) };
    return { hash: { name, value: md5 }, meta };
  }
  const { oid, size, nfiles } = dirOfScan(ctx, scan, options.store);
  const meta = { size, nfiles };
  return lazyTree({ hash: { name, value: oid }, meta }, scan);
}

/** Adds the tree as a property that is made when somebody looks. */
function lazyTree(hash: PathHash, scan: Scan): PathHash {
  let tree: Tree | undefined;
  return Object.defineProperty(hash, 'tree', {
    get: () => (tree ??= treeOfScan(scan).tree),
    enumerable: false
  });
}

/** Oid and facts of a scanned folder; the directory object is stored when a store is given. */
export function dirOfScan(ctx: HashContext, scan: Scan, store?: Store): { oid: string; size: bigint; nfiles: bigint } {
  const key = `tree\0${scan.name}\0${scan.path}`;
  const memo = scan.fingerprint === null ? null : ctx.index.recall(key);
  if (memo !== null && memo.text === scan.fingerprint) {
    const oid = `${memo.md5}.dir`;
    if (store === undefined || store.has(oid, scan.name)) {
      return { oid, size: memo.numbers[0], nfiles: memo.numbers[1] };
    }
  }
  const { tree, size } = treeOfScan(scan);
  const oid = store === undefined ? treeOid(tree) : store.putTree(tree, scan.name);
  const nfiles = BigInt(tree.paths.length);
  if (scan.fingerprint !== null) {
    ctx.index.remember(key, { text: scan.fingerprint, md5: oid.slice(0, 32), numbers: [size, nfiles] });
  }
  return { oid, size, nfiles };
}

/** The oid of what was scanned: of a file its MD5, of a folder that of its directory object. */
export function oidOfScan(ctx: HashContext, scan: Scan): string {
  return scan.kind === 'file'
    ? digestHex(scan.digests.get(scan.top) ?? new Uint8Array(DIGEST), 0)
    : dirOfScan(ctx, scan).oid;
}

/** The tree of a scanned folder and the bytes of its files. */
export function treeOfScan(scan: Scan): { tree: Tree; size: bigint } {
  const paths: string[] = [];
  let count = 0;
  for (const block of scan.digests.keys()) {
    count += block.names.length;
  }
  const digests = new Uint8Array(count * DIGEST);
  let size = 0n;
  visitFiles(scan.top, (block, i, relpath) => {
    const column = scan.digests.get(block);
    if (column !== undefined) {
      digests.set(column.subarray(i * DIGEST, (i + 1) * DIGEST), paths.length * DIGEST);
    }
    paths.push(relpath);
    size += block.facts[i * FACTS + 4] ?? 0n;
  });
  return { tree: { paths, digests }, size };
}
