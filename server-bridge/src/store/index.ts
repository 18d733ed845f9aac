/**
 * What we know about the files of a project: path → stat facts and MD5, as columns in one file with blocks for each
 * directory (guide/performance.md §2.5, §3.1). It is a cache: deletable, versioned, rebuilt silently (I11: lost state
 * means slower, never wrong). Rows are added only for files that were left alone long enough (racy rule).
 */
import { basename, dirname, join, relative } from 'node:path';
import type { HashName } from '../formats/entries.js';
import { fileSystemTime } from '../io/clock.js';
import { isErrno, lstatSync, type BigIntStats } from '../io/files.js';
import { CellarError } from '../protocol/errors.js';
import { compareCodePoints, type WalkBlock } from '../io/walk.js';
import { FACTS, sameFacts, factsOf } from '../io/facts.js';
import { digestHex, digestsEqual, DIGEST, setDigest } from './columns.js';
import { appendBlocks, IndexBlock, readBlocks, writeBlocks, type PackedBlock } from './indexfile.js';
import {
  EMPTY_BLOCK,
  findRow,
  isNamed,
  JUDGE,
  mergeRows,
  nonceFor,
  OURS,
  rowFits,
  sameBlock,
  type Rows
} from './rows.js';

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
    const i = block === null ? -1 : findRow(block.names, basename(path));
    if (block === null || i < 0 || !rowFits(block, i, stats, name)) {
      return null;
    }
    return digestHex(block.digests, i);
  }

  /** Whether the row of a file vouches for digest `row` of a column: `lookup` without a string. */
  knows(path: string, stats: BigIntStats, digests: Uint8Array, row: number, name: HashName): boolean {
    const cut = path.lastIndexOf('/');
    const block = this.block(path.slice(0, cut));
    const i = block === null ? -1 : findRow(block.names, path.slice(cut + 1));
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
    const before = whole ? EMPTY_BLOCK : (this.block(folder) ?? EMPTY_BLOCK);
    this.store(this.key(folder), mergeRows(before, rows, clock, name));
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
    return fileSystemTime(dirname(this.file));
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
    const changed = [...this.dirty].map(key => [key, this.blocks.get(key) ?? EMPTY_BLOCK] as const);
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
