import { posix, relative, sep } from 'node:path';
import type { Analysis, StageResult } from '../notebook/context.js';
import type { NotebookText } from '../notebook/notebook.js';
import { definitionToSetup } from '../notebook/move-definition.js';
import { tagEdit } from '../notebook/problems.js';
import type { Fix, NotebookEdit } from '../protocol/analysis.js';
import type { ErrorData } from '../protocol/errors.js';

export interface FailedStage {
  analysis: Analysis;
  notebook: NotebookText;
  /** Absolute root of the project. */
  root: string;
  stage: StageResult;
  /** The cell where it failed. */
  cell: number | null;
}

/** What helps against what only a run can find, as buttons (N26, N28, N29, N37, N42): runner and engine say what they met. */
export function failureFixes({ code, data, at }: ErrorData, failed: FailedStage): Fix[] {
  const path = at?.path === undefined ? null : relative(failed.root, at.path).split(sep).join('/');
  switch (code) {
    case 'E_OUT_TRACKED_BY_GIT':
      return path === null
        ? []
        : [{ label: `Stop tracking ${path} in git`, action: { method: 'git/untrack', params: { path } } }];
    case 'E_MISSING_DEP':
      return path === null ? [] : [exclude(failed, path)];
    case 'E_UNDECLARED_INTERMEDIATE': {
      const folder = posix.dirname(failed.analysis.notebook);
      return typeof data?.['path'] === 'string' ? [addDeps(failed, [posix.relative(folder, data['path'])])] : [];
    }
    case 'E_UNDECLARED_MODULE': {
      const modules: unknown = data?.['modules'];
      const paths = Array.isArray(modules) ? modules.filter(path => typeof path === 'string') : [];
      return paths.length === 0 ? [] : [addDeps(failed, paths)];
    }
    case 'E_UNSAVABLE':
      return typeof data?.['variable'] === 'string' ? unsavable(failed, data['variable']) : [];
    case 'E_WORKER_NAME': {
      const name = data?.['name'];
      const move = typeof name === 'string' ? definitionToSetup(failed.notebook, failed.stage.cells, name) : null;
      return move === null ? [] : [move];
    }
    default:
      return [];
  }
}

function addDeps({ notebook, stage }: FailedStage, paths: readonly string[]): Fix {
  const edits = [listInTag(notebook, stage, 'deps', paths)];
  return { label: `Add ${paths.join(', ')} to the inputs of ${stage.name}`, edits };
}

/** The code may do without the file: what is excluded is no dep (N2). */
function exclude({ analysis, notebook, stage }: FailedStage, path: string): Fix {
  const shown = posix.relative(posix.dirname(analysis.notebook), path);
  return {
    label: `Exclude ${shown} from the inputs of ${stage.name}`,
    edits: [listInTag(notebook, stage, 'ignore', [shown])]
  };
}

/** Adds paths, relative to the notebook's folder, to a list in the tag of the stage's first cell (N2). */
export function listInTag(
  notebook: NotebookText,
  stage: StageResult,
  list: 'deps' | 'ignore',
  paths: readonly string[]
): NotebookEdit {
  const edit = tagEdit(notebook, stage.cells[0] ?? 0, 'stage', stage.name);
  if (edit.edit === 'tag' && edit.tag !== null) {
    edit.tag = { ...edit.tag, [list]: [...new Set([...(edit.tag[list] ?? []), ...paths])] };
  }
  return edit;
}

function unsavable({ analysis, notebook, stage, cell }: FailedStage, variable: string): Fix[] {
  const reader = analysis.stages.find(one =>
    one.inputs.some(input => input.kind === 'variable' && input.name === variable && input.how === stage.name)
  );
  const merge = (reader?.cells ?? []).map(index => tagEdit(notebook, index, 'stage', stage.name));
  return [
    ...(reader === undefined ? [] : [{ label: `Merge ${reader.name} into ${stage.name}`, edits: merge }]),
    ...(cell === null ? [] : [{ label: 'Make it in setup', edits: [tagEdit(notebook, cell, 'setup')] }])
  ];
}
