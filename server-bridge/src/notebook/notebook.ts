/** A notebook as the compiler takes it, in the shape in which a tab sends it (`protocol/wire.ts`, `WireCell`). */
import type { Notebook } from '../formats/ipynb.js';
import { CellTag, METADATA_KEY, NotebookTag, isStageName, type Role } from '../protocol/tag.js';

export interface NotebookCell {
  type: 'code' | 'markdown' | 'raw';
  id: string | null;
  source: string;
  /** `cell.metadata.cellar`, unchecked. */
  tag?: unknown;
  /** `metadata.tags`. */
  tags: string[];
}

export interface NotebookText {
  cells: NotebookCell[];
  /** `notebook.metadata.cellar`, unchecked. */
  metadata: unknown;
}

export interface CellRole {
  role: Role | null;
  stage: string | null;
  tag: CellTag | null;
  /** Why the tag cannot be used. */
  error: 'malformed' | 'name' | 'no-name' | null;
}

/** The compiler's view of a parsed notebook file. */
export function fromFile(file: Notebook): NotebookText {
  return {
    metadata: file.metadata[METADATA_KEY],
    cells: file.cells.map(cell => ({
      type: cell.type,
      id: cell.id ?? null,
      source: cell.source,
      tag: cell.metadata[METADATA_KEY],
      tags: Array.isArray(cell.metadata.tags) ? cell.metadata.tags.filter(tag => typeof tag === 'string') : []
    }))
  };
}

/** Role of a code cell (N1, N3); papermill's `parameters` tag counts as params. */
export function roleOf(cell: NotebookCell): CellRole {
  const none: CellRole = { role: null, stage: null, tag: null, error: null };
  if (cell.type !== 'code') {
    return none;
  }
  if (cell.tag === undefined || cell.tag === null) {
    return cell.tags.includes('parameters') ? { ...none, role: 'params' } : none;
  }
  const read = CellTag.safeParse(cell.tag);
  if (!read.success) {
    return { ...none, role: 'exclude', error: 'malformed' };
  }
  const tag = read.data;
  if (tag.role !== 'stage') {
    return { role: tag.role, stage: null, tag, error: null };
  }
  if (tag.stage === undefined || tag.stage === '') {
    return { role: 'exclude', stage: null, tag, error: 'no-name' };
  }
  return isStageName(tag.stage)
    ? { role: 'stage', stage: tag.stage, tag, error: null }
    : { role: 'exclude', stage: tag.stage, tag, error: 'name' };
}

/** The notebook's own tag; null when it has none or a malformed one. */
export function notebookTag(metadata: unknown): { tag: NotebookTag | null; malformed: boolean } {
  if (metadata === undefined || metadata === null) {
    return { tag: null, malformed: false };
  }
  const read = NotebookTag.safeParse(metadata);
  return read.success ? { tag: read.data, malformed: false } : { tag: null, malformed: true };
}
