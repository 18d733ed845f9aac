/** Problems and the fixes that stand beside them as buttons. */
import type { Fix, NotebookEdit, Problem } from '../protocol/analysis.js';
import type { CellTag, Role } from '../protocol/tag.js';
import type { NotebookText } from './notebook.js';

export interface ProblemFacts {
  code: string;
  message: string;
  next?: string;
  severity?: Problem['severity'];
  cell: number | null;
  /** Row in the cell, from 0. */
  row?: number;
  stage?: string;
  path?: string;
  fixes?: Fix[];
}

/** Collects the problems of one analysis; the same sentence at the same place is kept once. */
export class Problems {
  readonly list: Problem[] = [];
  /** Stages that an error blocks. */
  readonly blocked = new Set<string>();
  private readonly seen = new Set<string>();

  constructor(private readonly notebook: string) {}

  add(facts: ProblemFacts): void {
    const severity = facts.severity ?? 'error';
    if (severity === 'error' && facts.stage !== undefined) {
      this.blocked.add(facts.stage);
    }
    const key = `${facts.code}|${facts.cell ?? ''}|${facts.message}`;
    if (this.seen.has(key)) {
      return;
    }
    this.seen.add(key);
    const problem: Problem = {
      code: facts.code,
      severity,
      message: facts.message,
      notebook: this.notebook,
      cell: facts.cell,
      fixes: facts.fixes ?? []
    };
    if (facts.next !== undefined) {
      problem.next = facts.next;
    }
    if (facts.row !== undefined) {
      problem.line = facts.row + 1;
    }
    if (facts.stage !== undefined) {
      problem.stage = facts.stage;
    }
    if (facts.path !== undefined) {
      problem.path = facts.path;
    }
    this.list.push(problem);
  }
}

/** How a message names a cell. */
export function cellName(index: number): string {
  return `cell ${index + 1}`;
}

/** Sets role and stage of a cell, keeping what else its tag holds. */
export function tagEdit(notebook: NotebookText, cell: number, role: Role, stage?: string): NotebookEdit {
  const old = notebook.cells[cell];
  const kept = old?.tag !== null && typeof old?.tag === 'object' ? (old.tag as Record<string, unknown>) : {};
  const { stage: _, role: __, ...rest } = kept;
  const tag: CellTag = role === 'stage' ? { ...rest, role, stage } : { ...rest, role };
  return { edit: 'tag', cell, id: old?.id ?? null, tag };
}

export function moveEdit(notebook: NotebookText, cell: number, to: number): NotebookEdit {
  return { edit: 'move', cell, id: notebook.cells[cell]?.id ?? null, to };
}

/** Replaces the cell's rows `from`..`to` (inclusive) by `text`; null removes them. */
export function rowsEdit(
  notebook: NotebookText,
  cell: number,
  from: number,
  to: number,
  text: string | null
): NotebookEdit {
  const lines = (notebook.cells[cell]?.source ?? '').split('\n');
  lines.splice(from, to - from + 1, ...(text === null ? [] : [text]));
  return { edit: 'source', cell, id: notebook.cells[cell]?.id ?? null, source: lines.join('\n') };
}

/** Takes rows out of a cell into a new setup cell above it: *move to setup*. */
export function moveToSetup(notebook: NotebookText, cell: number, from: number, to: number): Fix {
  const lines = (notebook.cells[cell]?.source ?? '').split('\n');
  const moved = lines.slice(from, to + 1).join('\n');
  return {
    label: 'Move to setup',
    edits: [rowsEdit(notebook, cell, from, to, null), { edit: 'insert', cell, source: moved, tag: { role: 'setup' } }]
  };
}
