import { isAlias, isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import type { Alias, Document, Node, ParsedNode, Scalar as ScalarNode, YAMLMap, YAMLSeq } from 'yaml';
import { type CellarError } from '../../protocol/errors.js';
import { DateValue, OpaqueValue, isMapping } from '../value.js';
import type { Scalar, Value, ValueMap } from '../value.js';
import { MAX_ALIAS_GROWTH, MAX_DEPTH, yamlProblem } from './problem.js';
import { parseYamlFloat, parseYamlInt, plainKind, resolvePlain } from './resolve.js';

/** Characters that may not stand in a YAML text as they are. */
const UNPRINTABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

const TAG = 'tag:yaml.org,2002:';

/** What one read carries along: the text for places in messages, anchors already built, and how much aliases added. */
interface Reading {
  text: string;
  file: string;
  document: Document.Parsed;
  anchors: Map<string, { value: Value; size: number }>;
  open: Set<string>;
  /** Value of each node, when the caller wants them. */
  values: Map<Node, Value> | undefined;
  written: number;
  expanded: number;
}

/** The parsed document with positions, syntax checked; numbers and tags are not resolved yet. */
export function parseSyntax(text: string, file: string): Document.Parsed {
  const odd = UNPRINTABLE.exec(text);
  if (odd) throw yamlProblem(text, file, 'Special characters are not allowed', odd.index);
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      version: '1.2',
      schema: 'failsafe',
      uniqueKeys: false,
      // With 'silent' a second document would be passed over without a word.
      logLevel: 'error',
      prettyErrors: false
    });
  } catch (error) {
    if (error instanceof RangeError) throw yamlProblem(text, file, 'Nested too deeply', 0);
    throw error;
  }
  const [problem] = document.errors;
  if (problem) throw yamlProblem(text, file, problem.message, problem.pos[0]);
  return document;
}

function fail(reading: Reading, node: Node, words: string): CellarError {
  return yamlProblem(reading.text, reading.file, words, node.range?.[0] ?? 0);
}

function buildScalar(reading: Reading, node: ScalarNode): Scalar {
  const text = typeof node.value === 'string' ? node.value : '';
  const plain = node.type === 'PLAIN' || node.type === undefined;
  try {
    if (node.tag === undefined || node.tag === '?' || node.tag === '!') return plain ? resolvePlain(text) : text;
    switch (node.tag) {
      case `${TAG}str`:
        return text;
      case `${TAG}int`:
        return parseYamlInt(text);
      case `${TAG}float`:
        return parseYamlFloat(text);
      case `${TAG}bool`:
        return ['true', 'yes', 'y', 'on'].includes(text.toLowerCase());
      case `${TAG}null`:
        return null;
      case `${TAG}timestamp`:
        return new DateValue(text);
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw fail(reading, node, error.message);
    throw error;
  }
  throw fail(reading, node, `Could not determine a constructor for the tag '${node.tag}'`);
}

/** Python's equality of mapping keys: `1`, `1.0` and `true` are one key. */
function keyIdentity(key: Scalar): string {
  if (typeof key === 'boolean') return `n${Number(key)}`;
  if (typeof key === 'bigint') return `n${key}`;
  if (typeof key === 'number') return Number.isInteger(key) ? `n${BigInt(key)}` : `f${key}`;
  if (key === null) return 'null';
  return key instanceof DateValue || key instanceof OpaqueValue ? `d${key.text}` : `s${key}`;
}

function readKey(reading: Reading, key: unknown, depth: number): Scalar {
  if (key === null || key === undefined) return null;
  const value = build(reading, key as Node, depth);
  if (value !== null && (Array.isArray(value) || isMapping(value))) {
    throw fail(reading, key as Node, 'A mapping key must be a single value');
  }
  return value;
}

function isMergeKey(key: unknown): boolean {
  return (
    isScalar(key) &&
    key.type === 'PLAIN' &&
    key.tag === undefined &&
    typeof key.value === 'string' &&
    plainKind(key.value) === 'merge'
  );
}

function mergeSources(reading: Reading, node: Node, value: Value): ValueMap[] {
  const sources = Array.isArray(value) ? [...value].reverse() : [value];
  return sources.map(source => {
    if (!isMapping(source)) throw fail(reading, node, 'Expected a mapping or list of mappings for merging');
    return source;
  });
}

function buildMap(reading: Reading, node: YAMLMap, depth: number): ValueMap {
  const own = new Map<string, [Scalar, Value]>();
  const merged: ValueMap[] = [];
  const merges = node.items.filter(pair => isMergeKey(pair.key));
  if (merges.length > 1) throw fail(reading, node, 'Found duplicate merge key "<<"');
  for (const pair of node.items) {
    const value = pair.value === null ? null : build(reading, pair.value as Node, depth + 1);
    if (isMergeKey(pair.key)) {
      merged.push(...mergeSources(reading, pair.key as Node, value));
      continue;
    }
    // `=` is a mark only as a value; as a key it is a word.
    const key = isScalar(pair.key) && pair.key.value === '=' ? '=' : readKey(reading, pair.key, depth + 1);
    const identity = keyIdentity(key);
    if (own.has(identity) && merges.length === 0) {
      throw fail(
        reading,
        pair.key as Node,
        `Found duplicate key "${typeof key === 'object' && key !== null ? key.text : String(key)}"`
      );
    }
    own.set(identity, [own.get(identity)?.[0] ?? key, value]);
  }
  if (merged.length === 0) return new Map(own.values());
  const all = new Map<string, [Scalar, Value]>();
  for (const source of merged)
    for (const [key, value] of source) all.set(keyIdentity(key), [all.get(keyIdentity(key))?.[0] ?? key, value]);
  for (const [identity, [key, value]] of own) all.set(identity, [all.get(identity)?.[0] ?? key, value]);
  return new Map(all.values());
}

function buildSeq(reading: Reading, node: YAMLSeq, depth: number): Value[] {
  return node.items.map(item => {
    // A flow pair `[a: 1]` is a mapping of one entry.
    if (isPair(item)) {
      const value = item.value === null ? null : build(reading, item.value as Node, depth + 1);
      return new Map([[readKey(reading, item.key, depth + 1), value]]);
    }
    return build(reading, item as Node, depth + 1);
  });
}

function buildAlias(reading: Reading, node: Alias): Value {
  const target = reading.anchors.get(node.source);
  if (!target) {
    const words = reading.open.has(node.source) ? 'refers to itself' : 'is not defined';
    throw fail(reading, node, `The anchor '${node.source}' ${words}`);
  }
  reading.expanded += target.size;
  if (reading.expanded > Math.max(10_000, reading.written * MAX_ALIAS_GROWTH)) {
    throw fail(reading, node, 'The aliases of this file unfold to too many values');
  }
  return target.value;
}

function build(reading: Reading, node: Node | null, depth: number): Value {
  if (node === null) return null;
  if (depth > MAX_DEPTH) throw fail(reading, node, `Nested deeper than ${MAX_DEPTH} levels`);
  if (isAlias(node)) {
    const value = buildAlias(reading, node);
    reading.values?.set(node, value);
    return value;
  }
  reading.written++;
  reading.expanded++;
  const before = reading.expanded;
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor !== undefined) {
    reading.anchors.delete(anchor);
    reading.open.add(anchor);
  }
  let value: Value;
  if (isScalar(node)) value = buildScalar(reading, node);
  else if (isMap(node)) value = buildMap(reading, node, depth);
  else if (isSeq(node)) value = buildSeq(reading, node, depth);
  else throw fail(reading, node, 'Unknown kind of node');
  reading.values?.set(node, value);
  if (anchor !== undefined) {
    reading.open.delete(anchor);
    reading.anchors.set(anchor, { value, size: reading.expanded - before + 1 });
  }
  return value;
}

/** The value of a parsed document; `{}` for an empty one, as DVC reads it. `values` is filled with the value of each node. */
export function documentValue(document: Document.Parsed, text: string, file: string, values?: Map<Node, Value>): Value {
  const reading: Reading = {
    text,
    file,
    document,
    anchors: new Map(),
    values,
    open: new Set(),
    written: 0,
    expanded: 0
  };
  const contents: ParsedNode | null = document.contents;
  const value = build(reading, contents, 0);
  const empty = value === null || value === false || value === '' || value === 0n || value === 0;
  return empty || (Array.isArray(value) && value.length === 0) ? new Map() : value;
}
