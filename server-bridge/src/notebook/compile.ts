/** Writes what a notebook compiles to: scripts, runner, parameters, entries; nothing when nothing changed (N2–N12). */
import { join } from 'node:path';
import { parseNotebook } from '../formats/ipynb.js';
import { removeLockEntry } from '../formats/lockfile.js';
import { removeStage, setStage } from '../formats/pipelinefile.js';
import { pyEqual } from '../formats/params.js';
import { pythonJson } from '../formats/pythonjson.js';
import { isMapping, type Value, type ValueMap } from '../formats/value.js';
import { patchYaml, printYaml } from '../formats/yaml.js';
import type { Git } from '../git/git.js';
import { readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { acquireRwLock } from '../io/rwlock.js';
import { newOperation, openTrash } from '../io/trash.js';
import type { Problem } from '../protocol/analysis.js';
import type { Analysis, StageResult } from './context.js';
import { otherParams, readFolder, type Folder } from './disk.js';
import { buildEntry, madeHash, madeOf, ownedPart, type OwnMeta } from './entry.js';
import { ignoredProblem } from './ingit.js';
import { holds } from './listed.js';
import { CELLAR, RUNNER, stagePaths } from './names.js';
import { fromFile, type NotebookText } from './notebook.js';
import { analyseInFolder, isDetached, type FolderOptions, type StageOnDisk } from './ondisk.js';
import { initPython } from './python/parse.js';

/** The part of an open project that compiling needs. */
export interface CompileProject {
  readonly root: string;
  readonly tmpDir: string;
  readonly git: Git | null;
}

export interface CompileOptions extends Pick<FolderOptions, 'language' | 'accepts' | 'take' | 'keep' | 'write'> {
  /** Text of the shipped runner, copied to `.cellar/run.py`. */
  runner: string;
  /** Find out only: nothing is written. */
  check?: boolean;
  signal?: AbortSignal;
  /** Has the project to itself during `work`: asked for when `dvc.lock` is written, which `dvc` rewrites too (I10). */
  exclusively?: (work: () => Promise<void>) => Promise<void>;
}

export interface FileChange {
  /** Path in the project. */
  path: string;
  change: 'write' | 'remove';
}

export interface CompileResult {
  analysis: Analysis;
  problems: Problem[];
  /** What was written or removed, or would be with `check`. */
  changes: FileChange[];
  /** Names of stages that were not compiled because they are blocked. */
  blocked: string[];
}

interface Write {
  /** Relative to the notebook's folder. */
  path: string;
  before: string | null;
  after: string | null;
}

/**
 * Compiles one notebook. `source` is the notebook file's text, or the cells as a tab has them in memory.
 * @throws CellarError of a malformed `dvc.yaml`, `dvc.lock`, `params.yaml` or notebook; `E_BUSY_PATH` while a running
 *   stage reads what would be written (N12); `E_CHANGED_ON_DISK`
 */
export async function compile(
  project: CompileProject,
  notebookPath: string,
  source: string | NotebookText,
  options: CompileOptions
): Promise<CompileResult> {
  await initPython();
  const notebook = typeof source === 'string' ? fromFile(parseNotebook(source, notebookPath)) : source;
  const folder = readFolder(project.root, notebookPath);
  const { analysis, disk } = analyseInFolder(folder, notebook, notebookPath, {
    ...options,
    root: project.root,
    read: path => readModule(project.root, path)
  });
  const writes = plannedWrites(folder, analysis, disk, options);
  const removed = vanished(folder, analysis);
  const changes: FileChange[] = writes.map(({ path, after }) => ({
    path: inProject(folder, path),
    change: after === null ? 'remove' : 'write'
  }));
  if (options.check !== true && writes.length > 0) {
    const work = (): Promise<void> => apply(project, folder, writes, removed, notebookPath, options.signal);
    const locks = writes.some(write => write.path === 'dvc.lock');
    await (locks && options.exclusively !== undefined ? options.exclusively(work) : work());
  }
  return {
    analysis,
    problems: [...analysis.problems, ...(await ignoredScripts(project, folder, analysis))],
    changes,
    blocked: analysis.stages.filter(stopped).map(result => result.name)
  };
}

/** A stage that is blocked itself, or waits for one that is, keeps its entry and script as they are (N22g). */
export function stopped(result: StageResult): boolean {
  return result.blocked || result.blockedBy.length > 0;
}

/** Text of a project file, for modules. */
export function readModule(root: string, path: string): string | null {
  return readTextIfSync(join(root, ...path.split('/')));
}

function inProject(folder: Folder, path: string): string {
  return folder.path === '' ? path : `${folder.path}/${path}`;
}

function plannedWrites(
  folder: Folder,
  analysis: Analysis,
  disk: ReadonlyMap<string, StageOnDisk>,
  options: CompileOptions
): Write[] {
  if (isDetached(analysis.problems)) {
    return [];
  }
  const ready = analysis.stages.filter(result => !stopped(result));
  const gone = removable(folder, analysis);
  const writes: Write[] = [];
  const put = (path: string, after: string | null, before = readTextIfSync(join(folder.dir, path))): void => {
    if (before !== after) {
      writes.push({ path, before, after });
    }
  };
  if (ready.length > 0 || folder.owned.size > 0) {
    put(`${CELLAR}/.gitignore`, '!*\n/*/vars/\n/*/outputs/\n');
    put(`${CELLAR}/.gitattributes`, '* -text linguist-generated\n');
    const runner = readTextIfSync(join(folder.dir, RUNNER));
    if (runner === null || semanticsOf(runner) <= semanticsOf(options.runner)) {
      put(RUNNER, options.runner, runner);
    }
  }
  for (const result of ready) {
    put(result.paths.script, result.script);
  }
  paramWrites(folder, analysis, options, put);
  put('dvc.yaml', pipelineText(folder, ready, gone, disk), folder.pipeline);
  if (folder.lock !== null) {
    put('dvc.lock', lockText(folder.lock, gone), folder.lock);
  }
  gone.forEach(name => put(stagePaths(folder.slug, name).script, null));
  return writes;
}

function semanticsOf(runner: string): number {
  return Number(/^SEMANTICS\s*=\s*(\d+)/m.exec(runner)?.[1] ?? 0);
}

function pipelineText(
  folder: Folder,
  ready: readonly StageResult[],
  gone: readonly string[],
  disk: ReadonlyMap<string, StageOnDisk>
): string | null {
  let text = folder.pipeline;
  for (const name of gone) {
    text = text === null ? null : removeStage(text, name);
  }
  for (const name of circular(folder, ready)) {
    text = text === null ? null : removeStage(text, name);
  }
  for (const result of ready) {
    const owned = folder.owned.get(result.name);
    const facts = disk.get(result.name);
    const entry =
      owned !== undefined && facts?.keeps === true
        ? keptEntry(owned.entry, owned.meta, facts, result)
        : buildEntry(result, folder.notebook, owned?.entry ?? null, facts?.old ?? null);
    if (owned === undefined || !same(owned.entry, entry)) {
      text = setStage(text ?? '', result.name, entry);
    }
  }
  return text;
}

/** Entries that an earlier compile wrote with a folder as dep that holds their own outs: with one of them no stage can run. */
function circular(folder: Folder, ready: readonly StageResult[]): string[] {
  const written = new Set(ready.map(result => result.name));
  return [...folder.owned]
    .filter(([name]) => !written.has(name))
    .filter(([, { entry }]) => {
      const { deps, outs } = ownedPart(entry, null, folder.slug);
      return deps.some(dep => outs.some(out => holds(dep, out.path)));
    })
    .map(([name]) => name);
}

/** The user's entry, with the note that it was looked at (N7). */
function keptEntry(entry: ValueMap, meta: OwnMeta, facts: StageOnDisk, result: StageResult): ValueMap {
  const old = entry.get('meta');
  const own = isMapping(old) ? old.get('cellar') : undefined;
  const kept: ValueMap = new Map<string, Value>([
    ['mine', facts.old === null ? meta.made : madeHash(facts.old)],
    ['made', madeHash(madeOf(result))]
  ]);
  const cellar: ValueMap = new Map([...(isMapping(own) ? own : []), ['kept', kept]]);
  return new Map([...entry, ['meta', new Map([...(isMapping(old) ? old : []), ['cellar', cellar]])]]);
}

function same(left: Value, right: Value): boolean {
  return pythonJson(left, { sortKeys: true }) === pythonJson(right, { sortKeys: true });
}

function lockText(text: string, gone: readonly string[]): string {
  return gone.reduce((now, name) => removeLockEntry(now, name), text);
}

/** Entries of this notebook whose stage no cell has any more (N5); none while a tag cannot be read. */
function removable(folder: Folder, analysis: Analysis): string[] {
  const unsure = analysis.problems.some(problem => problem.code === 'E_TAG' || problem.code === 'E_STAGE_NAME');
  const names = new Set(analysis.stages.map(result => result.name));
  return unsure ? [] : [...folder.owned.keys()].filter(name => !names.has(name));
}

/** Folders and recorded outputs of removed stages, relative to the notebook's folder. */
function vanished(folder: Folder, analysis: Analysis): string[] {
  return removable(folder, analysis).flatMap(name => {
    const paths = stagePaths(folder.slug, name);
    return [paths.vars, paths.outputs];
  });
}

function paramWrites(
  folder: Folder,
  analysis: Analysis,
  options: CompileOptions,
  put: (path: string, after: string, before?: string | null) => void
): void {
  if (analysis.params.length === 0 && folder.mirrored === null) {
    return;
  }
  const file: ValueMap = new Map(folder.paramValues);
  const mirrored: ValueMap = new Map();
  let changed = false;
  const others = otherParams(folder);
  for (const { param, kind } of analysis.drifts) {
    const other = others.get(param.key);
    // A key that another notebook holds with another value is refused (N31): nothing is written for it, unless it was before.
    if (other !== undefined && !pyEqual(other.value, param.value) && !folder.mirroredValues.has(param.key)) {
      continue;
    }
    const wins = kind === 'cell' || options.write?.has(param.name) === true;
    if (wins && kind !== 'same') {
      file.set(param.key, param.value);
      changed = true;
    }
    const last = wins || kind === 'same' ? param.value : folder.mirroredValues.get(param.key);
    if (last !== undefined) {
      mirrored.set(param.key, last);
    }
  }
  if (changed) {
    put('params.yaml', folder.params === null ? printYaml(file) : patchYaml(folder.params, file), folder.params);
  }
  if (mirrored.size > 0 || folder.mirrored !== null) {
    put(`${CELLAR}/${folder.slug}/params.json`, `${pythonJson(mirrored, { sortKeys: true })}\n`, folder.mirrored);
  }
}

/** Scripts first, entries last: an entry never names a script that is not there. Removed stages go the other way. */
async function apply(
  project: CompileProject,
  folder: Folder,
  writes: readonly Write[],
  removed: readonly string[],
  notebookPath: string,
  signal: AbortSignal | undefined
): Promise<void> {
  const paths = [...writes.map(write => write.path), ...removed].map(path => join(folder.dir, path));
  const release = await acquireRwLock(project.tmpDir, {
    cmd: `cellar compile ${notebookPath}`,
    read: [],
    write: paths,
    signal
  });
  try {
    for (const { path, before, after } of writes.filter(write => write.after !== null)) {
      publishFile(join(folder.dir, path), after ?? '', { expect: before });
    }
    // What an untagged stage made may have taken hours: it waits in the trash (I3).
    const gone = [...writes.filter(write => write.after === null).map(write => write.path), ...removed];
    openTrash(project.tmpDir, newOperation('untag')).moveAll(gone.map(path => join(folder.dir, path)));
  } finally {
    await release();
  }
}

/** N11: scripts that git ignores are missing from every clone. */
async function ignoredScripts(project: CompileProject, folder: Folder, analysis: Analysis): Promise<Problem[]> {
  if (project.git === null || analysis.stages.length === 0) {
    return [];
  }
  const paths = [RUNNER, 'dvc.yaml', 'dvc.lock', ...analysis.stages.map(result => result.paths.script)];
  const ignored = await project.git.ignoredAmong(paths.map(path => join(folder.dir, path)));
  return paths
    .filter(path => ignored.has(join(folder.dir, path)))
    .map(path => ignoredProblem(inProject(folder, path), analysis.notebook));
}
