/** Rows of one directory: which of them can be trusted, how they are found, compared and put together (I11). */
import type { HashName } from '../formats/entries.js';
import { copyFacts, ctimeAt, FACTS, factsEqual, mtimeAt } from '../io/facts.js';
import type { BigIntStats } from '../io/files.js';
import { compareCodePoints, type WalkBlock } from '../io/walk.js';
import { DIGEST } from './columns.js';
import { IndexBlock } from './indexfile.js';

/** Coarse file systems keep whole or even seconds; a younger file may change without a new time (I11). */
export const RACY_NS = 2_000_000_000n;

const LEGACY_ROW = 1;

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

export const EMPTY_BLOCK = new IndexBlock('', 0, new BigInt64Array(0), new Uint8Array(0), new Uint8Array(0), 0);

/** Whether a file was left alone for more than 2 s before `clock`, so that a later change must show in its times. */
export function isSettled(stats: BigIntStats, clock: bigint, oursOnly = false): boolean {
  return stats.mtimeNs + RACY_NS < clock && (oursOnly || stats.ctimeNs + RACY_NS < clock);
}

/** The same for row `i` of a column. */
export function areSettled(facts: BigInt64Array, i: number, clock: bigint, oursOnly = false): boolean {
  return mtimeAt(facts, i) + RACY_NS < clock && (oursOnly || ctimeAt(facts, i) + RACY_NS < clock);
}

/** Whether row `i` of a block is about a file with these facts and a hash of this name. */
export function rowFits(block: IndexBlock, i: number, stats: BigIntStats, name: HashName): boolean {
  return factsEqual(block.facts, i, stats) && isNamed(block, i, name);
}

export function isNamed(block: IndexBlock, i: number, name: HashName): boolean {
  return ((block.flags[i] ?? 0) & LEGACY_ROW) === (name === 'md5' ? 0 : LEGACY_ROW);
}

/** Position of `name`, or `-(place to insert) - 1`. */
export function findRow(names: readonly string[], name: string): number {
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

/**
 * The rows of `before` with those of `rows` that can be trusted in their places. `clock` is the file system's time from
 * before the files were read.
 */
export function mergeRows(before: IndexBlock, rows: Rows, clock: bigint, name: HashName): IndexBlock {
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
  return out.block();
}

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

/**
 * The nonce of a block that is exactly what a walk saw, else null. The usual case at once: same names, and all facts in
 * one comparison of bytes.
 */
export function nonceFor(block: IndexBlock | null, walked: WalkBlock, name: HashName): number | null {
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

export function sameBlock(a: IndexBlock, b: IndexBlock): boolean {
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
