/** A stage or a notebook gets another name; everything of it moves along and nothing runs (N5). */
import { join } from 'node:path';
import { parseNotebook } from '../formats/ipynb.js';
import { parseLockFile, removeLockEntry, setLockEntry } from '../formats/lockfile.js';
import { renameStage as renameEntry, setStage } from '../formats/pipelinefile.js';
import { isList, isMapping, type Scalar, type Value, type ValueMap } from '../formats/value.js';
import { md5Hex } from '../hash/md5.js';
import { existsSync, lstatSync, readTextIfSync } from '../io/files.js';
import { acquireRwLock } from '../io/rwlock.js';
import { CellarError } from '../protocol/errors.js';
import type { NotebookEdit } from '../protocol/analysis.js';
import type { LockEntry, RecordedPath } from '../formats/entries.js';
import { isStageName } from '../protocol/tag.js';
import type { ScriptHeader } from '../protocol/script.js';
import { readFolder, scriptOnDisk, type Folder } from './disk.js';
import { madeHash, ownedPart } from './entry.js';
import { CELLAR, notebookFolder, stagePaths } from './names.js';
import { fromFile, roleOf, type NotebookText } from './notebook.js';
import { tagEdit } from './problems.js';
import { relocate, type RelocationStep } from './relocate.js';
import { reprintHeader, readScript } from './script.js';

export interface RenameProject {
  readonly root: string;
  readonly tmpDir: string;
}

/** MD5 of a script before and after, and its new size in bytes. */
interface NewScript {
  before: string;
  after: string;
  size: bigint;
}

/** How one stage's names change. */
interface Move {
  from: string;
  to: string;
}

/**
 * Renames a stage on disk: script, variables, recorded output, entries of `dvc.yaml` and `dvc.lock`, and what later stages
 * say of its variables. Returns the edits of the tags for the tab. The notebook should be compiled first.
 * @throws CellarError `E_STAGE_NAME`, `E_STAGE_NAME_TAKEN`, `E_NO_STAGE`, `E_BUSY_PATH`
 */
export async function renameStage(
  project: RenameProject,
  notebookPath: string,
  source: string | NotebookText,
  from: string,
  to: string
): Promise<NotebookEdit[]> {
  const notebook = typeof source === 'string' ? fromFile(parseNotebook(source, notebookPath)) : source;
  const folder = readFolder(project.root, notebookPath);
  const cells = notebook.cells.map((cell, index) => ({ index, ...roleOf(cell) })).filter(cell => cell.stage === from);
  if (!isStageName(to)) {
    throw new CellarError('E_STAGE_NAME', `'${to}' is no stage name: letters, digits, '_' and '-', at most 64.`, {
      next: 'Choose another name.',
      at: { stage: from }
    });
  }
  const others = [...folder.entries.keys(), ...notebook.cells.map(cell => roleOf(cell).stage ?? '')].filter(
    name => name !== from
  );
  if (others.some(name => name.toLowerCase() === to.toLowerCase())) {
    throw new CellarError('E_STAGE_NAME_TAKEN', `There is already a stage '${to}'.`, {
      next: 'Choose another name.',
      at: { stage: from }
    });
  }
  if (cells.length === 0) {
    throw new CellarError('E_NO_STAGE', `No cell has the stage '${from}'.`, { next: 'Tag a cell with it first.' });
  }
  if (folder.owned.has(from)) {
    await move(project, folder, folder.slug, folder.notebook, notebookPath, [{ from, to }]);
  }
  return cells.map(cell => tagEdit(notebook, cell.index, 'stage', to));
}

/**
 * Takes over the stages that another notebook of the folder compiled: it was renamed to this one, or the user hands them
 * on from a copy (N5). `from` is that notebook's file name, `notebookPath` this one's path in the project.
 */
export async function adoptNotebook(project: RenameProject, from: string, notebookPath: string): Promise<void> {
  const slash = notebookPath.lastIndexOf('/');
  const oldPath = `${notebookPath.slice(0, slash + 1)}${from}`;
  const old = readFolder(project.root, oldPath);
  const moves = [...old.owned.keys()].map(name => ({ from: name, to: name }));
  if (moves.length === 0) {
    throw new CellarError('E_NO_STAGE', `'${from}' has no stages in this folder.`, {
      next: 'Compile the notebook instead.'
    });
  }
  await move(project, old, notebookFolder(notebookPath), notebookPath.slice(slash + 1), notebookPath, moves);
}

async function move(
  project: RenameProject,
  folder: Folder,
  slug: string,
  notebook: string,
  notebookPath: string,
  moves: readonly Move[]
): Promise<void> {
  const paths = new Map<string, string>();
  for (const { from, to } of moves) {
    const [before, after] = [stagePaths(folder.slug, from), stagePaths(slug, to)];
    paths.set(before.script, after.script);
    paths.set(before.outputs, after.outputs);
    paths.set(before.vars, after.vars);
  }
  const locked = [...paths]
    .flat()
    .concat('dvc.yaml', 'dvc.lock')
    .map(path => join(folder.dir, path));
  const release = await acquireRwLock(project.tmpDir, {
    cmd: `cellar rename ${notebookPath}`,
    read: [],
    write: locked
  });
  try {
    const texts = newTexts(folder, paths, notebookPath, moves, notebook);
    paths.forEach((after, before) => refuseTaken(join(folder.dir, before), join(folder.dir, after)));
    relocate(project.tmpDir, join(folder.dir, CELLAR), [
      ...paramSteps(folder, slug),
      ...[...paths].map(([before, after]) => moveStep(folder, before, after)),
      ...[...texts].map(([path, text]) => writeStep(folder, path, originOf(path, paths), text))
    ]);
  } finally {
    await release();
  }
}

/** The parameters last mirrored go with the notebook. */
function paramSteps(folder: Folder, slug: string): RelocationStep[] {
  if (slug === folder.slug) {
    return [];
  }
  const [before, after] = [`${CELLAR}/${folder.slug}/params.json`, `${CELLAR}/${slug}/params.json`];
  return [writeStep(folder, after, after, null), moveStep(folder, before, after)];
}

function moveStep(folder: Folder, before: string, after: string): RelocationStep {
  return { do: 'move', from: join(folder.dir, before), to: join(folder.dir, after) };
}

/** `origin` is where the file lies before the moves. */
function writeStep(folder: Folder, path: string, origin: string, after: string | null): RelocationStep {
  return { do: 'write', path: join(folder.dir, path), before: readTextIfSync(join(folder.dir, origin)), after };
}

function originOf(path: string, paths: ReadonlyMap<string, string>): string {
  return [...paths].find(([, after]) => after === path)?.[0] ?? path;
}

/** New texts of scripts, `dvc.lock` and `dvc.yaml`, in the order of writing. */
function newTexts(
  folder: Folder,
  paths: ReadonlyMap<string, string>,
  notebookPath: string,
  moves: readonly Move[],
  notebook: string
): Map<string, string> {
  const names = new Map(moves.map(({ from, to }) => [from, to]));
  const texts = new Map<string, string>();
  const scripts = new Map<string, NewScript>();
  const headers = new Map<string, { before: ScriptHeader | null; after: ScriptHeader | null }>();
  for (const name of folder.owned.keys()) {
    const script = scriptOnDisk(folder, name);
    const header = script === null ? null : readScript(script).header;
    if (script === null || header === null) {
      continue;
    }
    const moved = movedHeader(header, paths, names.get(name) ?? name, names.has(name) ? notebookPath : header.notebook);
    const after = reprintHeader(script, moved);
    const path = stagePaths(folder.slug, name).script;
    headers.set(name, { before: header, after: moved });
    if (after !== script) {
      scripts.set(path, { before: md5Hex(script), after: md5Hex(after), size: BigInt(Buffer.byteLength(after)) });
      texts.set(movedPath(path, paths), after);
    }
  }
  if (folder.lock !== null) {
    texts.set('dvc.lock', lockText(folder.lock, folder, paths, names, scripts));
  }
  texts.set('dvc.yaml', pipelineText(folder, paths, names, notebook, headers));
  return texts;
}

function movedPath(path: string, paths: ReadonlyMap<string, string>): string {
  for (const [before, after] of paths) {
    if (path === before || path.startsWith(`${before}/`)) {
      return after + path.slice(before.length);
    }
  }
  return path;
}

function movedHeader(
  header: ScriptHeader,
  paths: ReadonlyMap<string, string>,
  stage: string,
  notebook: string
): ScriptHeader {
  const map = (files: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(files).map(([name, path]) => [name, movedPath(path, paths)]));
  return {
    ...header,
    notebook,
    stage,
    vars_in: map(header.vars_in),
    vars_out: map(header.vars_out),
    outputs: movedPath(header.outputs, paths)
  };
}

/** Lock entries follow only where their MD5 of the script is the old script's: others were stale before (N5). */
function lockText(
  text: string,
  folder: Folder,
  paths: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
  scripts: ReadonlyMap<string, NewScript>
): string {
  let now = text;
  const { stages } = parseLockFile(text, 'dvc.lock');
  for (const [name, entry] of stages) {
    const owned = folder.owned.has(name);
    if (!owned) {
      continue;
    }
    const to = names.get(name) ?? name;
    const moved = movedLock(entry, paths, scripts, stagePaths(folder.slug, name).command);
    if (moved === null) {
      now = to === name ? now : removeLockEntry(now, name);
      continue;
    }
    now = to === name ? now : removeLockEntry(now, name);
    now = setLockEntry(now, to, moved);
  }
  return now;
}

function movedLock(
  entry: LockEntry,
  paths: ReadonlyMap<string, string>,
  scripts: ReadonlyMap<string, NewScript>,
  command: string
): LockEntry | null {
  const moved = (item: RecordedPath): RecordedPath | null => {
    const script = scripts.get(item.path);
    const path = movedPath(item.path, paths);
    if (script === undefined) {
      return { ...item, path };
    }
    return item.hash?.value === script.before
      ? { ...item, path, size: script.size, hash: { ...item.hash, value: script.after } }
      : null;
  };
  const deps = entry.deps.map(moved);
  const outs = entry.outs.map(moved);
  if (deps.includes(null) || outs.includes(null)) {
    return null;
  }
  const cmd = entry.cmd === command ? commandFor(command, paths) : entry.cmd;
  const sort = (list: (RecordedPath | null)[]): RecordedPath[] =>
    list.filter(item => item !== null).sort((a, b) => (a.path < b.path ? -1 : 1));
  return { ...entry, cmd, deps: sort(deps), outs: sort(outs) };
}

function commandFor(command: string, paths: ReadonlyMap<string, string>): string {
  return command
    .split(' ')
    .map(word => movedPath(word, paths))
    .join(' ');
}

function pipelineText(
  folder: Folder,
  paths: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
  notebook: string,
  headers: ReadonlyMap<string, { before: ScriptHeader | null; after: ScriptHeader | null }>
): string {
  let text = folder.pipeline ?? '';
  for (const [name, { entry }] of folder.owned) {
    const to = names.get(name) ?? name;
    const next = movedEntry(
      entry,
      paths,
      names.has(name) ? notebook : folder.notebook,
      folder,
      headers.get(name)?.before ?? null
    );
    if (to !== name) {
      text = renameEntry(text, name, to);
    }
    text = setStage(text, to, next);
  }
  return text;
}

/** Entry with its paths moved; `made` follows, unless it had been edited by hand before. */
function movedEntry(
  entry: ValueMap,
  paths: ReadonlyMap<string, string>,
  notebook: string,
  folder: Folder,
  header: ScriptHeader | null
): ValueMap {
  const next: ValueMap = new Map();
  for (const [key, value] of entry) {
    if (key === 'cmd' && typeof value === 'string') {
      next.set(key, commandFor(value, paths));
    } else if (typeof key === 'string' && ['deps', 'outs', 'metrics', 'plots'].includes(key) && isList(value)) {
      next.set(
        key,
        value.map(item => movedItem(item, paths)).sort((a, b) => (itemText(a) < itemText(b) ? -1 : 1))
      );
    } else {
      next.set(key, value);
    }
  }
  const meta = next.get('meta');
  const cellar = isMapping(meta) ? meta.get('cellar') : undefined;
  if (isMapping(meta) && isMapping(cellar)) {
    const before = ownedPart(entry, header, folder.slug);
    const good = madeHash(before) === cellar.get('made');
    const after = {
      cmd: commandFor(before.cmd, paths),
      deps: before.deps.map(path => movedPath(path, paths)),
      params: before.params,
      outs: before.outs.map(out => ({ ...out, path: movedPath(out.path, paths) }))
    };
    const own: ValueMap = new Map([...cellar, ['notebook', notebook]] as [string, Value][]);
    if (good) {
      own.set('made', madeHash(after));
    }
    next.set('meta', new Map([...meta, ['cellar', own]] as [string, Value][]));
  }
  return next;
}

function keyText(key: Scalar | undefined): string {
  return typeof key === 'string' ? key : '';
}

function itemText(item: Value): string {
  return typeof item === 'string' ? item : isMapping(item) ? keyText([...item.keys()][0]) : '';
}

function movedItem(item: Value, paths: ReadonlyMap<string, string>): Value {
  if (typeof item === 'string') {
    return movedPath(item, paths);
  }
  return isMapping(item) ? new Map([...item].map(([path, flags]) => [movedPath(keyText(path), paths), flags])) : item;
}

/** All places are looked at before the first file moves: a rename never stops half way for this. */
function refuseTaken(from: string, to: string): void {
  if (from !== to && lstatSync(from) !== null && existsSync(to)) {
    throw new CellarError('E_EXISTS', `'${to}' already exists.`, {
      next: 'Remove it or choose another name.',
      at: { path: to }
    });
  }
}
