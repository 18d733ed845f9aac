import { CellarError } from '../protocol/errors.js';

/**
 * Refuse what cannot be a revision before git sees it: an option in disguise, a range, or bytes that end a line of a
 * batch (T10). What passes goes behind `--end-of-options` all the same.
 * @throws `E_BAD_REVISION`
 */
export function checkRevision(rev: string): string {
  if (rev === '' || rev.startsWith('-') || /[\0-\x20\x7f]/.test(rev) || rev.includes('..')) {
    throw new CellarError('E_BAD_REVISION', `'${printable(rev)}' is not a revision.`, {
      next: 'Name a commit, a branch or a tag.'
    });
  }
  return rev;
}

/** A path of a tree as git spells it: relative, POSIX, no empty or dotted component. */
export function checkTreePath(path: string): string {
  const parts = path.split('/');
  if (/[\0\n]/.test(path) || parts.some(part => part === '' || part === '.' || part === '..')) {
    throw new CellarError('E_BAD_PATH', `'${printable(path)}' is not a path inside the repository.`);
  }
  return path;
}

function printable(text: string): string {
  return text.replace(/[\0-\x1f\x7f]/g, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
