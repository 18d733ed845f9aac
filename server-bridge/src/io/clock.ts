import { join } from 'node:path';
import { isErrno, mkdirSync, statSync, writeFileSync } from './files.js';

/**
 * The time of the file system of `folder` (made if missing) in nanoseconds: correctness never asks the wall clock (I15).
 * 0, so that nothing counts as old, where nothing can be written.
 */
export function fileSystemTime(folder: string): bigint {
  const path = join(folder, 'clock');
  try {
    mkdirSync(folder);
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
 * Milliseconds of a clock that never goes back, from any start. Not `performance.now()`: the first look at `performance`
 * loads a module that a short command does not need.
 */
export function elapsed(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
