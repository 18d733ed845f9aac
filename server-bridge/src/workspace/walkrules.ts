import type { IgnoreEntry } from '../io/walk.js';
import type { HashContext } from '../store/hashtree.js';
import type { Project } from './project.js';

/** Entry filter for walks of data: `.dvcignore`, built-in rules, nested projects. */
export function ignoreEntry(project: Project): IgnoreEntry {
  return (path, isDirectory) => project.ignore.ignoresEntry(path, isDirectory);
}

/** What the store needs to hash and place files of this project. */
export function hashContext(project: Project): HashContext {
  return { index: project.index, ignore: ignoreEntry(project) };
}
