import type { CellTag, Role } from './tags.js';

/** What a cell carries on screen. */
export interface ICellPlace {
  readonly role: Role;
  /** Name of the stage; empty for other roles and for a stage cell without a name. */
  readonly stage: string;
  /** Position in its stage, from 1, and the number of the stage's cells. */
  readonly nth: number;
  readonly of: number;
}

/**
 * Where the cells of each stage stand, in notebook order: the first carries the chip, the others a bar with the name.
 * `tags` has one entry a cell, null for untagged ones.
 */
export function placeCells(tags: readonly (Pick<CellTag, 'role' | 'stage'> | null)[]): (ICellPlace | null)[] {
  const total = new Map<string, number>();
  for (const tag of tags) {
    if (tag?.role === 'stage') {
      total.set(tag.stage ?? '', (total.get(tag.stage ?? '') ?? 0) + 1);
    }
  }
  const seen = new Map<string, number>();
  return tags.map(tag => {
    if (tag === null) {
      return null;
    }
    if (tag.role !== 'stage') {
      return { role: tag.role, stage: '', nth: 1, of: 1 };
    }
    const stage = tag.stage ?? '';
    const nth = (seen.get(stage) ?? 0) + 1;
    seen.set(stage, nth);
    return { role: tag.role, stage, nth, of: total.get(stage) ?? 1 };
  });
}
