import { isList, isMapping, keyText, pythonTypeName } from '../../formats/value.js';
import type { Value, ValueMap } from '../../formats/value.js';
import type { Context } from './context.js';
import { parsing, templateError } from './fail.js';
import { TemplateFailure } from './failure.js';
import { resolveNode, resolveText } from './interpolate.js';
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

/** A piece of iteration data, and whether it was written in `dvc.yaml` itself. */
interface Data {
  node: Node;
  literal: boolean;
}

/** Data resolved part by part; what one whole expression stands for keeps its origin. */
function resolveData(context: Context, value: Value, options: ResolveOptions): Data {
  const node = typeof value === 'string' ? resolveNode(context, value, options) : undefined;
  return node ? { node, literal: false } : { node: literalNode(context, value, options), literal: true };
}

function literalNode(context: Context, value: Value, options: ResolveOptions): Node {
  if (isList(value))
    return { kind: 'list', items: value.map(item => resolveData(context, item, options).node), origin: LOCAL };
  if (isMapping(value)) {
    const entries = mappingEntries(context, value, options).map(([key, { node }]): [string, Node] => [key, node]);
    return { kind: 'map', entries: new Map(entries), origin: LOCAL };
  }
  return toNode(typeof value === 'string' ? resolveText(context, value, options) : value, LOCAL);
}

/** Text of a key: a boolean written in `dvc.yaml` is `true`, one that comes from a file is `True`, as DVC happens to print them. */
function nameOf({ node, literal }: Data): string {
  if (node.kind !== 'leaf') return '';
  return literal && typeof node.value === 'boolean' ? String(node.value) : pythonText(node.value);
}

function mappingEntries(context: Context, map: ValueMap, options: ResolveOptions): [string, Data][] {
  return [...map].map(([key, item]): [string, Data] => {
    const name = resolveData(context, key, options);
    if (!name.literal) throw new TemplateFailure('syntax', `A whole expression cannot be a key: ${keyText(key)}`);
    return [nameOf(name), resolveData(context, item, options)];
  });
}

function typeOf(node: Node): string {
  if (node.kind === 'leaf') return pythonTypeName(node.value);
  return node.kind === 'list' ? 'list' : 'dict';
}

function warnIfShadowed(context: Context, group: string, names: string[]): void {
  const taken = names.filter(name => context.root.entries.has(name));
  if (taken.length === 0) return;
  const verb = taken.length === 1 ? 'is' : 'are';
  context.warn(
    `${taken.join(' and ')} ${verb} already specified, will be overwritten for stages generated from '${group}'`
  );
}

export interface GroupPlace {
  group: string;
  file: string;
}

/** Later equal keys win but keep the first place, as in a Python dict. An empty key could never be named. */
function unique(iterations: Iteration[], { group, file }: GroupPlace): Iteration[] {
  if (iterations.some(({ key }) => key === '')) {
    throw templateError(file, `'${group}' in '${file}' generates a stage without a name`, group);
  }
  return [...new Map(iterations.map(iteration => [iteration.key, iteration])).values()];
}

interface ForeachData {
  entries?: [string, Data][];
  items?: Data[];
  other?: Node;
}

function foreachData(context: Context, value: Value, options: ResolveOptions): ForeachData {
  // Written collections are taken apart here, so that each item keeps where it comes from.
  if (isMapping(value)) return { entries: mappingEntries(context, value, options) };
  if (isList(value)) return { items: value.map(item => resolveData(context, item, options)) };
  const { node } = resolveData(context, value, options);
  if (node.kind === 'map') {
    return { entries: [...node.entries].map(([key, item]): [string, Data] => [key, { node: item, literal: false }]) };
  }
  return node.kind === 'list' ? { items: node.items.map(item => ({ node: item, literal: false })) } : { other: node };
}

/** The stages that `foreach` generates (spec/dvc-pipelines.md §1.6). */
export function foreachIterations(
  context: Context,
  value: Value,
  place: GroupPlace,
  options: ResolveOptions
): Iteration[] {
  const { group, file } = place;
  const { entries, items, other } = parsing(`'stages.${group}.foreach'`, file, group, () =>
    foreachData(context, value, options)
  );
  if (entries) {
    warnIfShadowed(context, group, ['item', 'key']);
    return unique(
      entries.map(([key, { node }]) => ({
        key,
        names: new Map([
          ['item', node],
          ['key', toNode(key, LOCAL)]
        ])
      })),
      place
    );
  }
  if (!items) {
    const words = `expected list/dictionary, got ${other ? typeOf(other) : 'NoneType'}`;
    throw templateError(file, `failed to resolve 'stages.${group}.foreach' in '${file}': ${words}`, group);
  }
  warnIfShadowed(context, group, ['item']);
  const byIndex = items.some(({ node }) => node.kind !== 'leaf');
  const iterations = items.map((item, index) => ({
    key: byIndex ? String(index) : nameOf(item),
    names: new Map([['item', item.node]])
  }));
  return unique(iterations, place);
}

/** Choices of one matrix key. A text counts letter by letter and a mapping by its keys, as Python iterates them. */
function choices(context: Context, value: Value, options: ResolveOptions): Data[] | undefined {
  if (isList(value)) return value.map(item => resolveData(context, item, options));
  const { node, literal } = resolveData(context, value, options);
  const written = (text: string): Data => ({ node: toNode(text, LOCAL), literal: true });
  if (node.kind === 'map') return [...node.entries.keys()].map(written);
  if (node.kind === 'list') return node.items.map(item => ({ node: item, literal: false }));
  return literal && typeof node.value === 'string' ? [...node.value].map(written) : undefined;
}

interface Combination {
  fragments: string[];
  chosen: [string, Node][];
}

function extend(combinations: Combination[], key: string, options: Data[]): Combination[] {
  return combinations.flatMap(({ fragments, chosen }) =>
    options.map((option, index): Combination => ({
      fragments: [...fragments, option.node.kind === 'leaf' ? nameOf(option) : `${key}${index}`],
      chosen: [...chosen, [key, option.node]]
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
    const [key, found] = parsing(`'stages.${group}.matrix'`, file, group, (): [string, Data[] | undefined] => [
      nameOf(resolveData(context, rawKey, options)),
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
  const iterations = combinations.map(({ fragments, chosen }) => {
    const key = fragments.join('-');
    const item: MapNode = { kind: 'map', entries: new Map(chosen), origin: LOCAL };
    return {
      key,
      names: new Map<string, Node>([
        ['key', toNode(key, LOCAL)],
        ['item', item]
      ])
    };
  });
  return unique(iterations, place);
}

export function tooMany(file: string, group: string) {
  return templateError(file, `'${group}' in '${file}' unfolds to more than ${MAX_GENERATED} stages`, group);
}
