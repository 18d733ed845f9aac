import { isList, isMapping, pythonTypeName } from '../../formats/value.js';
import type { Value, ValueMap } from '../../formats/value.js';
import type { Context } from './context.js';
import { parsing, templateError } from './fail.js';
import { resolveNode, resolveValue } from './interpolate.js';
import type { ResolveOptions } from './interpolate.js';
import { toNode } from './node.js';
import type { MapNode, Node, Origin } from './node.js';
import { pythonText } from './text.js';

/** One generated stage: the text after `@`, and the names that its template sees. */
export interface Iteration {
  key: string;
  names: Map<string, Node>;
}

/** Most stages that one pipeline file may unfold to (guide/reliability.md §2). */
export const MAX_GENERATED = 10_000;

/** A value that was written in `dvc.yaml` itself and has no origin in a file. */
const LOCAL: Origin = { source: undefined, path: [], local: true };

/** Iteration data: nodes of the context keep their origin, literals are resolved part by part. */
type Data = { node: Node } | { literal: Value };

function resolveData(context: Context, value: Value, options: ResolveOptions): Data {
  const node = typeof value === 'string' ? resolveNode(context, value, options) : undefined;
  return node ? { node } : { literal: resolveValue(context, value, options) };
}

const toNodeOf = (data: Data): Node => ('node' in data ? data.node : toNode(data.literal, LOCAL));

function isComposite(data: Data): boolean {
  return 'node' in data ? data.node.kind !== 'leaf' : isList(data.literal) || isMapping(data.literal);
}

/** Text of a key: a literal boolean is `true`, one that comes from the context is `True`, as DVC happens to print them. */
function keyText(data: Data): string {
  if ('node' in data) return data.node.kind === 'leaf' ? pythonText(data.node.value) : '';
  return typeof data.literal === 'boolean' ? String(data.literal) : pythonText(data.literal);
}

function nodeItems(node: Node): Data[] {
  return node.kind === 'list' ? node.items.map(item => ({ node: item })) : [];
}

function typeOf(data: Data): string {
  if ('literal' in data) return pythonTypeName(data.literal);
  return data.node.kind === 'leaf' ? pythonTypeName(data.node.value) : data.node.kind === 'list' ? 'list' : 'dict';
}

function warnIfShadowed(context: Context, group: string, names: string[]): void {
  const taken = names.filter(name => context.root.entries.has(name));
  if (taken.length === 0) return;
  const verb = taken.length === 1 ? 'is' : 'are';
  context.warn(
    `${taken.join(' and ')} ${verb} already specified, will be overwritten for stages generated from '${group}'`
  );
}

function mappingEntries(data: Data): [string, Data][] | undefined {
  if ('node' in data) {
    return data.node.kind === 'map'
      ? [...data.node.entries].map(([key, node]): [string, Data] => [key, { node }])
      : undefined;
  }
  return isMapping(data.literal)
    ? [...data.literal].map(([key, literal]): [string, Data] => [keyText({ literal: key }), { literal }])
    : undefined;
}

/** Later equal keys win but keep the first place, as in a Python dict. */
function unique(iterations: Iteration[]): Iteration[] {
  return [...new Map(iterations.map(iteration => [iteration.key, iteration])).values()];
}

export interface GroupPlace {
  group: string;
  file: string;
}

function resolveItems(
  context: Context,
  value: Value,
  options: ResolveOptions
): Data | { items: Data[] } | { entries: [string, Data][] } {
  // A literal collection is resolved item by item, so that an item `${x}` keeps where it comes from.
  if (isList(value)) return { items: value.map(item => resolveData(context, item, options)) };
  if (isMapping(value)) {
    const entries = [...value].map(([key, item]): [string, Data] => [
      keyText(resolveData(context, key, options)),
      resolveData(context, item, options)
    ]);
    return { entries };
  }
  return resolveData(context, value, options);
}

/** The stages that `foreach` generates (spec/dvc-pipelines.md §1.6). */
export function foreachIterations(
  context: Context,
  value: Value,
  place: GroupPlace,
  options: ResolveOptions
): Iteration[] {
  const { group, file } = place;
  const resolved = parsing(`'stages.${group}.foreach'`, file, group, () => resolveItems(context, value, options));
  const entries = 'entries' in resolved ? resolved.entries : 'items' in resolved ? undefined : mappingEntries(resolved);
  if (entries) {
    warnIfShadowed(context, group, ['item', 'key']);
    return unique(
      entries.map(([key, item]) => ({
        key,
        names: new Map<string, Node>([
          ['item', toNodeOf(item)],
          ['key', toNode(key, LOCAL)]
        ])
      }))
    );
  }
  const items = 'items' in resolved ? resolved.items : listItems(resolved as Data);
  if (!items) {
    const words = `expected list/dictionary, got ${typeOf(resolved as Data)}`;
    throw templateError(file, `failed to resolve 'stages.${group}.foreach' in '${file}': ${words}`, group);
  }
  warnIfShadowed(context, group, ['item']);
  const byIndex = items.some(isComposite);
  return unique(
    items.map((item, index) => ({
      key: byIndex ? String(index) : keyText(item),
      names: new Map([['item', toNodeOf(item)]])
    }))
  );
}

function listItems(data: Data): Data[] | undefined {
  if ('node' in data) return data.node.kind === 'list' ? nodeItems(data.node) : undefined;
  return isList(data.literal) ? data.literal.map(literal => ({ literal })) : undefined;
}

/** Choices of one matrix key. A text counts letter by letter and a mapping by its keys, as Python iterates them. */
function choices(context: Context, value: Value, options: ResolveOptions): Data[] | undefined {
  if (isList(value)) return value.map(item => resolveData(context, item, options));
  const data = resolveData(context, value, options);
  if ('node' in data) {
    if (data.node.kind === 'map') return [...data.node.entries.keys()].map(literal => ({ literal }));
    return data.node.kind === 'list' ? nodeItems(data.node) : undefined;
  }
  return typeof data.literal === 'string' ? [...data.literal].map(literal => ({ literal })) : listItems(data);
}

interface Combination {
  fragments: string[];
  chosen: [string, Node][];
}

function extend(combinations: Combination[], key: string, options: Data[]): Combination[] {
  return combinations.flatMap(({ fragments, chosen }) =>
    options.map((option, index): Combination => ({
      fragments: [...fragments, isComposite(option) ? `${key}${index}` : keyText(option)],
      chosen: [...chosen, [key, toNodeOf(option)]]
    }))
  );
}

/** The stages of a `matrix`: the product of its choices, last key fastest. */
export function matrixIterations(
  context: Context,
  matrix: ValueMap,
  place: GroupPlace,
  options: ResolveOptions
): Iteration[] {
  const { group, file } = place;
  let combinations: Combination[] = [{ fragments: [], chosen: [] }];
  for (const [rawKey, value] of matrix) {
    const [key, found] = parsing(`'stages.${group}.matrix'`, file, group, () => [
      pythonText(resolveValue(context, rawKey, options)),
      choices(context, value, options)
    ]);
    if (!found) {
      throw templateError(
        file,
        `failed to resolve 'stages.${group}.matrix.${key}' in '${file}': expected a list`,
        group
      );
    }
    if (combinations.length * found.length > MAX_GENERATED) throw tooMany(file, group);
    combinations = extend(combinations, key, found);
  }
  warnIfShadowed(context, group, ['key', 'item']);
  return unique(
    combinations.map(({ fragments, chosen }) => {
      const key = fragments.join('-');
      const item: MapNode = { kind: 'map', entries: new Map(chosen), origin: LOCAL };
      return {
        key,
        names: new Map<string, Node>([
          ['key', toNode(key, LOCAL)],
          ['item', item]
        ])
      };
    })
  );
}

export function tooMany(file: string, group: string) {
  return templateError(file, `'${group}' in '${file}' unfolds to more than ${MAX_GENERATED} stages`, group);
}
