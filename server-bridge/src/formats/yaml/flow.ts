import { isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Node, YAMLMap, YAMLSeq } from 'yaml';
import { isList, isMapping } from '../value.js';
import type { Scalar, Value, ValueMap } from '../value.js';
import type { Place } from './fold.js';
import { keptScalar } from './kept.js';
import { isPlainText, printScalar } from './print.js';

const WIDTH = 80;

/** A value inside brackets: words that hold `, [ ] { }` need quotes there, and null has a name. */
function flowScalar(value: Scalar, place: Place): string {
  if (value === null) return 'null';
  const risky =
    typeof value === 'string' && isPlainText(value) && (/[,[\]{}]/.test(value) || value === '?' || value === ':');
  return risky ? `'${value}'` : printScalar(value, place);
}

interface Flow {
  out: string;
  column: number;
  indent: number;
  text: string;
  values: Map<Node, Value>;
}

function put(flow: Flow, text: string): void {
  flow.out += text;
  const line = text.lastIndexOf('\n');
  flow.column = line < 0 ? flow.column + [...text].length : [...text.slice(line + 1)].length;
}

/** Starts an item: on a new line once the last one has passed the width. */
function separate(flow: Flow, first: boolean, indent: number): void {
  if (!first) put(flow, ',');
  if (flow.column > WIDTH) put(flow, `\n${' '.repeat(indent)}`);
  else if (!first) put(flow, ' ');
}

function writeValue(flow: Flow, value: Value, node: Node | null, indent: number): void {
  if (isList(value)) writeList(flow, value, isSeq(node) ? node : null, indent);
  else if (isMapping(value)) writeMap(flow, value, isMap(node) ? node : null, indent);
  else {
    const same = isScalar(node) && flow.values.get(node) === value;
    const kept = same ? keptScalar(flow.text, node, indent) : undefined;
    put(flow, kept ?? flowScalar(value, { column: flow.column, indent: indent + 2, split: true }));
  }
}

function writeList(flow: Flow, list: Value[], node: YAMLSeq | null, indent: number): void {
  put(flow, '[');
  for (const [index, value] of list.entries()) {
    separate(flow, index === 0, indent + 2);
    const item = node?.items.length === list.length ? node.items[index] : null;
    writeValue(flow, value, isPair(item) ? null : ((item as Node | null | undefined) ?? null), indent + 2);
  }
  put(flow, ']');
}

function writeMap(flow: Flow, map: ValueMap, node: YAMLMap | null, indent: number): void {
  put(flow, '{');
  const old = (node?.items ?? []).map(pair => flow.values.get(pair.key as Node) as Scalar).filter(key => map.has(key));
  const keys = [...new Set([...old, ...map.keys()])];
  for (const [index, key] of keys.entries()) {
    separate(flow, index === 0, indent + 2);
    put(flow, `${flowScalar(key, { column: flow.column, indent: indent + 2, split: false })}: `);
    const pair = node?.items.find(item => flow.values.get(item.key as Node) === key);
    writeValue(flow, map.get(key) ?? null, (pair?.value as Node | null | undefined) ?? null, indent + 2);
  }
  put(flow, '}');
}

/** A collection in brackets on as few lines as fit, keeping key order and number formats of the old node. */
export function printFlow(
  value: Value[] | ValueMap,
  node: YAMLMap | YAMLSeq | null,
  place: Place,
  source: { text: string; values: Map<Node, Value> }
): string {
  const flow: Flow = { out: '', column: place.column, indent: place.indent, text: source.text, values: source.values };
  writeValue(flow, value, node, place.indent - 2);
  return flow.out;
}
