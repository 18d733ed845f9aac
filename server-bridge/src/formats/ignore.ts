import { CellarError } from '../protocol/errors.js';
import { PatternError, compilePattern } from './ignore-pattern.js';
import type { IgnorePattern } from './ignore-pattern.js';

export type { IgnorePattern };

const LIMIT_BYTES = 1024 * 1024;
const LIMIT_PATTERNS = 10_000;

/** What is never data, wherever it lies (spec/dvc-data.md §7). */
const BUILT_IN = ['.hg/', '.git/', '.git', '.dvc/'];

/** A `.dvcignore`; blank lines and comments are left out, lines are stripped on both sides. */
export interface IgnoreFile {
  /** Folder of the file, POSIX, relative to the project root; empty for the root. */
  folder: string;
  patterns: IgnorePattern[];
}

function compile(path: string, text: string, line: number, folder: string): IgnorePattern[] {
  try {
    const pattern = compilePattern(text, line, folder);
    return pattern ? [pattern] : [];
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new CellarError('E_IGNORE_INVALID', `Invalid git pattern: '${text}' in '${path}', line ${line}`, {
      next: `Correct line ${line} of ${path}: a backslash must stand before a character.`,
      at: { path, line }
    });
  }
}

/** Reads the text of a `.dvcignore`. Throws `E_IGNORE_INVALID` beyond 1 MiB or 10,000 patterns, and for a trailing backslash. */
export function parseIgnoreFile(text: string, folder: string): IgnoreFile {
  const path = folder === '' ? '.dvcignore' : `${folder}/.dvcignore`;
  const at = { path };
  if (text.length > LIMIT_BYTES) throw new CellarError('E_IGNORE_INVALID', `'${path}' is larger than 1 MiB`, { at });
  const lines = text.split(/\r\n?|\n/).map((line, index) => ({ text: line.trim(), line: index + 1 }));
  const written = lines.filter(line => line.text !== '' && !line.text.startsWith('#'));
  if (written.length > LIMIT_PATTERNS) {
    throw new CellarError('E_IGNORE_INVALID', `'${path}' has more than ${LIMIT_PATTERNS} patterns`, { at });
  }
  return { folder, patterns: written.flatMap(line => compile(path, line.text, line.line, folder)) };
}

/** A pattern and how far it got on the way to a folder. */
interface Progress {
  pattern: IgnorePattern;
  /** Numbers of segments that the path so far can have used up. */
  positions: number[];
  /** Already matched the folder or one above it, and so everything in it. */
  inherited: boolean;
}

/** Positions reachable without using a component: `**` may stand for none. */
function settle(pattern: IgnorePattern, positions: Iterable<number>): number[] {
  const all = new Set(positions);
  for (const position of all) if (pattern.segments[position] === null) all.add(position + 1);
  return [...all];
}

function advance(pattern: IgnorePattern, positions: number[], name: string): number[] {
  const next: number[] = [];
  for (const position of positions) {
    const segment = pattern.segments[position];
    if (segment === null) next.push(position);
    else if (segment?.(name)) next.push(position + 1);
  }
  return settle(pattern, next);
}

const start = (pattern: IgnorePattern): Progress => ({
  pattern,
  positions: settle(pattern, [0]),
  inherited: pattern.everything
});

function enterFolder({ pattern, positions, inherited }: Progress, name: string): Progress {
  if (inherited) return { pattern, positions, inherited };
  const next = advance(pattern, positions, name);
  return { pattern, positions: next, inherited: next.includes(pattern.segments.length) };
}

function matches(progress: Progress, name: string, isFolder: boolean): boolean {
  const cut = name.lastIndexOf('/');
  const { pattern, positions, inherited } =
    cut < 0 ? progress : name.slice(0, cut).split('/').reduce(enterFolder, progress);
  if (pattern.folderOnly && !isFolder) return false;
  if (inherited) return true;
  if (pattern.below && !isFolder) return false;
  return advance(pattern, positions, name.slice(cut + 1)).includes(pattern.segments.length);
}

/**
 * Matcher for one folder of the walk. `ignores` takes the name of a member; whether the folder itself is ignored is
 * decided by the walk, which does not descend then: a negated pattern cannot bring back a file of an ignored folder.
 */
export interface FolderMatcher {
  folder: string;
  /** `name` may also be a path below the folder; whether its folders are ignored is then for the caller to ask. */
  ignores(name: string, isFolder: boolean): boolean;
  /** The last pattern that speaks about a member, negated ones too; undefined when none does. */
  match(name: string, isFolder: boolean): IgnorePattern | undefined;
  /** The matcher of a sub-folder; `file` is its own `.dvcignore`, `nested` the names of projects inside it. */
  enter(name: string, file?: IgnoreFile, nested?: readonly string[]): FolderMatcher;
}

const join = (folder: string, name: string) => (folder === '' ? name : `${folder}/${name}`);

function ownPatterns(folder: string, file: IgnoreFile | undefined, nested: readonly string[]): Progress[] {
  const projects = nested.flatMap(name => compile('.dvcignore', `/${name}/`, 0, folder));
  const fresh = [...(file?.patterns ?? []), ...projects].map(start);
  const parts = folder === '' ? [] : folder.split('/');
  return fresh.map(progress => parts.reduce(enterFolder, progress));
}

function lastMatch(progress: readonly Progress[], name: string, isFolder: boolean): IgnorePattern | undefined {
  for (let index = progress.length - 1; index >= 0; index--) {
    const candidate = progress[index];
    if (candidate && matches(candidate, name, isFolder)) return candidate.pattern;
  }
  return undefined;
}

/** The pattern by which a folder's own file ignores the folder itself: `**` in it hides all, whatever it negates later. */
function hidesAll(progress: readonly Progress[]): IgnorePattern | undefined {
  for (let index = progress.length - 1; index >= 0; index--) {
    const candidate = progress[index];
    if (candidate?.inherited) return candidate.pattern.negated ? undefined : candidate.pattern;
  }
  return undefined;
}

function matcher(folder: string, progress: Progress[], hidden: IgnorePattern | undefined): FolderMatcher {
  const match = (name: string, isFolder: boolean) => hidden ?? lastMatch(progress, name, isFolder);
  return {
    folder,
    match,
    ignores(name, isFolder) {
      const pattern = match(name, isFolder);
      return pattern !== undefined && !pattern.negated;
    },
    enter(name, file, nested = []) {
      const inner = join(folder, name);
      const own = ownPatterns(inner, file, nested);
      const all = [...progress.map(item => enterFolder(item, name)), ...own];
      return matcher(inner, all, own.length > 0 ? hidesAll(all) : undefined);
    }
  };
}

const builtIn = (): Progress[] => BUILT_IN.flatMap(text => compile('.dvcignore', text, 0, '')).map(start);

/** The matcher of the project root; built-in patterns come first, so that a `.dvcignore` may override them as in DVC. */
export function rootMatcher(file?: IgnoreFile, nested: readonly string[] = []): FolderMatcher {
  return matcher('', [...builtIn(), ...ownPatterns('', file, nested)], undefined);
}
