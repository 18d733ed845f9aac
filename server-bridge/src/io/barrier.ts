/** Making many files durable at once (guide/performance.md: one `syncfs` for a batch instead of an fsync for each). */
import { announce, closeSync, constants, fsyncSync, isErrno, openSync } from './files.js';
import { native } from './native.js';
import { diskError } from './failures.js';

/**
 * Makes everything written so far on the file system of `folder` durable. Without the native call each of `paths`
 * (files and folders) is fsynced; a failed sync is never retried (I13).
 */
export function syncBarrier(folder: string, paths: Iterable<string>): void {
  const calls = native();
  try {
    if (calls !== null && process.platform === 'linux') {
      const fd = openSync(folder, constants.O_RDONLY);
      try {
        announce('syncfs', folder);
        if (calls.syncfs(fd) === 0) {
          return;
        }
      } finally {
        closeSync(fd);
      }
    }
    for (const path of paths) {
      syncOne(path);
    }
  } catch (error) {
    throw diskError(error, folder);
  }
}

function syncOne(path: string): void {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return; // taken away meanwhile by its owner
    }
    throw error;
  }
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
