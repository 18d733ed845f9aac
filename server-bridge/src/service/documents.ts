import { createHash } from 'node:crypto';
import { CellarError } from '../protocol/errors.js';
import type { CellDelta, KernelInfo, WireCell } from '../protocol/wire.js';

/** An open notebook of one tab, as the tab has it in memory (N51). */
export interface Document {
  readonly id: string;
  /** Contents path, for the tab. */
  path: string;
  /** Absolute path of the file. */
  abs: string;
  version: number;
  base: string | null;
  metadata: unknown;
  kernel: KernelInfo;
  cells: WireCell[];
}

/**
 * Applies deltas in the order given; each speaks of the list that the one before it left.
 * @throws CellarError `E_OUT_OF_STEP` when a delta does not fit: the tab then opens the notebook anew
 */
export function applyDeltas(cells: readonly WireCell[], deltas: readonly CellDelta[]): WireCell[] {
  const next = [...cells];
  for (const { start, remove, insert } of deltas) {
    if (start + remove > next.length) {
      throw new CellarError('E_OUT_OF_STEP', 'The bridge and this tab hold different versions of the notebook.', {
        next: 'The tab sends the notebook again by itself.'
      });
    }
    next.splice(start, remove, ...insert);
  }
  return next;
}

/** Two tabs hold the same notebook when sources and tags agree; ids and outputs do not count. */
export function textOf(document: Document): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([document.metadata, document.cells.map(cell => [cell.type, cell.source, cell.tag])]));
  return hash.digest('hex');
}
