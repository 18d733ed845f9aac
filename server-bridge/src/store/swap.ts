/** Replacing and removing workspace files whose bytes are verified elsewhere (I3): never remove, then create. */
import {
  isErrno,
  linkSync,
  lstatSync,
  renameSync,
  statSync,
  unlinkIfSync,
  unlinkSync,
  type BigIntStats
} from '../io/files.js';
import { FACTS, factsEqual } from '../io/facts.js';
import { exchange } from '../io/native.js';

/**
 * Puts the finished file `made` at `target`, where a file with the facts of `expected[row]` must be; that one is gone
 * afterwards. False (and nothing changed) when another file is there by now.
 */
export function swapIn(made: string, target: string, expected: BigInt64Array, row: number): boolean {
  const before = lstatSync(target);
  if (!isStill(target, expected, row)) {
    return false;
  }
  if (exchange(made, target)) {
    // `made` now names what was at the target in the very moment of the exchange.
    if (!isSameName(made, before)) {
      exchange(made, target);
      return false;
    }
    unlinkSync(made);
    return true;
  }
  const aside = `${made}.old`;
  try {
    linkSync(target, aside);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV')) {
      throw error;
    }
    renameSync(target, aside);
  }
  renameSync(made, target);
  if (!isSameName(aside, before)) {
    renameSync(aside, target);
    return false;
  }
  unlinkIfSync(aside);
  return true;
}

/** Removes `target` if it is still the file with these facts: moved to `aside` first, looked at, then dropped. */
export function removeExpected(target: string, aside: string, expected: BigInt64Array, row: number): boolean {
  const before = lstatSync(target);
  if (!isStill(target, expected, row)) {
    return false;
  }
  renameSync(target, aside);
  if (!isSameName(aside, before)) {
    renameSync(aside, target);
    return false;
  }
  unlinkSync(aside);
  return true;
}

function isStill(path: string, expected: BigInt64Array, row: number): boolean {
  const now = statSync(path);
  return now !== null && (factsEqual(expected, row, now) || isSameFile(path, expected, row));
}

/** Rename and link change the ctime; content changes show in mtime and size. A link shows the facts of its target. */
function isSameFile(path: string, expected: BigInt64Array, row: number): boolean {
  const now = statSync(path) ?? lstatSync(path);
  return (
    now !== null &&
    now.dev === expected[row * FACTS] &&
    now.ino === expected[row * FACTS + 1] &&
    now.mtimeNs === expected[row * FACTS + 2] &&
    now.size === expected[row * FACTS + 4]
  );
}

/** Whether the name was moved as it was: a relative link that was moved cannot be followed any more. */
function isSameName(path: string, before: BigIntStats | null): boolean {
  const now = lstatSync(path);
  return (
    now !== null &&
    before !== null &&
    now.dev === before.dev &&
    now.ino === before.ino &&
    now.mtimeNs === before.mtimeNs &&
    now.size === before.size
  );
}
