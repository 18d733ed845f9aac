import { join, relative, resolve, sep } from 'node:path';
import type { Hash } from '../formats/entries.js';
import { fieldsOf, mappingOf, oneOf, textOf } from '../formats/notes.js';
import { lstatSync, readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import type { Out } from './out.js';
import type { Project } from './project.js';

interface Placed {
  placed: Map<string, Hash>;
  dirty: boolean;
}

/**
 * Outs that this project's commands put into the workspace, so that a checkout can take away what another branch left
 * (spec/dvc-data.md §4.6.1). A note of our own: lost, it only means that left-over data stays.
 */
const notes = new WeakMap<Project, Placed>();

function note(project: Project): Placed {
  let known = notes.get(project);
  if (known === undefined) {
    known = { placed: readPlaced(readTextIfSync(file(project)) ?? '{}'), dirty: false };
    notes.set(project, known);
  }
  return known;
}

function file(project: Project): string {
  return join(project.tmpDir, 'cellar', 'placed.json');
}

/** The note's text as paths (below the root) with what was placed there; a damaged note is an empty one. */
export function readPlaced(text: string): Map<string, Hash> {
  try {
    const rows = [...mappingOf(JSON.parse(text), 'placed')];
    return new Map(rows.map(([path, value]) => [path, hashOf(value, path)]));
  } catch {
    return new Map();
  }
}

function hashOf(value: unknown, what: string): Hash {
  const fields = fieldsOf(value, what, ['name', 'value']);
  return { name: oneOf(fields['name'], what, ['md5', 'md5-dos2unix']), value: textOf(fields['value'], what) };
}

function key(project: Project, path: string): string {
  return relative(project.root, path).split(sep).join('/');
}

export function rememberPlaced(project: Project, path: string, hash: Hash): void {
  const known = note(project);
  const before = known.placed.get(key(project, path));
  if (before?.value !== hash.value || before.name !== hash.name) {
    known.placed.set(key(project, path), { name: hash.name, value: hash.value });
    known.dirty = true;
  }
}

export function forgetPlaced(project: Project, path: string): void {
  const known = note(project);
  known.dirty = known.placed.delete(key(project, path)) || known.dirty;
}

/** What was placed, is still there, and is no out any more, nor holds or lies in one. */
export function leftOvers(project: Project, outs: readonly Out[]): { path: string; hash: Hash }[] {
  const tracked = outs.map(out => out.abs);
  const overlaps = (path: string): boolean =>
    tracked.some(out => out === path || out.startsWith(path + sep) || path.startsWith(out + sep));
  return [...note(project).placed]
    .map(([way, hash]) => ({ path: resolve(project.root, way), hash }))
    .filter(({ path }) => !overlaps(path) && lstatSync(path) !== null);
}

/** Writes the note if it changed; a note that cannot be written is not worth an error. */
export function savePlaced(project: Project): void {
  const known = notes.get(project);
  if (known?.dirty === true) {
    known.dirty = false;
    publishFile(file(project), JSON.stringify(Object.fromEntries(known.placed)), { volatile: true, mode: 0o600 });
  }
}
