/** Applies edits to a notebook in memory, as the browser does, and finds the cells that a stage still needs (N21). */
import type { NotebookEdit } from '../protocol/analysis.js';
import { analyse } from './analyse.js';
import type { AnalysisContext } from './context.js';
import type { NotebookCell, NotebookText } from './notebook.js';
import { tagEdit } from './problems.js';
import { parseCell } from './python/cell.js';

export function applyEdits(notebook: NotebookText, edits: readonly NotebookEdit[]): NotebookText {
  const cells = notebook.cells.map(cell => ({ ...cell }));
  let metadata = notebook.metadata;
  for (const edit of edits) {
    if (edit.edit === 'metadata') {
      const old = typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>) : {};
      metadata = Object.fromEntries(
        Object.entries({ ...old, [edit.key]: edit.value }).filter(([, value]) => value !== null)
      );
    } else {
      applyToCells(cells, edit);
    }
  }
  return { cells, metadata };
}

function applyToCells(cells: NotebookCell[], edit: Exclude<NotebookEdit, { edit: 'metadata' }>): void {
  const cell = cells[edit.cell];
  switch (edit.edit) {
    case 'tag':
      if (cell !== undefined) {
        cell.tag = edit.tag ?? undefined;
      }
      return;
    case 'source':
      if (cell !== undefined) {
        cell.source = edit.source;
      }
      return;
    case 'insert':
      cells.splice(edit.cell, 0, { type: 'code', id: null, source: edit.source, tag: edit.tag ?? undefined, tags: [] });
      return;
    case 'move':
      cells.splice(edit.to, 0, ...cells.splice(edit.cell, 1));
  }
}

export interface NeededCell {
  cell: number;
  /** First line of its source. */
  begins: string;
  /** Names that it makes. */
  makes: string[];
  role: 'stage' | 'setup';
  stage: string | null;
}

/**
 * *Tag the cells this needs*: the untagged cells that bind what the stage reads, and what those read, until nothing is
 * missing. The edits are one undo step; nothing is applied here.
 */
export function cellsNeeded(
  notebook: NotebookText,
  context: AnalysisContext,
  stage: string
): { cells: NeededCell[]; edits: NotebookEdit[] } {
  const edits: NotebookEdit[] = [];
  const cells: NeededCell[] = [];
  let now = notebook;
  for (let round = 0; round < notebook.cells.length; round++) {
    const edit = nextEdit(now, context, stage);
    if (edit === null) {
      break;
    }
    edits.push(edit);
    now = applyEdits(now, [edit]);
    const source = notebook.cells[edit.cell]?.source ?? '';
    cells.push({
      cell: edit.cell,
      begins: source.split('\n').find(line => line.trim() !== '') ?? '',
      makes: [...new Set(parseCell(source).statements.flatMap(statement => [...statement.facts.may]))],
      role: edit.tag?.role === 'stage' ? 'stage' : 'setup',
      stage: edit.tag?.stage ?? null
    });
  }
  return { cells, edits };
}

type TagEdit = Extract<NotebookEdit, { edit: 'tag' }>;

/** The first tag edit among the fixes of what the stage lacks; setup that turns out to read a stage's value joins the stage. */
function nextEdit(notebook: NotebookText, context: AnalysisContext, stage: string): TagEdit | null {
  const problems = analyse(notebook, context).problems.filter(
    problem => problem.stage === stage && problem.severity === 'error'
  );
  for (const problem of problems) {
    if (problem.code === 'E_BOUND_IN_SCRATCH') {
      const found = problem.fixes.flatMap(fix => fix.edits ?? []).find(edit => edit.edit === 'tag');
      if (found !== undefined) {
        return found;
      }
    }
    if ((problem.code === 'E_SETUP_READS_STAGE' || problem.code === 'E_SETUP_WRITES') && problem.cell !== null) {
      return tagEdit(notebook, problem.cell, 'stage', stage) as TagEdit;
    }
  }
  return null;
}
