/** How a file of the workspace hangs on its object (spec/dvc-data.md §4.4): reflink, hardlink, symlink, copy. */
import { join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import {
  constants,
  copyFileSync,
  isErrno,
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  symlinkSync,
  unlinkIfSync,
  writeFileSync
} from '../io/files.js';
import { ownerTag } from '../io/ownertag.js';

export type LinkType = 'reflink' | 'hardlink' | 'symlink' | 'copy';

export const DEFAULT_TYPES: readonly LinkType[] = ['reflink', 'copy'];

/** Reads `cache.type`: a list or a comma-separated text. @throws CellarError `E_CACHE_TYPE` (exit 251) */
export function parseLinkTypes(value: string | readonly string[] | undefined): LinkType[] {
  if (value === undefined) {
    return [...DEFAULT_TYPES];
  }
  const names = (typeof value === 'string' ? value.split(',') : value).map(name => name.trim()).filter(Boolean);
  return names.map(name => {
    if (name === 'reflink' || name === 'hardlink' || name === 'symlink' || name === 'copy') {
      return name;
    }
    throw new CellarError('E_CACHE_TYPE', `unsupported cache type '${name}'`, {
      next: 'Use reflink, hardlink, symlink or copy.',
      exit: 251
    });
  });
}

/**
 * The configured types that work from files of `from` to files of `to` (both made if missing), in order; tried with a
 * real file. `copy` always works.
 */
export function usableTypes(types: readonly LinkType[], from: string, to: string): LinkType[] {
  const source = join(from, `.${ownerTag()}.0.tmp`);
  mkdirSync(from);
  mkdirSync(to);
  writeFileSync(source, 'link test', 0o600);
  try {
    return typesFor(types, source, join(to, `.${ownerTag()}.1.tmp`));
  } finally {
    unlinkIfSync(source);
  }
}

/** The same with a file that is there, linked for a moment to the free name `target`. */
export function typesFor(types: readonly LinkType[], source: string, target: string): LinkType[] {
  return types.filter(type => type === 'copy' || tryLink(type, source, target));
}

function tryLink(type: LinkType, source: string, target: string): boolean {
  try {
    makeLink(type, source, target);
    return true;
  } catch (error) {
    if (isErrno(error, ...CANNOT_LINK)) {
      return false;
    }
    throw error;
  } finally {
    unlinkIfSync(target);
  }
}

/** The errors that mean "this kind of link does not work here" (spec §4.4). */
export const CANNOT_LINK = [
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EXDEV',
  'ENOTTY',
  'ENOSYS',
  'EINVAL',
  'EAGAIN',
  'EMLINK'
];

/** Makes `target` from `source` by one kind of link; `target` must not exist. `copy` copies bytes, unverified. */
export function makeLink(type: LinkType, source: string, target: string): void {
  switch (type) {
    case 'hardlink':
      linkSync(source, target);
      return;
    case 'symlink':
      symlinkSync(source, target);
      return;
    case 'reflink':
      copyFileSync(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
      return;
    case 'copy':
      copyFileSync(source, target, constants.COPYFILE_EXCL);
  }
}

/** How a workspace file hangs on the cache, as a walk saw it. */
export interface Hanging {
  path: string;
  isLink: boolean;
  /** Names of its inode. */
  nlink: number;
  ino: bigint;
  empty: boolean;
}

/**
 * Whether a file hangs on its object by one of the configured kinds; the first that matches decides (spec §4.4). Empty
 * files are never hard-linked, executables never share an inode.
 */
export function hangsRight(types: readonly LinkType[], file: Hanging, object: string, isexec: boolean): boolean {
  const shared = !file.isLink && file.nlink > 1;
  if (isexec) {
    return !file.isLink && !shared;
  }
  for (const type of types) {
    if ((type === 'copy' || type === 'reflink') && !file.isLink && !shared) {
      return true;
    }
    if (type === 'hardlink' && shared) {
      return lstatSync(object)?.ino === file.ino;
    }
    if (type === 'hardlink' && file.empty && !file.isLink) {
      return true;
    }
    if (type === 'symlink' && file.isLink) {
      return readlinkSync(file.path) === object;
    }
  }
  return false;
}
