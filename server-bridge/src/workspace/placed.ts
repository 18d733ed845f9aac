import { join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import type { Hash } from '../formats/entries.js';
import { lstatSync, readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import type { Out } from './out.js';
import type { Project } from './project.js';

/**
 * Outs that this project's commands put into the workspace, so that a checkout can take away what another branch left
 * (spec/dvc-data.md §4.6.1). A note of our own: lost, it only means that left-over data stays.
 */
const Placed = z.record(z.string(), z.strictObject({ name: z.enum(['md5', 'md5-dos2unix']), value: z.string() }));
type Placed = z.infer<typeof Placed>;

const notes = new WeakMap<Project, { placed: Map<string, Hash>; dirty: boolean }>();

function note(project: Project): { placed: Map<string, Hash>; dirty: boolean } {
  let known = notes.get(project);
  if (known === undefined) {
    known = { placed: new Map(Object.entries(readNote(project))), dirty: false };
    notes.set(project, known);
  }
  return known;
}

function file(project: Project): string {
  return join(project.tmpDir, 'cellar', 'placed.json');
}

function readNote(project: Project): Placed {
  try {
    return Placed.parse(JSON.parse(readTextIfSync(file(project)) ?? '{}'));
  } catch {
    return {};
  }
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
