import { posix } from 'node:path';
import { isMapping, pythonTypeName } from '../../formats/value.js';
import type { Value, ValueMap } from '../../formats/value.js';
import { normalizeKey } from './expression.js';
import { TemplateFailure } from './failure.js';
import { copyMap, fromNode, placeOf, toMapNode, unsupported, unsupportedLeaves } from './node.js';
import type { MapNode, Node } from './node.js';

/** What stands at a path that a template names: nothing, a folder, or a file with its value. */
export type ParamsRead = { kind: 'missing' } | { kind: 'folder' } | { kind: 'file'; value: Value };

/** Reads a parameter file; `path` is POSIX and relative to the same folder as the name of the pipeline file. */
export type ReadParams = (path: string) => ParamsRead;

/** File → dotted key → value of what a stage took from files. */
export type Tracked = Map<string, ValueMap>;

export interface Context {
  root: MapNode;
  /** Files loaded so far; `null` stands for the whole file, a list for some of its keys. */
  imports: Map<string, string[] | null>;
  reserved: Set<string>;
  tracked: Tracked | undefined;
  warn: (message: string) => void;
}

export function newContext(warn: (message: string) => void): Context {
  const root: MapNode = { kind: 'map', entries: new Map(), origin: { source: undefined, path: [], local: true } };
  return { root, imports: new Map(), reserved: new Set(), tracked: undefined, warn };
}

/** A context that can take stage `vars` without changing the first. */
export function cloneContext(context: Context): Context {
  const imports = [...context.imports].map(([path, keys]): [string, string[] | null] => [path, keys && [...keys]]);
  return { ...context, root: copyMap(context.root), imports: new Map(imports), reserved: new Set(context.reserved) };
}

function mergeInto(into: MapNode, update: MapNode): void {
  for (const [key, value] of update.entries) {
    const old = into.entries.get(key);
    if (old?.kind === 'map' && value.kind === 'map') mergeInto(old, value);
    else if (old !== undefined) {
      const { origin } = value;
      throw new TemplateFailure(
        'merge',
        `cannot redefine '${origin.path.join('.')}' from '${origin.source}' as it already exists in '${old.origin.source ?? 'None'}'`
      );
    } else into.entries.set(key, value.kind === 'map' ? copyMap(value) : value);
  }
}

function mergeUpdate(context: Context, update: MapNode, item?: string): void {
  const taken = [...context.reserved].filter(key => update.entries.has(key));
  if (taken.length > 0) {
    const words = `attempted to modify reserved key${taken.length > 1 ? 's' : ''} ${taken.join(' and ')}`;
    throw new TemplateFailure('reserved', item === undefined ? words : `${words} in '${item}'`);
  }
  mergeInto(context.root, update);
}

function checkLoaded(imported: string[] | null, item: string, keys: string[] | null): void {
  const twice = imported !== null && (keys === null || keys.some(key => imported.includes(key)));
  if (twice) throw new TemplateFailure('loaded', `cannot load '${item}' as it's partially loaded already`);
  if (keys !== null && imported === null) {
    throw new TemplateFailure('loaded', `cannot partially load '${item}' as it's already loaded.`);
  }
}

function loadFile(context: Context, read: ReadParams, path: string, keys: string[] | null): MapNode {
  const found = read(path);
  if (found.kind === 'missing') throw new TemplateFailure('load', `'${path}' does not exist`);
  if (found.kind === 'folder') throw new TemplateFailure('load', `'${path}' is a directory`);
  const { value } = found;
  if (!isMapping(value)) {
    throw new TemplateFailure('load', `expected a dictionary, got '${pythonTypeName(value)}' in file '${path}'`);
  }
  let map = value;
  if (keys !== null) {
    const missing = keys.find(key => !value.has(key));
    if (missing !== undefined) throw new TemplateFailure('load', `could not find '${missing}' in '${path}'`);
    map = new Map(keys.map(key => [key, value.get(key) ?? null]));
  }
  const node = toMapNode(map, { source: path, path: [], local: false });
  for (const leaf of unsupportedLeaves(node)) {
    context.warn(
      `Unsupported value of type '${pythonTypeName(leaf.value)}' in '${placeOf(leaf.origin)}': dvc refuses this project`
    );
  }
  return node;
}

/** Loads `path` or `path:key1,key2` from the folder `folder` into the context. */
export function loadItem(context: Context, read: ReadParams, item: string, folder: string): void {
  const colon = item.indexOf(':');
  const keysText = colon < 0 ? '' : item.slice(colon + 1);
  const path = posix.normalize(posix.join(folder, colon < 0 ? item : item.slice(0, colon)));
  const named = keysText.split(',').filter(key => key !== '');
  // `path:` and `path:,` name no key and load the whole file.
  const keys = named.length > 0 ? named : null;
  const imported = context.imports.get(path);
  if (imported !== undefined) {
    if (imported === null && keys === null) return;
    checkLoaded(imported, item, keys);
  }
  mergeUpdate(context, loadFile(context, read, path, keys), item);
  if (imported === undefined) context.imports.set(path, keys);
  else if (keys) imported?.push(...keys);
}

/** Loads a `vars` section: files by name, inline mappings as they are (spec/dvc-pipelines.md §1.5). */
export function loadVars(
  context: Context,
  read: ReadParams,
  vars: readonly Value[],
  folder: string,
  stage?: string
): void {
  for (const [index, item] of vars.entries()) {
    if (typeof item === 'string') loadItem(context, read, item, folder);
    else if (isMapping(item)) {
      const source = `${stage === undefined ? '' : `${stage}.`}vars[${index}]`;
      mergeUpdate(context, toMapNode(item, { source, path: [], local: true }));
    }
  }
}

function step(node: Node, segment: string): Node | undefined {
  if (node.kind === 'map') return node.entries.get(segment);
  if (node.kind !== 'list' || !/^[-+]?\d+(?:_\d+)*$/.test(segment)) return undefined;
  const index = Number(segment.replaceAll('_', ''));
  return node.items[index < 0 ? node.items.length + index : index];
}

function track(context: Context, node: Node): void {
  const { source, local, path } = node.origin;
  // A mapping is used through its parts and is not tracked itself, as in DVC.
  if (!context.tracked || local || source === undefined || node.kind === 'map') return;
  const file: ValueMap = context.tracked.get(source) ?? new Map<string, Value>();
  context.tracked.set(source, file);
  file.set(path.join('.'), fromNode(node));
}

/** The node at a dotted key. Throws `Could not find '…'`. */
export function select(context: Context, key: string): Node {
  let node: Node | undefined = context.root;
  for (const segment of normalizeKey(key).split('.')) {
    node = node && step(node, segment.trim());
  }
  if (node === undefined) throw new TemplateFailure('missing', `Could not find '${key}'`);
  if (node.kind === 'leaf' && node.unsupported) throw unsupported(node);
  track(context, node);
  return node;
}

/** Runs `work` with some names set over the context and reserved, and puts the old ones back. */
export function withNames<T>(context: Context, names: Map<string, Node>, work: () => T): T {
  const { entries } = context.root;
  const before = [...names.keys()].map((name): [string, Node | undefined] => [name, entries.get(name)]);
  const added = [...names.keys()].filter(name => !context.reserved.has(name));
  for (const [name, node] of names) entries.set(name, node);
  for (const name of added) context.reserved.add(name);
  try {
    return work();
  } finally {
    for (const name of added) context.reserved.delete(name);
    for (const [name, node] of before) {
      if (node === undefined) entries.delete(name);
      else entries.set(name, node);
    }
  }
}
