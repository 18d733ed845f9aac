/**
 * What we know about the files of a project: path → stat facts and MD5, as columns in one file with blocks for each
 * directory (guide/performance.md §2.5, §3.1). It is a cache: deletable, versioned, rebuilt silently (I11: lost state
 * means slower, never wrong). Rows are added only for files that were left alone long enough (racy rule).
 */
import { basename, dirname, join, relative } from 'node:path';
import type { HashName } from '../formats/entries.js';
import { isErrno, lstatSync, mkdirSync, statSync, writeFileSync, type BigIntStats } from '../io/files.js';
import { CellarError } from '../protocol/errors.js';
import { compareCodePoints, type WalkBlock } from '../io/walk.js';
import { copyFacts, ctimeAt, FACTS, factsEqual, mtimeAt, sameFacts, factsOf } from '../io/facts.js';
import { digestHex, digestsEqual, DIGEST, setDigest } from './columns.js';
import { appendBlocks, IndexBlock, readBlocks, writeBlocks, type PackedBlock } from './indexfile.js';

/** Coarse file systems keep whole or even seconds; a younger file may change without a new time (I11). */
const RACY_NS = 2_000_000_000n;

export const LEGACY_ROW = 1;

/** Keys of memos; no path holds a NUL. */
const MEMO = '\0';
const MOST_MEMOS = 4096;

/** Rows of one directory after a walk: `digests` is filled where the index knows the file, `misses` are the others. */
export interface Merged {
  digests: Uint8Array;
  misses: number[];
  /** Of the block, when the directory is exactly as it was recorded (0: an empty one); else null. */
  nonce: number | null;
}

/** Something that was computed from rows, kept with what it was computed from. */
export interface Memo {
  /** What it holds for. */
  text: string;
  /** 32 hex digits. */
  md5: string;
  numbers: [bigint, bigint];
}

/** How far the times of a row must be judged. */
export const JUDGE = 0;
/** A younger ctime was our own doing (a link, a mode), seen from before to after: only the mtime is judged. */
export const OURS = 1;
/** The index itself vouched for the row. */
export const KNOWN = 2;

/** Files of one directory, sorted by name; `trust` holds JUDGE, OURS or KNOWN for each row. */
export interface Rows {
  names: readonly string[];
  facts: BigInt64Array;
  digests: Uint8Array;
  trust?: Uint8Array;
}

export class FileIndex {
  private readonly blocks = new Map<string, IndexBlock>();
  private packed: Map<string, PackedBlock>;
  private readonly dirty = new Set<string>();
  private size: number;
  private appended: number;

  private constructor(
    private readonly file: string,
    private readonly root: string
  ) {
    const read = readBlocks(file);
    this.packed = read.blocks;
    this.size = read.size;
    this.appended = read.damaged ? read.size : read.appended;
  }

  /** Opens (or starts) the index kept in `file` for paths below `root`; outside paths work too. Never fails on damage. */
  static open(file: string, root: string): FileIndex {
    return new FileIndex(file, root);
  }

  /** The MD5 of a file whose stat is known, or null when it must be hashed. */
  lookup(path: string, stats: BigIntStats, name: HashName = 'md5'): string | null {
    const block = this.block(dirname(path));
    const i = block === null ? -1 : find(block.names, basename(path));
    if (block === null || i < 0 || !rowFits(block, i, stats, name)) {
      return null;
    }
    return digestHex(block.digests, i);
  }

  /** Whether the row of a file vouches for digest `row` of a column: `lookup` without a string. */
  knows(path: string, stats: BigIntStats, digests: Uint8Array, row: number, name: HashName): boolean {
    const cut = path.lastIndexOf('/');
    const block = this.block(path.slice(0, cut));
    const i = block === null ? -1 : find(block.names, path.slice(cut + 1));
    return block !== null && i >= 0 && rowFits(block, i, stats, name) && digestsEqual(block.digests, i, digests, row);
  }

  /** Merge-join of a walked directory with what is known about it. */
  merge(walked: WalkBlock, name: HashName = 'md5'): Merged {
    const block = this.block(walked.path);
    const nonce = nonceFor(block, walked, name);
    if (nonce !== null) {
      return { digests: block?.digests.slice() ?? new Uint8Array(0), misses: [], nonce };
    }
    const digests = new Uint8Array(walked.names.length * DIGEST);
    const misses: number[] = [];
    const names = block?.names ?? [];
    let j = 0;
    for (const [i, file] of walked.names.entries()) {
      if (block !== null) {
        while (j < names.length && names[j] !== file && compareCodePoints(names[j] ?? '', file) < 0) {
          j++;
        }
        if (names[j] === file && sameFacts(block.facts, j, walked.facts, i) && isNamed(block, j, name)) {
          digests.set(block.digests.subarray(j * DIGEST, (j + 1) * DIGEST), i * DIGEST);
          continue;
        }
      }
      misses.push(i);
    }
    return { digests, misses, nonce: null };
  }

  /** The nonce of a directory that is exactly as recorded (after `record` too), or null. */
  nonceOf(walked: WalkBlock, name: HashName = 'md5'): number | null {
    return nonceFor(this.block(walked.path), walked, name);
  }

  /** Keeps a computed fact; `key` is any text. */
  remember(key: string, memo: Memo): void {
    const facts = new BigInt64Array(FACTS);
    facts.set(memo.numbers, 0);
    const digests = new Uint8Array(DIGEST);
    setDigest(digests, 0, memo.md5);
    this.store(MEMO + key, IndexBlock.of([memo.text], facts, digests, new Uint8Array(1)));
  }

  recall(key: string): Memo | null {
    const block = this.load(MEMO + key);
    if (block === null || block.count !== 1) {
      return null;
    }
    return {
      text: block.text,
      md5: digestHex(block.digests, 0),
      numbers: [block.facts[0] ?? 0n, block.facts[1] ?? 0n]
    };
  }

  /**
   * Records files of a directory: those of `rows` that can be trusted replace or join what is known (`whole`: nothing
   * else stays). `clock` is the file system's time (`now`) from before the files were read.
   */
  record(folder: string, rows: Rows, clock: bigint, name: HashName = 'md5', whole = false): void {
    const before = whole ? EMPTY : (this.block(folder) ?? EMPTY);
    const flag = name === 'md5' ? 0 : LEGACY_ROW;
    const out = new RowWriter(before.count + rows.names.length);
    let j = 0;
    for (const [i, file] of rows.names.entries()) {
      while (j < before.count && compareCodePoints(before.names[j] ?? '', file) < 0) {
        out.add(before.names[j] ?? '', before, j, before.flags[j] ?? 0);
        j++;
      }
      j += before.names[j] === file ? 1 : 0;
      const trust = rows.trust?.[i] ?? JUDGE;
      if (trust === KNOWN || areSettled(rows.facts, i, clock, trust === OURS)) {
        out.add(file, rows, i, flag);
      }
    }
    for (; j < before.count; j++) {
      out.add(before.names[j] ?? '', before, j, before.flags[j] ?? 0);
    }
    this.replace(folder, out.block());
  }

  /** Records one file (or forgets it, when it is too young to be trusted). */
  set(path: string, stats: BigIntStats, md5: string, clock: bigint, name: HashName = 'md5', ours = false): void {
    const folder = dirname(path);
    const digests = new Uint8Array(DIGEST);
    setDigest(digests, 0, md5);
    const row = { names: [basename(path)], facts: factsOf(stats), digests, trust: Uint8Array.of(ours ? OURS : JUDGE) };
    this.record(folder, row, clock, name);
  }

  /**
   * The file system's own time in nanoseconds: correctness never asks the wall clock (I15). 0, so that nothing is
   * trusted, where nothing can be written.
   */
  now(): bigint {
    const path = join(dirname(this.file), 'clock');
    try {
      mkdirSync(dirname(path));
      writeFileSync(path, '.', 0o600);
      return statSync(path)?.mtimeNs ?? 0n;
    } catch (error) {
      if (isErrno(error)) {
        return 0n;
      }
      throw error;
    }
  }

  /**
   * Writes what changed: appends, or when a tenth of the file is old news, writes it anew. It is a cache: where nothing
   * can be written, it is not, and the next command is slower.
   */
  save(): void {
    if (this.dirty.size === 0) {
      return;
    }
    try {
      this.write();
      this.dirty.clear();
    } catch (error) {
      if (!isErrno(error) && !(error instanceof CellarError)) {
        throw error;
      }
      this.appended = this.size; // what reached the file is unknown: the next save writes it whole
    }
  }

  private write(): void {
    const changed = [...this.dirty].map(key => [key, this.blocks.get(key) ?? EMPTY] as const);
    if (this.size > 0 && this.appended * 10 <= this.size) {
      const bytes = appendBlocks(this.file, changed);
      this.size += bytes;
      this.appended += bytes;
    } else {
      this.size = writeBlocks(this.file, this.all());
      this.appended = 0;
    }
  }

  private *all(): Iterable<readonly [string, IndexBlock]> {
    let memos = 0;
    for (const key of [...new Set([...this.packed.keys(), ...this.blocks.keys()])].reverse()) {
      const block = this.load(key);
      const lives = key.startsWith(MEMO) ? ++memos <= MOST_MEMOS : lstatSync(join(this.root, key)) !== null;
      if (block !== null && block.count > 0 && lives) {
        yield [key, block];
      }
    }
  }

  private replace(folder: string, block: IndexBlock): void {
    this.store(this.key(folder), block);
  }

  private store(key: string, block: IndexBlock): void {
    const before = this.load(key);
    if (before === null ? block.count === 0 : sameBlock(before, block)) {
      return;
    }
    this.blocks.set(key, block);
    this.packed.delete(key);
    this.dirty.add(key);
  }

  private block(folder: string): IndexBlock | null {
    return this.load(this.key(folder));
  }

  private load(key: string): IndexBlock | null {
    const loaded = this.blocks.get(key);
    if (loaded !== undefined) {
      return loaded;
    }
    const packed = this.packed.get(key);
    if (packed === undefined) {
      return null;
    }
    const block = packed();
    this.blocks.set(key, block);
    this.packed.delete(key);
    return block;
  }

  private key(folder: string): string {
    // The usual case without `relative`, which normalises both paths each time.
    return folder.startsWith(this.root + '/') ? folder.slice(this.root.length + 1) : relative(this.root, folder);
  }
}

/** Whether a file was left alone for more than 2 s before `clock`, so that a later change must show in its times. */
export function isSettled(stats: BigIntStats, clock: bigint, oursOnly = false): boolean {
  return stats.mtimeNs + RACY_NS < clock && (oursOnly || stats.ctimeNs + RACY_NS < clock);
}

/** The same for row `i` of a column. */
export function areSettled(facts: BigInt64Array, i: number, clock: bigint, oursOnly = false): boolean {
  return mtimeAt(facts, i) + RACY_NS < clock && (oursOnly || ctimeAt(facts, i) + RACY_NS < clock);
}

function rowFits(block: IndexBlock, i: number, stats: BigIntStats, name: HashName): boolean {
  return factsEqual(block.facts, i, stats) && isNamed(block, i, name);
}

function isNamed(block: IndexBlock, i: number, name: HashName): boolean {
  return ((block.flags[i] ?? 0) & LEGACY_ROW) === (name === 'md5' ? 0 : LEGACY_ROW);
}

/** Position of `name`, or `-(place to insert) - 1`. */
function find(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareCodePoints(names[middle] ?? '', name);
    if (order === 0) {
      return middle;
    }
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return -low - 1;
}

const EMPTY = new IndexBlock('', 0, new BigInt64Array(0), new Uint8Array(0), new Uint8Array(0), 0);

/** Collects rows in order. */
class RowWriter {
  private readonly names: string[] = [];
  private readonly facts: BigInt64Array;
  private readonly digests: Uint8Array;
  private readonly flags: Uint8Array;

  constructor(most: number) {
    this.facts = new BigInt64Array(most * FACTS);
    this.digests = new Uint8Array(most * DIGEST);
    this.flags = new Uint8Array(most);
  }

  add(name: string, from: { facts: BigInt64Array; digests: Uint8Array }, i: number, flag: number): void {
    const row = this.names.length;
    this.names.push(name);
    copyFacts(this.facts, row, from.facts, i);
    this.digests.set(from.digests.subarray(i * DIGEST, (i + 1) * DIGEST), row * DIGEST);
    this.flags[row] = flag;
  }

  block(): IndexBlock {
    const n = this.names.length;
    const { facts, digests, flags } = this;
    return IndexBlock.of(
      this.names,
      facts.length === n * FACTS ? facts : facts.slice(0, n * FACTS),
      digests.length === n * DIGEST ? digests : digests.slice(0, n * DIGEST),
      flags.length === n ? flags : flags.slice(0, n)
    );
  }
}

/** The usual case at once: same names, and all facts in one comparison of bytes. */
function nonceFor(block: IndexBlock | null, walked: WalkBlock, name: HashName): number | null {
  const n = walked.names.length;
  if (n === 0) {
    return 0;
  }
  const flag = name === 'md5' ? 0 : LEGACY_ROW;
  const same =
    block !== null &&
    block.count === n &&
    sameBytes(block.facts, walked.facts) &&
    block.flags.every(each => each === flag) &&
    block.text === walked.names.join('\0');
  return same ? block.nonce : null;
}

function sameBlock(a: IndexBlock, b: IndexBlock): boolean {
  return (
    a.count === b.count &&
    sameBytes(a.facts, b.facts) &&
    sameBytes(a.digests, b.digests) &&
    sameBytes(a.flags, b.flags) &&
    a.text === b.text
  );
}

function sameBytes(a: BigInt64Array | Uint8Array, b: BigInt64Array | Uint8Array): boolean {
  return bytesOf(a).equals(bytesOf(b));
}

function bytesOf(column: BigInt64Array | Uint8Array): Buffer {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength);
}
