import { isAbsolute, join, posix, relative, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';

/**
 * Absolute path of a contents path of Jupyter (POSIX, relative to its root).
 * @throws CellarError `E_NO_FILES` when contents are not files of this machine, `E_OUTSIDE_ROOT` on an escape
 */
export function absOfContents(root: string | null, path: string): string {
  if (root === null) {
    throw new CellarError(
      'E_NO_FILES',
      'This Jupyter server does not keep its notebooks in a folder of this machine.',
      {
        next: 'Start JupyterLab on a folder that holds the notebook.'
      }
    );
  }
  const clean = posix.normalize('/' + path).slice(1);
  if (path.includes('\0') || path.split('/').includes('..')) {
    throw new CellarError('E_OUTSIDE_ROOT', 'This path leaves the root of Jupyter.');
  }
  return join(root, ...clean.split('/'));
}

/** Path inside `root`, POSIX; the project may lie above or below Jupyter's root. */
export function insideProject(root: string, abs: string): string {
  const rel = relative(root, abs);
  if (rel.startsWith('..') || isAbsolute(rel)) {
    throw new CellarError('E_OUTSIDE_PROJECT', `'${abs}' is outside the project '${root}'.`);
  }
  return rel.split(sep).join('/');
}
