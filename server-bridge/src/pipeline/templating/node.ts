import { DateValue, OpaqueValue, isList, isMapping, pythonTypeName } from '../../formats/value.js';
import type { Value, ValueMap } from '../../formats/value.js';
import { TemplateFailure } from './failure.js';

/** Where a value of the context comes from: a file or an inline `vars` item, and its dotted place there. */
export interface Origin {
  source: string | undefined;
  path: string[];
  /** True for inline values; only values of files are tracked. */
  local: boolean;
}

export interface ListNode {
  kind: 'list';
  items: Node[];
  origin: Origin;
}
export interface MapNode {
  kind: 'map';
  entries: Map<string, Node>;
  origin: Origin;
}
/** A single value; `unsupported` marks one that no template may use, such as a bare date. */
export interface LeafNode {
  kind: 'leaf';
  value: Value;
  origin: Origin;
  unsupported: boolean;
}
export type Node = LeafNode | ListNode | MapNode;

const below = (origin: Origin, key: string): Origin => ({ ...origin, path: [...origin.path, key] });

/** A value with the origin of each of its parts. Keys that are no text cannot be addressed and are dropped. */
export function toNode(value: Value, origin: Origin): Node {
  if (isList(value)) {
    return { kind: 'list', items: value.map((item, index) => toNode(item, below(origin, String(index)))), origin };
  }
  if (isMapping(value)) return toMapNode(value, origin);
  return { kind: 'leaf', value, origin, unsupported: value instanceof DateValue || value instanceof OpaqueValue };
}

export function toMapNode(map: ValueMap, origin: Origin): MapNode {
  const entries = new Map<string, Node>();
  for (const [key, item] of map) if (typeof key === 'string') entries.set(key, toNode(item, below(origin, key)));
  return { kind: 'map', entries, origin };
}

/** The value without its origins. Throws for a part that templates cannot carry. */
export function fromNode(node: Node): Value {
  if (node.kind === 'list') return node.items.map(fromNode);
  if (node.kind === 'map') return new Map([...node.entries].map(([key, item]) => [key, fromNode(item)]));
  if (node.unsupported) throw unsupported(node);
  return node.value;
}

export function placeOf(origin: Origin): string {
  return `${origin.source ?? '<local>'}:${origin.path.join('.')}`;
}

export function unsupported(node: LeafNode): TemplateFailure {
  return new TemplateFailure(
    'load',
    `Unsupported value of type '${pythonTypeName(node.value)}' in '${placeOf(node.origin)}'`
  );
}

/** Leaves that plain DVC stumbles over, whether used or not. */
export function unsupportedLeaves(node: Node): LeafNode[] {
  if (node.kind === 'list') return node.items.flatMap(unsupportedLeaves);
  if (node.kind === 'map') return [...node.entries.values()].flatMap(unsupportedLeaves);
  return node.unsupported ? [node] : [];
}

/** An own copy of the mappings, so that merging into it leaves the first untouched; lists are never merged and are shared. */
export function copyMap(node: MapNode): MapNode {
  const entries = [...node.entries].map(([key, item]): [string, Node] => [
    key,
    item.kind === 'map' ? copyMap(item) : item
  ]);
  return { kind: 'map', entries: new Map(entries), origin: node.origin };
}
