import { dirname, join, resolve } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { statSync } from '../io/files.js';

export const DVC_DIR = '.dvc';

/**
 * The nearest directory, `from` or above, that holds a directory `.dvc`; the search stops at a mount point
 * (spec/dvc-data.md §1.1).
 * @throws CellarError `E_NO_PROJECT` (exit 253)
 */
export function findRoot(from: string): string {
  const start = statSync(from);
  if (start === null || !start.isDirectory()) {
    throw new CellarError('E_NO_PROJECT', `directory '${from}' does not exist`, { exit: 253, at: { path: from } });
  }
  let at = resolve(from);
  for (;;) {
    if (isDirectory(join(at, DVC_DIR))) {
      return at;
    }
    const up = dirname(at);
    if (up === at || isMountPoint(at, up)) {
      break;
    }
    at = up;
  }
  throw new CellarError('E_NO_PROJECT', `you are not inside of a DVC repository (checked up to mount point '${at}')`, {
    exit: 253,
    next: 'Run `cellar init` in the root of your git repository.',
    at: { path: from }
  });
}

/** The nearest root as `findRoot` finds it, or null. */
export function findRootIf(from: string): string | null {
  try {
    return findRoot(from);
  } catch (error) {
    if (error instanceof CellarError && error.code === 'E_NO_PROJECT') {
      return null;
    }
    throw error;
  }
}

export function isDirectory(path: string): boolean {
  return statSync(path)?.isDirectory() === true;
}

function isMountPoint(at: string, up: string): boolean {
  return statSync(at)?.dev !== statSync(up)?.dev;
}
