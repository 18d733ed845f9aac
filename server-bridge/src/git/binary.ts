import { delimiter, isAbsolute, join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { accessSync, constants, statSync } from '../io/files.js';

let found: string | null = null;

/**
 * Absolute path of git: the first on PATH in a directory that is itself named absolutely, so that a `git` planted in the
 * project never runs (T10). Looked up once a process.
 * @throws `E_NO_GIT`
 */
export function findGit(): string {
  found ??= search(process.env.PATH ?? '');
  if (found === null) {
    throw new CellarError('E_NO_GIT', 'git is not installed, or not on PATH.', {
      next: 'Install git, then try again.'
    });
  }
  return found;
}

function search(path: string): string | null {
  const name = process.platform === 'win32' ? 'git.exe' : 'git';
  for (const directory of path.split(delimiter)) {
    if (isAbsolute(directory) && isExecutable(join(directory, name))) {
      return join(directory, name);
    }
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path)?.isFile() === true;
  } catch {
    return false;
  }
}
