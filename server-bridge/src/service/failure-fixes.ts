import { posix } from 'node:path';
import type { Analysis, StageResult } from '../notebook/context.js';
import type { NotebookText } from '../notebook/notebook.js';
import { tagEdit } from '../notebook/problems.js';
import type { Fix, NotebookEdit } from '../protocol/analysis.js';
import type { ErrorData } from '../protocol/errors.js';

export interface FailedStage {
  analysis: Analysis;
  notebook: NotebookText;
  stage: StageResult;
  /** The cell where it failed. */
  cell: number | null;
}

/** What helps against what only a run can find, as buttons (N26, N28, N37): the runner says what it met. */
export function failureFixes({ code, data }: ErrorData, failed: FailedStage): Fix[] {
  switch (code) {
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
    default:
      return [];
  }
}

function addDeps({ notebook, stage }: FailedStage, paths: readonly string[]): Fix {
  const edits = [listInTag(notebook, stage, 'deps', paths)];
  return { label: `Add ${paths.join(', ')} to the inputs of ${stage.name}`, edits };
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
