import { join, relative, sep } from 'node:path';
import { basename, dirname } from 'node:path/posix';
import { existsSync, readdirIfSync } from '../io/files.js';
import type { Stage } from '../pipeline/stage.js';
import type { Problem } from '../protocol/analysis.js';
import { isNotebookStage } from './notebook-executor.js';

/** A notebook and the names of its stages. */
export interface NotebookStages {
  /** Path in the project, POSIX. */
  path: string;
  stages: readonly string[];
}

/** Path in the project of the notebook that an owned stage comes from (N5: `meta.cellar.notebook` is its file name). */
export function notebookOf(stage: Stage, root: string): string | null {
  const meta = stage.meta instanceof Map ? stage.meta.get('cellar') : undefined;
  if (!isNotebookStage(stage) || !(meta instanceof Map)) {
    return null;
  }
  const name = meta.get('notebook');
  const folder = relative(root, stage.file).split(sep).slice(0, -1).join('/');
  return typeof name === 'string' ? (folder === '' ? name : `${folder}/${name}`) : null;
}

/** The notebooks that have entries in the project: those that are there, and those that are not any more. */
export function notebookOwners(
  stages: readonly Stage[],
  root: string
): { there: NotebookStages[]; gone: NotebookStages[] } {
  const owned = new Map<string, string[]>();
  for (const stage of stages) {
    const path = notebookOf(stage, root);
    if (path !== null && stage.name !== null) {
      owned.set(path, [...(owned.get(path) ?? []), stage.name]);
    }
  }
  const all = [...owned].map(([path, names]) => ({ path, stages: names }));
  const isThere = ({ path }: NotebookStages): boolean => existsSync(join(root, ...path.split('/')));
  return { there: all.filter(isThere), gone: all.filter(each => !isThere(each)) };
}

/**
 * N5: is `own` the notebook that was at `from`, in another folder? It is known by its file name and a stage, or by having
 * the very same stages. One renamed in its place is another matter (`E_NOTEBOOK_RENAMED`).
 */
function isMoved(from: NotebookStages, own: NotebookStages): boolean {
  const shared = from.stages.filter(name => own.stages.includes(name)).length;
  const same = shared === from.stages.length && shared === own.stages.length;
  return dirname(from.path) !== dirname(own.path) && shared > 0 && (basename(from.path) === basename(own.path) || same);
}

/** What is to be said of a notebook that came from another folder; null when it did not. */
export function movedProblem(gone: readonly NotebookStages[], own: NotebookStages): Problem | null {
  const from = gone.find(each => isMoved(each, own));
  if (from === undefined) {
    return null;
  }
  const folder = dirname(from.path);
  return {
    code: 'W_NOTEBOOK_MOVED',
    severity: 'warning',
    message:
      `This notebook was \`${from.path}\` and is \`${own.path}\` now: paths count from here, so its stages run anew. ` +
      `${left(from)} left behind.`,
    next: 'Remove what is left there, unless you move the notebook back.',
    notebook: own.path,
    cell: null,
    path: entriesOf(from),
    fixes: [forget(from, `Remove what is left in ${folder === '.' ? 'the old folder' : folder}`)]
  };
}

/**
 * For the panel: stages without a notebook, each said once. In a folder with a notebook that has no stages yet the two may
 * be one (renamed in its place): nothing is offered to be removed then.
 */
export function goneProblems(owners: ReturnType<typeof notebookOwners>, root: string): Problem[] {
  return owners.gone.map(each => {
    const moved = owners.there.map(own => movedProblem([each], own)).find(problem => problem !== null);
    if (moved !== undefined) {
      return moved;
    }
    const renamed = strangers(root, dirname(each.path), owners.there) > 0;
    return {
      code: 'W_NOTEBOOK_GONE',
      severity: 'hint',
      message: `The notebook \`${each.path}\` is gone. ${left(each)} still there.`,
      next: renamed
        ? 'If you renamed it, open it under its new name; else bring it back.'
        : 'Remove them, or bring the notebook back.',
      notebook: null,
      cell: null,
      path: entriesOf(each),
      fixes: renamed ? [] : [forget(each, 'Remove them')]
    };
  });
}

/** Notebooks of a folder that own nothing. */
function strangers(root: string, folder: string, there: readonly NotebookStages[]): number {
  const known = new Set(there.map(({ path }) => path));
  return readdirIfSync(join(root, ...folder.split('/'))).filter(
    name => name.endsWith('.ipynb') && !known.has(folder === '.' ? name : `${folder}/${name}`)
  ).length;
}

function forget({ path }: NotebookStages, label: string): Problem['fixes'][number] {
  return { label, action: { method: 'notebook/forget', params: { notebook: path } } };
}

function entriesOf({ path }: NotebookStages): string {
  return dirname(path) === '.' ? 'dvc.yaml' : `${dirname(path)}/dvc.yaml`;
}

/** *Its stages `load`, `train` in `old/dvc.yaml` are*, before *left behind*. */
function left(from: NotebookStages): string {
  const names = from.stages.map(name => `\`${name}\``).join(', ');
  return from.stages.length === 1
    ? `Its stage ${names} in \`${entriesOf(from)}\` is`
    : `Its stages ${names} in \`${entriesOf(from)}\` are`;
}
