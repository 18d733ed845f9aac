import type { CellDelta, WireCell } from '../../server-bridge/src/protocol/wire.js';
import { type CellTag, readTag } from '../stages/tags.js';
import { sameJson } from './wirecells.js';

/** Cells that Lab made one: the tags that they had, in order, and the one that is left (N4). */
export interface IMerge {
  readonly tags: readonly (CellTag | null)[];
  readonly kept: CellTag | null;
}

/**
 * The merge that a change of the list of cells is, when the tags differed; null for any other change. Lab tells nobody of a
 * merge: it is known by its trace, one new cell that holds the sources of those that went, in their order.
 */
export function mergeIn(before: readonly WireCell[], delta: CellDelta): IMerge | null {
  const gone = before.slice(delta.start, delta.start + delta.remove);
  const [made] = delta.insert;
  if (made === undefined || delta.insert.length !== 1 || gone.length < 2 || gone.some(cell => cell.id === made.id)) {
    return null;
  }
  let from = 0;
  for (const { source } of gone) {
    const at = made.source.indexOf(source, from);
    if (at < 0) {
      return null;
    }
    from = at + source.length;
  }
  const tags = gone.filter(cell => cell.type === 'code').map(cell => readTag(cell.tag));
  const kept = readTag(made.tag);
  return tags.every(tag => sameJson(tag, kept)) ? null : { tags, kept };
}
