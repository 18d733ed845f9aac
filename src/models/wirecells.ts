import type { CellDelta, WireCell } from '../../server-bridge/src/protocol/wire.js';

/** Whether two JSON values are equal, whatever the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) {
    return true;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return false;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(key => Object.hasOwn(b, key) && sameJson(Reflect.get(a, key), Reflect.get(b, key)))
  );
}

/** Whether the bridge would see two cells as the same. */
export function sameCell(a: WireCell, b: WireCell): boolean {
  return (
    a.type === b.type && a.id === b.id && a.source === b.source && sameJson(a.tag, b.tag) && sameJson(a.tags, b.tags)
  );
}

/**
 * The change from one list of cells to the next as at most one delta: what is common at both ends stays (N51).
 * Returns null when nothing changed.
 */
export function cellDelta(before: readonly WireCell[], after: readonly WireCell[]): CellDelta | null {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && sameCell(before[start]!, after[start]!)) {
    start += 1;
  }
  let end = 0;
  while (end < shorter - start && sameCell(before[before.length - 1 - end]!, after[after.length - 1 - end]!)) {
    end += 1;
  }
  const remove = before.length - start - end;
  const insert = after.slice(start, after.length - end);
  return remove === 0 && insert.length === 0 ? null : { start, remove, insert };
}
