import { isAlias, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { pyEqual } from '../params.js';
import { isList, isMapping } from '../value.js';
import type { Scalar, Value, ValueMap } from '../value.js';
import { chunkAfter, commentLines } from './comments.js';
import type { Chunk } from './comments.js';
import { printFlow } from './flow.js';
import { printKeyText, printScalar, printYaml } from './print.js';
import { documentValue, parseSyntax } from './read.js';
import { keptScalar } from './kept.js';

/** The text being patched, its values by node, and the text written so far. */
interface Patch {
  text: string;
  values: Map<Node, Value>;
  out: string;
}

/** A value to write, and the node that stood in its place. */
interface Slot {
  value: Value;
  node: Node | null;
  /** What followed the old value, or the key or dash of an old block. */
  chunk: Chunk | undefined;
}

const column = (patch: Patch): number => [...patch.out.slice(patch.out.lastIndexOf('\n') + 1)].length;

function put(patch: Patch, text: string): void {
  patch.out += text;
}

/** Ends a line with the old comment at its old column, or one blank away, and the lines that followed it. */
function putChunk(patch: Patch, chunk: Chunk | undefined): void {
  if (chunk?.comment) {
    put(patch, ' '.repeat(Math.max(1, chunk.comment.column - column(patch))) + chunk.comment.text);
  }
  if (!patch.out.endsWith('\n')) put(patch, '\n');
  if (chunk) put(patch, chunk.lines);
}

const isBlockNode = (node: Node | null): node is YAMLMap | YAMLSeq =>
  (isMap(node) || isSeq(node)) && !node.flow && node.items.length > 0;
const isContainer = (value: Value): value is Value[] | ValueMap => isList(value) || isMapping(value);
const isFilled = (value: Value): boolean => (isList(value) ? value.length > 0 : isMapping(value) && value.size > 0);

/** The old node when the new value goes into it: same kind, or an equal single value. */
function keeps(patch: Patch, node: Node | null, value: Value): boolean {
  if (node === null) return value === null;
  const old = patch.values.get(node) ?? null;
  if (isList(value)) return isList(old);
  if (isMapping(value)) return isMapping(old);
  return !isContainer(old) && pyEqual(old, value);
}

function properties(node: Node | null): string {
  if (!isMap(node) && !isSeq(node)) return '';
  return (
    (node.anchor === undefined ? '' : `&${node.anchor} `) +
    (node.tag === undefined || node.tag.startsWith('tag:yaml.org') ? '' : `${node.tag} `)
  );
}

/** A list whose length changed is replaced whole, and its comments with it, as DVC does. */
function itemNodes(node: Node | null, value: Value[]): (Node | null)[] {
  const items = isSeq(node) && node.items.length === value.length ? node.items : [];
  return value.map((_, index) => {
    const item = items[index];
    return item === undefined || item === null || isPair(item) ? null : (item as Node);
  });
}

function writeLeaf(patch: Patch, { value, node, chunk }: Slot, indent: number): void {
  const start = column(patch);
  const kept = node !== null && keeps(patch, node, value) ? keptScalar(patch.text, node, indent) : undefined;
  if (kept !== undefined) put(patch, kept);
  else if (isContainer(value)) {
    if (keeps(patch, node, value)) put(patch, properties(node));
    put(
      patch,
      printFlow(value, isMap(node) || isSeq(node) ? node : null, { column: start, indent, split: true }, patch)
    );
  } else put(patch, printScalar(value, { column: start, indent, split: true }));
  putChunk(patch, chunk);
}

/** Writes a value at the current column; a block collection starts on this line. */
function writeInline(patch: Patch, slot: Slot, indent: number): void {
  if (!isBlock(patch, slot)) writeLeaf(patch, slot, indent);
  else if (isList(slot.value)) writeList(patch, slot.value, slot.node, indent);
  else if (isMapping(slot.value)) writeMap(patch, slot.value, slot.node, indent);
}

/** True when the value is written as lines: a filled collection that was not in flow style before, and no alias. */
function isBlock(patch: Patch, { value, node }: Slot): boolean {
  if (!isFilled(value)) return false;
  const kept = node !== null && keeps(patch, node, value);
  return !(kept && (isAlias(node) || ((isMap(node) || isSeq(node)) && node.flow === true && node.items.length > 0)));
}

function writeList(patch: Patch, list: Value[], node: Node | null, indent: number): void {
  const nodes = itemNodes(node, list);
  for (const [index, value] of list.entries()) {
    if (index > 0 || column(patch) < indent) put(patch, ' '.repeat(indent - column(patch)));
    put(patch, '- ');
    const item = nodes[index] ?? null;
    const chunk = item === null ? undefined : isBlockNode(item) ? chunkBefore(patch, item) : chunkBehind(patch, item);
    if (chunk && (isBlockNode(item) || chunk.comment) && isBlock(patch, { value, node: item, chunk })) {
      patch.out = patch.out.trimEnd();
      putChunk(patch, chunk);
      put(patch, ' '.repeat(indent + 2));
    }
    writeInline(patch, { value, node: item, chunk }, indent + 2);
  }
}

/** A comment between a dash or colon and the block below it. */
function chunkBefore(patch: Patch, node: Node): Chunk | undefined {
  const start = node.range?.[0] ?? 0;
  const head = patch.text.lastIndexOf('\n', start - 1);
  if (head < 0 || patch.text.slice(head + 1, start).trim() !== '') return undefined;
  // Comment lines belong to what stands above them: go up to the line of the dash or colon.
  let line = head;
  while (line > 0) {
    const above = patch.text.lastIndexOf('\n', line - 1);
    const content = patch.text.slice(above + 1, line).trim();
    if (content !== '' && !content.startsWith('#')) break;
    line = above;
  }
  const above = patch.text.lastIndexOf('\n', line - 1);
  const text = patch.text.slice(above + 1, line);
  const mark = /^(?:[^#"']|"(?:[^"\\]|\\.)*"|'[^']*')*?[:-](?=[ \t]*(?:[&!]\S+[ \t]*)*(?:#|$))/.exec(text);
  return mark
    ? chunkAfter(
        patch.text,
        above +
          1 +
          mark[0].length +
          (/^[ \t]*(?:[&!]\S+[ \t]*)*/.exec(text.slice(mark[0].length))?.[0].trimEnd().length ?? 0)
      )
    : undefined;
}

function chunkBehind(patch: Patch, node: Node): Chunk | undefined {
  const end = node.range?.[1] ?? 0;
  const isBlockText = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
  if (isBlockText) return { ...commentLines(patch.text, end) };
  return chunkAfter(patch.text, end);
}

function findPairs(node: Node | null, patch: Patch): [Scalar, Pair][] {
  if (!isMap(node)) return [];
  return node.items.map(pair => {
    const key = pair.key === null ? null : (patch.values.get(pair.key as Node) ?? null);
    return [isContainer(key) ? null : key, pair];
  });
}

/** What followed the old value of a pair; a pair without a value ends at its colon. */
function pairChunk(patch: Patch, pair: Pair): Chunk | undefined {
  const value = pair.value as Node | null;
  if (value !== null && isBlockNode(value)) return chunkBefore(patch, value);
  if (value?.range && value.range[1] > value.range[0]) return chunkBehind(patch, value);
  const key = pair.key as Node | null;
  const colon = patch.text.indexOf(':', key?.range?.[1] ?? 0);
  return chunkAfter(patch.text, colon + 1);
}

function writeMap(patch: Patch, map: ValueMap, node: Node | null, indent: number): void {
  const old = findPairs(node, patch).filter(([key]) => map.has(key));
  const known = new Set(old.map(([key]) => key));
  const fresh = [...map.keys()]
    .filter(key => !known.has(key))
    .map((key): [Scalar, Pair | undefined] => [key, undefined]);
  let first = true;
  for (const [key, pair] of [...old, ...fresh]) {
    if (!first || column(patch) < indent) put(patch, ' '.repeat(indent - column(patch)));
    first = false;
    const value = map.get(key) ?? null;
    const slot: Slot = {
      value,
      node: (pair?.value as Node | null | undefined) ?? null,
      chunk: pair && pairChunk(patch, pair)
    };
    put(patch, `${printKeyText(key, indent)}:`);
    writeAfterKey(patch, slot, indent);
  }
}

function writeAfterKey(patch: Patch, slot: Slot, indent: number): void {
  const { value, node, chunk } = slot;
  const kept = keeps(patch, node, value);
  if (!isBlock(patch, slot)) {
    if (value !== null || (kept && isAlias(node))) put(patch, ' ');
    // Comment lines above the first item of a block go with the block, unless they continue a comment of the key.
    const own = isBlockNode(node) && !kept && !chunk?.comment ? undefined : chunk;
    writeLeaf(patch, { value, node, chunk: own }, indent + 2);
    return;
  }
  const marks = kept ? properties(node).trimEnd() : '';
  if (marks !== '') put(patch, ` ${marks}`);
  putChunk(patch, chunk);
  if (isList(value)) writeList(patch, value, kept ? node : null, indent);
  else if (isMapping(value)) writeMap(patch, value, kept ? node : null, indent + 2);
}

/**
 * YAML text changed to hold `value`, the way DVC patches a file that people may have edited (spec/dvc-data.md §2.3):
 * comments, order and number formats of what stays are kept, new keys go to the end of their mapping, lists of another
 * length are replaced, dashes move to the column of their key. Throws `E_YAML_INVALID` when `text` is no YAML.
 */
export function patchYaml(text: string, value: Value): string {
  const source = text.replace(/\r\n?/g, '\n');
  const document = parseSyntax(source, 'file');
  const values = new Map<Node, Value>();
  const old = documentValue(document, source, 'file', values);
  const { contents } = document;
  if (
    contents === null ||
    !isBlockNode(contents) ||
    !keeps({ text: source, values, out: '' }, contents, value) ||
    !isFilled(value)
  )
    return printYaml(value);
  const patch: Patch = { text: source, values, out: headLines(source) };
  writeInline(patch, { value, node: contents, chunk: undefined }, 0);
  // Whatever a strange layout did, the file must say what it shall say.
  if (old === undefined || !samePatched(patch.out, value)) return printYaml(value);
  return patch.out;
}

/** Comments above the first key; a blank first line is dropped, as DVC drops it. */
function headLines(text: string): string {
  return commentLines(text, 0).lines.replace(/^[ \t]*\n/, '');
}

function samePatched(text: string, value: Value): boolean {
  try {
    return pyEqual(documentValue(parseSyntax(text, 'file'), text, 'file'), value);
  } catch {
    return false;
  }
}
