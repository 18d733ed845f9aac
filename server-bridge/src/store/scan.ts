/** What is in the workspace at a path, with the digest of every file; only what the index does not know is read. */
import { createHash } from 'node:crypto';
import type { HashName } from '../formats/entries.js';
import { withDiskErrors } from '../io/failures.js';
import { FACTS, sizeAt } from '../io/facts.js';
import { lstatSync, statSync } from '../io/files.js';
import { walkFile, walkTree, type IgnoreEntry, type WalkBlock } from '../io/walk.js';
import { CellarError } from '../protocol/errors.js';
import { DIGEST } from './columns.js';
import type { FileIndex } from './index.js';
import { JUDGE, KNOWN, OURS } from './rows.js';
import type { OnProgress } from './jobs.js';
import { absentRows } from './missing.js';
import { optimiseFor } from './optimise.js';
import { progressMeter } from './progress.js';
import type { Store } from './store.js';
import { hashMany, storeMany, type Hashed } from './storing.js';

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

/** For status and checkout. */
export interface Scan {
  kind: 'file' | 'dir';
  path: string;
  name: HashName;
  top: WalkBlock;
  /** Digests of each block's files, in the order of the walk. */
  digests: Map<WalkBlock, Uint8Array>;
  /**
   * 1: the file has just become the object itself (a hard link), 0: it was read, 2: the index knew it. Blocks in which
   * nothing was read are left out.
   */
  linked: Map<WalkBlock, Uint8Array>;
  /** Equal fingerprints of one path mean equal trees; null when something is too young to be sure. */
  fingerprint: string | null;
}

/**
 * Walks, takes from the index what it knows, hashes the rest (storing it if asked), and records it.
 * @throws CellarError `E_FILE_MISSING`, `E_SYMLINK_DIR`, those of `walkTree`, `E_FILE_CHANGING`, `E_CANCELLED`
 */
export function scanPath(ctx: HashContext, path: string, options: HashOptions = {}): Promise<Scan> {
  return withDiskErrors(path, () => scan(ctx, path, options));
}

async function scan(ctx: HashContext, path: string, options: HashOptions): Promise<Scan> {
  const name = options.name ?? 'md5';
  const clock = ctx.index.now();
  const kind = kindOf(path);
  const top = kind === 'dir' ? walkTree(path, { ignore: ctx.ignore, onFiles: optimiseFor }) : walkFile(path);
  const found: Scan = { kind, path, name, top, digests: new Map(), linked: new Map(), fingerprint: null };
  const wanted = new Wanted();
  const fresh = new Set<WalkBlock>();
  const meter = progressMeter(options.progress);
  for (const block of allBlocks(top)) {
    const { digests, misses, nonce } = ctx.index.merge(block, name);
    found.digests.set(block, digests);
    misses.forEach(row => wanted.add(block, row));
    if (nonce === null) {
      fresh.add(block);
    }
    meter.expect(block);
  }
  if (options.store !== undefined) {
    wantAbsent(options.store, found, wanted);
  }
  meter.begin(wanted.count, wanted.bytes());
  if (wanted.count > 0) {
    const many = { name, signal: options.signal, onStep: meter.step };
    const hashed =
      options.store === undefined
        ? await hashMany(wanted.paths, wanted.facts(), many)
        : await storeMany(options.store, wanted.paths, wanted.facts(), many);
    for (const block of wanted.scatter(found, hashed)) {
      fresh.add(block);
    }
  }
  record(ctx, found, fresh, clock);
  found.fingerprint = kind === 'dir' ? fingerprintOf(ctx.index, found) : null;
  meter.end();
  return found;
}

/** Files that are known but whose object is gone are read again, to be stored. */
function wantAbsent(store: Store, found: Scan, wanted: Wanted): void {
  const already = wanted.rowsOf();
  for (const [block, absent] of absentRows(store.cacheDir, found.name, found.digests)) {
    absent.filter(row => already.get(block)?.has(row) !== true).forEach(row => wanted.add(block, row));
  }
}

function record(ctx: HashContext, found: Scan, fresh: ReadonlySet<WalkBlock>, clock: bigint): void {
  for (const block of fresh) {
    const linked = found.linked.get(block);
    const rows = {
      names: block.names,
      facts: block.facts,
      digests: found.digests.get(block) ?? new Uint8Array(0),
      trust: linked?.map(each => (each === NOT_READ ? KNOWN : each === 1 ? OURS : JUDGE)) ?? allKnown(block)
    };
    ctx.index.record(block.path, rows, clock, found.name, found.kind === 'dir');
  }
}

/** Nothing was read in this block: only names are gone. */
function allKnown(block: WalkBlock): Uint8Array {
  return new Uint8Array(block.names.length).fill(KNOWN);
}

function fingerprintOf(index: FileIndex, found: Scan): string | null {
  const md5 = createHash('md5');
  for (const block of found.digests.keys()) {
    const nonce = index.nonceOf(block, found.name);
    if (nonce === null) {
      return null;
    }
    md5.update(`${block.path}\0${nonce}\0`);
  }
  return md5.digest('hex');
}

/** In `Scan.linked`: the index vouched for the row. */
const NOT_READ = 2;

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

  get count(): number {
    return this.paths.length;
  }

  rowsOf(): Map<WalkBlock, Set<number>> {
    const rows = new Map<WalkBlock, Set<number>>();
    for (const [k, block] of this.blocks.entries()) {
      const set = rows.get(block) ?? new Set();
      rows.set(block, set.add(this.rows[k] ?? 0));
    }
    return rows;
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

  /** Puts results where they belong; gives the blocks that got some. */
  scatter(scan: Scan, hashed: Hashed): Iterable<WalkBlock> {
    for (const [k, block] of this.blocks.entries()) {
      const row = this.rows[k] ?? 0;
      scan.digests.get(block)?.set(hashed.digests.subarray(k * DIGEST, (k + 1) * DIGEST), row * DIGEST);
      block.facts.set(hashed.facts.subarray(k * FACTS, (k + 1) * FACTS), row * FACTS);
      let linked = scan.linked.get(block);
      if (linked === undefined) {
        linked = new Uint8Array(block.names.length).fill(NOT_READ);
        scan.linked.set(block, linked);
      }
      linked[row] = hashed.ours[k] ?? 0;
    }
    return scan.linked.keys();
  }
}

function allBlocks(top: WalkBlock): WalkBlock[] {
  const blocks = [top];
  for (let i = 0; i < blocks.length; i++) {
    for (const dir of blocks[i]?.dirs ?? []) {
      blocks.push(dir);
    }
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
