import { dirname, join, relative, sep } from 'node:path';
import { parseIgnoreFile, rootMatcher, type FolderMatcher, type IgnoreFile } from '../formats/ignore.js';
import { readTextIfSync } from '../io/files.js';
import { DVC_DIR, isDirectory } from './locate.js';

/** What `.dvcignore` files, the built-in rules and nested projects hide (spec/dvc-data.md §7). Paths are absolute. */
export interface IgnoreRules {
  /** For a walk whose parents are visible: whether this entry is left out. */
  ignoresEntry(path: string, isDirectory: boolean): boolean;
  /** Whether the path or a directory above it is left out; with `nested: false` nested projects do not count. */
  ignores(path: string, isDirectory: boolean, options?: { nested?: boolean }): boolean;
  /** Where the rule stands that hides a path, as `<file>:<line>:<pattern>` with the file relative to the root; null for a built-in one. */
  rule(path: string): string | null;
}

interface Level {
  matcher: FolderMatcher;
  file: IgnoreFile | undefined;
  /** True while only the built-in rules apply: then the name alone decides. */
  plain: boolean;
}

const BUILT_IN_FOLDERS = new Set(['.git', '.hg', DVC_DIR]);

export function openIgnoreRules(root: string): IgnoreRules {
  const levels = new Map<string, Level>();

  const level = (folder: string): Level => {
    const known = levels.get(folder);
    if (known !== undefined) {
      return known;
    }
    const made = folder === root ? rootLevel(root) : innerLevel(root, folder, level(dirname(folder)));
    levels.set(folder, made);
    return made;
  };

  const ignoresEntry = (path: string, isFolder: boolean, nested = true): boolean => {
    const { matcher, plain } = level(dirname(path));
    const name = path.slice(dirname(path).length).replace(/^[\\/]/, '');
    const hidden = plain ? (isFolder ? BUILT_IN_FOLDERS.has(name) : name === '.git') : matcher.ignores(name, isFolder);
    return hidden || (nested && isFolder && isDirectory(join(path, DVC_DIR)));
  };

  const ignores: IgnoreRules['ignores'] = (path, isFolder, options = {}) => {
    const parts = relative(root, path).split(sep);
    if (parts[0] === '' || parts[0] === '..') {
      return false;
    }
    let at = root;
    return parts.some((part, i) => {
      at = join(at, part);
      return ignoresEntry(at, i < parts.length - 1 || isFolder, options.nested !== false);
    });
  };

  return {
    ignoresEntry: (path, isFolder) => ignoresEntry(path, isFolder),
    ignores,
    rule(path) {
      if (
        relative(root, path)
          .split(sep)
          .some(part => BUILT_IN_FOLDERS.has(part))
      ) {
        return null;
      }
      const files: IgnoreFile[] = [];
      for (let at = dirname(path); ; at = dirname(at)) {
        const { file } = level(at);
        if (file !== undefined) {
          files.push(file);
        }
        if (at === root) {
          break;
        }
      }
      return files.map(file => ruleIn(root, file, path)).find(text => text !== null) ?? null;
    }
  };
}

function rootLevel(root: string): Level {
  const file = ignoreFile(root, '');
  return { matcher: rootMatcher(file), file, plain: file === undefined };
}

function innerLevel(root: string, folder: string, above: Level): Level {
  const name = folder.slice(dirname(folder).length).replace(/^[\\/]/, '');
  const way = relative(root, folder).split(sep).join('/');
  // A .dvcignore that is ignored itself is not read.
  const file = above.matcher.enter(name).ignores('.dvcignore', false) ? undefined : ignoreFile(folder, way);
  return { matcher: above.matcher.enter(name, file), file, plain: above.plain && file === undefined };
}

function ignoreFile(folder: string, way: string): IgnoreFile | undefined {
  const text = readTextIfSync(join(folder, '.dvcignore'));
  const file = text === null ? undefined : parseIgnoreFile(text, way);
  return file?.patterns.length === 0 ? undefined : file;
}

/** The last pattern of one file that by itself hides the path or a folder above it. */
function ruleIn(root: string, file: IgnoreFile, path: string): string | null {
  // Patterns are compiled as seen from the root, wherever their file lies.
  const parts = relative(root, path).split(sep);
  const hit = file.patterns.findLast(pattern => {
    const matcher = rootMatcher({ folder: '', patterns: [pattern] });
    return parts.some((_, i) => {
      const name = parts.slice(0, i + 1).join('/');
      return matcher.ignores(name, true) || (i === parts.length - 1 && matcher.ignores(name, false));
    });
  });
  const shown = file.folder === '' ? '.dvcignore' : `${file.folder}/.dvcignore`;
  return hit === undefined ? null : `${shown}:${hit.line}:${hit.pattern}`;
}
