/** Stat facts as columns: no object for each file (guide/performance.md §3.2). */
import type { BigIntStats } from './files.js';

/** Facts of one file are five 64-bit numbers: dev, ino, mtime ns, ctime ns, size (I11). */
export const FACTS = 5;

/** Writes the facts of row `i`. */
export function setFacts(facts: BigInt64Array, i: number, stats: BigIntStats): void {
  const at = i * FACTS;
  facts[at] = stats.dev;
  facts[at + 1] = stats.ino;
  facts[at + 2] = stats.mtimeNs;
  facts[at + 3] = stats.ctimeNs;
  facts[at + 4] = stats.size;
}

/** Whether row `i` has exactly these facts. */
export function factsEqual(facts: BigInt64Array, i: number, stats: BigIntStats): boolean {
  const at = i * FACTS;
  return (
    facts[at + 3] === stats.ctimeNs &&
    facts[at + 2] === stats.mtimeNs &&
    facts[at + 1] === stats.ino &&
    facts[at + 4] === stats.size &&
    facts[at] === stats.dev
  );
}

/** The same content as far as facts tell: links and modes change the ctime, new content shows in mtime and size. */
export function isSameContent(facts: BigInt64Array, i: number, stats: BigIntStats): boolean {
  const at = i * FACTS;
  return (
    facts[at + 2] === stats.mtimeNs &&
    facts[at + 1] === stats.ino &&
    facts[at + 4] === stats.size &&
    facts[at] === stats.dev
  );
}

/** Whether row `i` of one column equals row `j` of another. */
export function sameFacts(a: BigInt64Array, i: number, b: BigInt64Array, j: number): boolean {
  for (let k = 0; k < FACTS; k++) {
    if (a[i * FACTS + k] !== b[j * FACTS + k]) {
      return false;
    }
  }
  return true;
}

/** Copies row `j` of `from` to row `i` of `to`. */
export function copyFacts(to: BigInt64Array, i: number, from: BigInt64Array, j: number): void {
  to.set(from.subarray(j * FACTS, (j + 1) * FACTS), i * FACTS);
}

/** The five facts of one file as a column of one row. */
export function factsOf(stats: BigIntStats): BigInt64Array {
  const facts = new BigInt64Array(FACTS);
  setFacts(facts, 0, stats);
  return facts;
}

export const mtimeAt = (facts: BigInt64Array, i: number): bigint => facts[i * FACTS + 2] ?? 0n;
export const ctimeAt = (facts: BigInt64Array, i: number): bigint => facts[i * FACTS + 3] ?? 0n;
export const sizeAt = (facts: BigInt64Array, i: number): number => Number(facts[i * FACTS + 4] ?? 0n);
