/** What a loop goes over, where the text tells: literal lists and dicts, `range`, `enumerate`, `zip` (N23). */
import { argumentsOf } from './python/calls.js';
import { pathValues, type Known } from './python/paths.js';
import { calleeName, dotted } from './python/sharing.js';
import type { Py } from './python/tree.js';
import type { Local, ScanNames, Where } from './scan-names.js';

/** One round of a loop: its possible values, and those of its parts where it is unpacked. */
export interface Item {
  values: readonly Known[] | null;
  parts: Item[] | null;
}

/** Rounds of loops that are followed in one statement. */
export const MOST_ROUNDS = 256;

const UNKNOWN: Item = { values: null, parts: null };
const SAME = new Set(['sorted', 'list', 'tuple', 'set', 'reversed', 'tqdm', 'iter']);

/** The rounds of a loop over `node`; null where they cannot be told. */
export function loopItems(
  names: ScanNames,
  node: Py | undefined,
  local: Local,
  where: Where,
  depth = 0
): Item[] | null {
  if (node === undefined || depth > 6) {
    return null;
  }
  const item = (kid: Py | undefined): Item => itemOf(names, kid, local, where);
  const again = (inner: Py | undefined): Item[] | null => loopItems(names, inner, local, where, depth + 1);
  switch (node.type) {
    case 'list':
    case 'tuple':
    case 'set':
    case 'expression_list':
      return node.kids.some(kid => kid.type === 'list_splat') ? null : node.kids.map(item);
    case 'dictionary':
      return node.kids.map(pair => item(pair.get('key')));
    case 'parenthesized_expression':
      return again(node.kids[0]);
    case 'call':
      return calledItems(names, node, local, where, again);
    case 'identifier':
    case 'attribute': {
      const path = dotted(node);
      if (path === '' || local.has(path.split('.')[0] ?? '')) {
        return null;
      }
      const found = names.definition(path, where);
      return found === null ? null : loopItems(names, found.node, new Map(), found.where, depth + 1);
    }
    default:
      return null;
  }
}

function itemOf(names: ScanNames, node: Py | undefined, local: Local, where: Where): Item {
  if (node === undefined) {
    return UNKNOWN;
  }
  const kids = node.type === 'tuple' || node.type === 'list' ? node.kids : null;
  return {
    values: pathValues(node, names.at(where, local)),
    parts: kids?.map(kid => itemOf(names, kid, local, where)) ?? null
  };
}

function calledItems(
  names: ScanNames,
  node: Py,
  local: Local,
  where: Where,
  again: (inner: Py | undefined) => Item[] | null
): Item[] | null {
  const name = calleeName(node);
  const args = argumentsOf(node).filter(arg => arg.type !== 'keyword_argument');
  const callee = node.get('function');
  if (callee?.type === 'attribute') {
    const map = dictOf(names, callee.get('object'), local, where);
    const item = (kid: Py | undefined): Item => itemOf(names, kid, map?.local ?? local, map?.where ?? where);
    const pairs = map?.node.kids.map(pair => [item(pair.get('key')), item(pair.get('value'))] as const);
    switch (name) {
      case 'items':
        return pairs?.map(pair => ({ values: null, parts: [...pair] })) ?? null;
      case 'values':
        return pairs?.map(([, value]) => value) ?? null;
      case 'keys':
        return pairs?.map(([key]) => key) ?? null;
      default:
        return null;
    }
  }
  if (SAME.has(name)) {
    return again(args[0]);
  }
  if (name === 'range') {
    return numbers(args.map(arg => pathValues(arg, names.at(where, local))));
  }
  if (name === 'enumerate') {
    return (
      again(args[0])?.map((one, index) => ({
        values: null,
        parts: [args.length > 1 ? UNKNOWN : { values: [BigInt(index)], parts: null }, one]
      })) ?? null
    );
  }
  if (name === 'zip') {
    const lists = args.map(again);
    const known = lists.filter(list => list !== null);
    const length = Math.min(...known.map(list => list.length));
    return known.length < lists.length || lists.length === 0
      ? null
      : Array.from({ length }, (_, at) => ({ values: null, parts: known.map(list => list[at] ?? UNKNOWN) }));
  }
  return null;
}

function dictOf(
  names: ScanNames,
  node: Py | undefined,
  local: Local,
  where: Where
): { node: Py; local: Local; where: Where } | null {
  if (node?.type === 'dictionary') {
    return { node, local, where };
  }
  const path = dotted(node);
  const found = path === '' || local.has(path.split('.')[0] ?? '') ? null : names.definition(path, where);
  return found?.node.type === 'dictionary' ? { node: found.node, local: new Map(), where: found.where } : null;
}

function numbers(bounds: (readonly Known[] | null)[]): Item[] | null {
  const given = bounds.map(values => (values?.length === 1 && typeof values[0] === 'bigint' ? values[0] : null));
  if (given.length === 0 || given.includes(null)) {
    return null;
  }
  const [first = 0n, second, step = 1n] = given.filter(one => one !== null);
  const [from, to] = second === undefined ? [0n, first] : [first, second];
  if (step === 0n || (to - from) / step > BigInt(MOST_ROUNDS)) {
    return null;
  }
  const items: Item[] = [];
  for (let at = from; step > 0n ? at < to : at > to; at += step) {
    items.push({ values: [at], parts: null });
  }
  return items;
}
