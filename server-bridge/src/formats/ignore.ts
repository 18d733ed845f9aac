import ignoreFactory from 'ignore';
import type { Ignore } from 'ignore';
import { CellarError } from '../protocol/errors.js';

const LIMIT_BYTES = 1024 * 1024;
const LIMIT_PATTERNS = 10_000;

/** What is never data, wherever it lies (spec/dvc-data.md §7). */
const BUILT_IN = ['.hg/', '.git/', '.git', '.dvc/'];

/** Patterns of one `.dvcignore` with their one-based lines; blank lines and comments are left out, both ends are stripped. */
export interface IgnoreFile {
  /** Folder of the file, POSIX, relative to the project root; empty for the root. */
  folder: string;
  patterns: { line: number; pattern: string }[];
}

/** Reads the text of a `.dvcignore`. Throws `E_IGNORE_INVALID` beyond 1 MiB or 10,000 patterns. */
export function parseIgnoreFile(text: string, folder: string): IgnoreFile {
  const patterns: IgnoreFile['patterns'] = [];
  const at = { path: folder === '' ? '.dvcignore' : `${folder}/.dvcignore` };
  if (text.length > LIMIT_BYTES) throw new CellarError('E_IGNORE_INVALID', `'${at.path}' is larger than 1 MiB`, { at });
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const pattern = raw.trim();
    if (pattern !== '' && !pattern.startsWith('#')) patterns.push({ line: index + 1, pattern });
  }
  if (patterns.length > LIMIT_PATTERNS) {
    throw new CellarError('E_IGNORE_INVALID', `'${at.path}' has more than ${LIMIT_PATTERNS} patterns`, { at });
  }
  return { folder, patterns };
}

/** One level of rules: those of a folder, tested on paths relative to it. */
interface Level {
  folder: string;
  rules: Ignore;
}

/**
 * Matcher for one folder of the walk. `ignores` takes the name of a member; whether the folder itself is ignored is
 * decided by the walk, which does not descend then: a negated pattern cannot bring back a file of an ignored folder.
 */
export interface FolderMatcher {
  folder: string;
  ignores(name: string, isFolder: boolean): boolean;
  /** The matcher of a sub-folder; `file` is its own `.dvcignore`, `nested` the names of projects inside it. */
  enter(name: string, file?: IgnoreFile, nested?: readonly string[]): FolderMatcher;
}

const join = (folder: string, name: string) => (folder === '' ? name : `${folder}/${name}`);

function compile(patterns: string[]): Ignore {
  return ignoreFactory({ ignorecase: false, allowRelativePaths: false }).add(patterns);
}

function levelOf(folder: string, file: IgnoreFile | undefined, nested: readonly string[]): Level[] {
  const patterns = [...(file?.patterns.map(({ pattern }) => pattern) ?? []), ...nested.map(name => `/${name}/`)];
  return patterns.length === 0 ? [] : [{ folder, rules: compile(patterns) }];
}

function matcher(folder: string, levels: Level[]): FolderMatcher {
  return {
    folder,
    ignores(name, isFolder) {
      const path = join(folder, name) + (isFolder ? '/' : '');
      let ignored = false;
      for (const level of levels) {
        const relative = level.folder === '' ? path : path.slice(level.folder.length + 1);
        const verdict = level.rules.checkIgnore(relative);
        if (verdict.ignored) ignored = true;
        else if (verdict.unignored) ignored = false;
      }
      return ignored;
    },
    enter(name, file, nested = []) {
      const inner = join(folder, name);
      return matcher(inner, [...levels, ...levelOf(inner, file, nested)]);
    }
  };
}

/** The matcher of the project root; built-in patterns come first, so that a `.dvcignore` may override them as in DVC. */
export function rootMatcher(file?: IgnoreFile, nested: readonly string[] = []): FolderMatcher {
  return matcher('', [{ folder: '', rules: compile(BUILT_IN) }, ...levelOf('', file, nested)]);
}
