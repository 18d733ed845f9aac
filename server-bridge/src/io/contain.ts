/** Writes stay inside the project, physically (S2): containment by components after resolving links, never by prefix. */
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { isErrno, lstatSync, realpathSync } from './files.js';

/** True when `path` equals `folder` or lies below it; both absolute and already normalised. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith('..' + sep) && !isAbsolute(way));
}

/** The real path of a place that may not exist yet: the deepest existing ancestor resolved, the rest appended. */
export function realTarget(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    if (isErrno(error, 'ENOENT') && dirname(path) !== path) {
      return join(realTarget(dirname(path)), basename(path));
    }
    throw error;
  }
}

/**
 * Refuses a target that does not physically lie inside `root`, that lies below a symbolic link, or that is git's or
 * DVC's own.
 * @throws CellarError `E_OUTSIDE_PROJECT`, `E_BELOW_SYMLINK`, `E_PROTECTED_PATH`
 */
export function assertWritable(root: string, path: string): void {
  const real = realTarget(path);
  const realRoot = realpathSync(root);
  const inside = relative(root, path);
  if (!isInside(root, path) || !isInside(realRoot, real)) {
    throw new CellarError('E_OUTSIDE_PROJECT', `'${path}' is outside of the project '${root}'.`, {
      next: 'Use a path inside the project.',
      at: { path }
    });
  }
  if (join(realRoot, inside) !== real) {
    throw new CellarError('E_BELOW_SYMLINK', `'${path}' lies below a symbolic link.`, {
      next: 'Replace the linked folder by a real one.',
      at: { path }
    });
  }
  const parts = inside.split(sep).map(part => part.normalize('NFC').toLowerCase());
  const first = parts[0] ?? '';
  if (parts.includes('.git') || (first === '.dvc' && /^config/.test(parts[1] ?? ''))) {
    throw new CellarError('E_PROTECTED_PATH', `'${path}' belongs to git or to the project's settings.`, {
      next: 'Choose another path.',
      at: { path }
    });
  }
}

/** The first component between `root` and `path` (inclusive of neither root) that is a symbolic link, or null. */
export function symlinkAbove(root: string, path: string): string | null {
  const parts = relative(root, dirname(path)).split(sep).filter(Boolean);
  let at = root;
  for (const part of parts) {
    at = join(at, part);
    if (lstatSync(at)?.isSymbolicLink() === true) {
      return at;
    }
  }
  return null;
}
