import { CellarError } from '../protocol/errors.js';
import type { RequestResult } from '../protocol/wire.js';
import type { NotebookEdit } from '../protocol/analysis.js';
import type { Analysis } from '../notebook/context.js';
import { analyseText } from './analysing.js';
import type { Document } from './documents.js';

/** Rounds of "what is still missing"; each tags at least one cell more. */
const ROUNDS = 50;

/**
 * *Tag the cells this needs* (N21): tags for every cell that the stage needs, transitively, as one list and one undo step.
 * Each round takes the compiler's first fix for every missing name and looks again.
 */
export async function neededCells(
  document: Document,
  root: string | null,
  stage: string
): Promise<RequestResult<'notebook/needs'>> {
  const edits = new Map<number, TagEdit>();
  let cells = document.cells;
  for (let round = 0; round < ROUNDS; round += 1) {
    const analysis = await analyseText(document, root, { cells, metadata: document.metadata });
    if (round === 0 && !analysis.stages.some(each => each.name === stage)) {
      throw new CellarError('E_NO_STAGE', `There is no stage '${stage}' in this notebook.`);
    }
    const wanted = missingTags(analysis, stage).filter(edit => !edits.has(edit.cell));
    if (wanted.length === 0) {
      break;
    }
    for (const edit of wanted) {
      edits.set(edit.cell, edit);
    }
    cells = cells.map((cell, index) => (edits.has(index) ? { ...cell, tag: edits.get(index)?.tag } : cell));
  }
  const sorted = [...edits.values()].sort((a, b) => a.cell - b.cell);
  return { edits: sorted, cells: sorted.flatMap(edit => row(document, edit)) };
}

type TagEdit = Extract<NotebookEdit, { edit: 'tag' }>;

function missingTags(analysis: Analysis, stage: string): TagEdit[] {
  const found = new Map<number, TagEdit>();
  for (const problem of analysis.problems.filter(each => each.stage === stage && each.code === 'E_BOUND_IN_SCRATCH')) {
    for (const edit of problem.fixes[0]?.edits ?? []) {
      if (edit.edit === 'tag' && edit.tag !== null && !found.has(edit.cell)) {
        found.set(edit.cell, edit);
      }
    }
  }
  return [...found.values()];
}

function row(document: Document, edit: TagEdit): RequestResult<'notebook/needs'>['cells'] {
  const role = edit.tag?.role;
  if (role === undefined || role === 'exclude') {
    return [];
  }
  const source = document.cells[edit.cell]?.source ?? '';
  return [
    {
      cell: edit.cell,
      begins: source.split('\n').find(line => line.trim() !== '') ?? '',
      makes: makes(source),
      role,
      stage: edit.tag?.stage ?? null
    }
  ];
}

/** Names that a cell binds at its top level, for the eye: assignments, definitions and imports at the start of a line. */
function makes(source: string): string[] {
  const names = [
    ...source.matchAll(/^(?:(?:async )?def (\w+)|class (\w+)|import (\w+)|(\w+)(?:\s*,\s*\w+)*\s*=(?!=))/gm)
  ];
  return [...new Set(names.flatMap(hit => hit.slice(1).filter(name => name !== undefined)))];
}
