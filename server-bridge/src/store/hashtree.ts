/** The hash of a path of the workspace, file or folder, and if asked its bytes into the cache in the same pass. */
import type { Hash, HashName } from '../formats/entries.js';
import { withDiskErrors } from '../io/failures.js';
import { FACTS, sizeAt } from '../io/facts.js';
import { lstatSync, statSync } from '../io/files.js';
import { visitFiles, walkFile, walkTree, type IgnoreEntry, type WalkBlock } from '../io/walk.js';
import { CellarError } from '../protocol/errors.js';
import { digestHex, DIGEST } from './columns.js';
import { JUDGE, KNOWN, OURS, type FileIndex } from './index.js';
import type { OnProgress } from './jobs.js';
import { progressMeter } from './progress.js';
import type { Store } from './store.js';
import { hashMany, storeMany, type Hashed } from './storing.js';
import { treeOid, type Tree } from './tree.js';

export interface HashContext {
  index: FileIndex;
  /** `.dvcignore` rules; absolute paths. */
  ignore?: IgnoreEntry;
}

export interface HashOptions {
  progress?: OnProgress;
  signal?: AbortSignal;
  /** Default `md5`; `md5-dos2unix` for files of DVC 2 (spec/dvc-data.md §2.8). */
  name?: HashName;
  /** Store what is hashed, and the directory object of a folder. */
  store?: Store;
}

export interface PathHash {
  hash: Hash;
  /** `size` in bytes; `nfiles` for folders; `isexec` for files, only when true. */
  meta: { size: bigint; nfiles?: bigint; isexec?: boolean };
  /** The members of a folder. */
  tree?: Tree;
}

/** What is in the workspace at a path, with digests: for status and checkout. */
export interface Scan {
  kind: 'file' | 'dir';
  top: WalkBlock;
  /** Digests of each block's files. */
  digests: Map<WalkBlock, Uint8Array>;
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
  const { tree, size } = treeOfScan(scan);
  const oid = options.store === undefined ? treeOid(tree) : options.store.putTree(tree, name);
  return { hash: { name, value: oid }, meta: { size, nfiles: BigInt(tree.paths.length) }, tree };
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

/** Walks, takes from the index what it knows, hashes the rest (storing it if asked), and records it. */
export function scanPath(ctx: HashContext, path: string, options: HashOptions = {}): Promise<Scan> {
  return withDiskErrors(path, () => scan(ctx, path, options));
}

async function scan(ctx: HashContext, path: string, options: HashOptions): Promise<Scan> {
  const name = options.name ?? 'md5';
  const clock = ctx.index.now();
  const kind = kindOf(path);
  const top = kind === 'dir' ? walkTree(path, { ignore: ctx.ignore }) : walkFile(path);
  const blocks = allBlocks(top);
  const found: Scan = { kind, top, digests: new Map() };
  const wanted = new Wanted();
  const known: { block: WalkBlock; row: number; oid: string }[] = [];
  const meter = progressMeter(options.progress);
  for (const block of blocks) {
    const { digests, misses } = ctx.index.merge(block, name);
    found.digests.set(block, digests);
    misses.forEach(row => wanted.add(block, row));
    meter.expect(block);
    if (options.store !== undefined) {
      const missed = new Set(misses);
      for (let row = 0; row < block.names.length; row++) {
        if (!missed.has(row)) {
          known.push({ block, row, oid: digestHex(digests, row) });
        }
      }
    }
  }
  if (options.store !== undefined) {
    const absent = options.store.missing(
      known.map(entry => entry.oid),
      name
    );
    known.filter(entry => absent.has(entry.oid)).forEach(entry => wanted.add(entry.block, entry.row));
  }
  meter.begin(wanted.paths.length, wanted.bytes());
  const many = { name, signal: options.signal, onStep: meter.step };
  const facts = wanted.facts();
  const hashed =
    options.store === undefined
      ? await hashMany(wanted.paths, facts, many)
      : await storeMany(options.store, wanted.paths, facts, many);
  const trust = wanted.scatter(found, hashed);
  for (const block of blocks) {
    const rows = {
      names: block.names,
      facts: block.facts,
      digests: found.digests.get(block) ?? new Uint8Array(0),
      trust: trust.get(block)
    };
    ctx.index.record(block.path, rows, clock, name, kind === 'dir');
  }
  meter.end();
  return found;
}

/** The files that must be read, with the way back to their rows. */
class Wanted {
  readonly paths: string[] = [];
  private readonly blocks: WalkBlock[] = [];
  private readonly rows: number[] = [];

  add(block: WalkBlock, row: number): void {
    this.paths.push(`${block.path}/${block.names[row] ?? ''}`);
    this.blocks.push(block);
    this.rows.push(row);
  }

  facts(): BigInt64Array {
    const facts = new BigInt64Array(this.paths.length * FACTS);
    for (const [k, block] of this.blocks.entries()) {
      const row = this.rows[k] ?? 0;
      facts.set(block.facts.subarray(row * FACTS, (row + 1) * FACTS), k * FACTS);
    }
    return facts;
  }

  bytes(): number {
    let bytes = 0;
    for (const [k, block] of this.blocks.entries()) {
      bytes += sizeAt(block.facts, this.rows[k] ?? 0);
    }
    return bytes;
  }

  /** Puts results where they belong; gives for each block how far its rows can be trusted. */
  scatter(scan: Scan, hashed: Hashed): Map<WalkBlock, Uint8Array> {
    const trust = new Map<WalkBlock, Uint8Array>();
    for (const block of scan.digests.keys()) {
      trust.set(block, new Uint8Array(block.names.length).fill(KNOWN));
    }
    for (const [k, block] of this.blocks.entries()) {
      const row = this.rows[k] ?? 0;
      scan.digests.get(block)?.set(hashed.digests.subarray(k * DIGEST, (k + 1) * DIGEST), row * DIGEST);
      block.facts.set(hashed.facts.subarray(k * FACTS, (k + 1) * FACTS), row * FACTS);
      const rows = trust.get(block);
      if (rows !== undefined) {
        rows[row] = hashed.ours[k] === 1 ? OURS : JUDGE;
      }
    }
    return trust;
  }
}

function allBlocks(top: WalkBlock): WalkBlock[] {
  const blocks = [top];
  for (let i = 0; i < blocks.length; i++) {
    blocks.push(...(blocks[i]?.dirs ?? []));
  }
  return blocks;
}

function kindOf(path: string): 'file' | 'dir' {
  const own = lstatSync(path);
  const target = own?.isSymbolicLink() === true ? statSync(path) : own;
  if (own === null) {
    throw new CellarError('E_FILE_MISSING', `'${path}' does not exist.`, { next: 'Check the path.', at: { path } });
  }
  if (own.isSymbolicLink() && target?.isDirectory() === true) {
    throw new CellarError('E_SYMLINK_DIR', 'Cannot add files inside symlinked directories to DVC.', {
      next: 'Track the real folder.',
      at: { path }
    });
  }
  return target?.isDirectory() === true ? 'dir' : 'file';
}
