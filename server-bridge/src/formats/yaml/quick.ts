import type { Scalar, Value, ValueMap } from '../value.js';
import { MAX_DEPTH } from './problem.js';
import { plainKind, resolvePlain } from './resolve.js';

/** Thrown inside when the text holds anything that this reader does not understand. */
class Unusual extends Error {}

interface Line {
  /** Offsets into the text: of the line, of its first character that is no blank, and of its end. */
  start: number;
  from: number;
  end: number;
  indent: number;
}

interface Cursor {
  text: string;
  at: number;
  line: Line | undefined;
  /** Reads one entry's text in full generality; throws for anything wrong. */
  slow: (text: string) => Value;
}

const SPACE = 32;
const HASH = 35;
const DASH = 45;
const NEWLINE = 10;

/** First characters that need the full reader, in a value; quotes and empty brackets are looked at closer. */
const MARKS = new Set([...'&*!|>%@`,]}?']);
const KEY = /[A-Za-z_./0-9][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+-]+)*(?=:(?:[ \n]|$))/y;
const ODD = /[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\ud800-\udfff]/;

/** Moves to the next line that is neither blank nor a comment. */
function advance(cursor: Cursor): void {
  const { text } = cursor;
  cursor.line = undefined;
  while (cursor.at < text.length) {
    const start = cursor.at;
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    cursor.at = newline < 0 ? end : newline + 1;
    let from = start;
    while (from < end && text.charCodeAt(from) === SPACE) from++;
    if (from === end || text.charCodeAt(from) === HASH) continue;
    cursor.line = { start, from, end, indent: from - start };
    return;
  }
}

/** Without the blanks at the end; other white space is text. */
function trimBlanks(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === SPACE) end--;
  return end === text.length ? text : text.slice(0, end);
}

function isDash(text: string, from: number, end: number): boolean {
  return text.charCodeAt(from) === DASH && (from + 1 === end || text.charCodeAt(from + 1) === SPACE);
}

/** Text of a plain or simply quoted value on one line. */
function readScalar(text: string): Scalar | Value[] | ValueMap {
  const first = text[0] ?? '';
  if (first === "'") {
    const body = text.slice(1, -1);
    if (text.length < 2 || !text.endsWith("'") || body.replaceAll("''", '').includes("'")) throw new Unusual();
    return body.replaceAll("''", "'");
  }
  if (first === '"') {
    const body = text.slice(1, -1);
    if (text.length < 2 || !text.endsWith('"') || /["\\]/.test(body)) throw new Unusual();
    return body;
  }
  if (text === '[]') return [];
  if (text === '{}') return new Map();
  checkPlain(text);
  try {
    return resolvePlain(text);
  } catch {
    throw new Unusual();
  }
}

function checkPlain(text: string): void {
  const first = text[0] ?? '';
  const odd = MARKS.has(first) || first === '{' || first === '[' || first === "'" || first === '"' || first === '#';
  if (odd || ((first === '-' || first === ':') && (text.length === 1 || text[1] === ' '))) throw new Unusual();
  if (text.includes(': ') || text.includes(' #') || text.endsWith(':')) throw new Unusual();
}

/** A plain text that goes on over deeper lines, joined by single blanks. */
function readPlainLines(cursor: Cursor, first: string, indent: number): Value {
  const parts = [first];
  let before = cursor.at;
  for (advance(cursor); cursor.line && cursor.line.indent > indent; advance(cursor)) {
    // A blank line or a comment in between changes the meaning: leave it to the full reader.
    if (cursor.line.start !== before) throw new Unusual();
    const part = trimBlanks(cursor.text.slice(cursor.line.from, cursor.line.end));
    if (part.includes(': ') || part.includes(' #') || part.endsWith(':')) throw new Unusual();
    parts.push(part);
    before = cursor.at;
  }
  if (parts.length === 1) return readScalar(first);
  checkPlain(first);
  return parts.join(' ');
}

/** Hands one entry or item with all its deeper lines to the full reader; its first line is the current one. */
function readSlowly(cursor: Cursor, start: number, indent: number, isItem: boolean): Value {
  const { text } = cursor;
  const goesOn = (line: Line) =>
    line.indent > indent || (!isItem && line.indent === indent && isDash(text, line.from, line.end));
  advance(cursor);
  while (cursor.line && goesOn(cursor.line)) advance(cursor);
  const end = cursor.line ? cursor.line.start : text.length;
  const value = cursor.slow(' '.repeat(indent) + text.slice(start, end));
  if (Array.isArray(value) && value.length === 1) return value[0] ?? null;
  if (value instanceof Map && value.size === 1) return value.values().next().value ?? null;
  throw new Unusual();
}

/** The value behind a colon or dash that stands at `start`; block texts, brackets and escapes are read slowly. */
function readBehind(cursor: Cursor, from: number, start: number, indent: number, isItem: boolean): Value {
  const { text, at, line } = cursor;
  try {
    return readPlainLines(cursor, trimBlanks(text.slice(from, line?.end ?? from)), indent);
  } catch (error) {
    // Anchors and tags mean something for the rest of the file.
    if (!(error instanceof Unusual) || '&*!'.includes(text[from] ?? '')) throw error;
    cursor.at = at;
    cursor.line = line;
    return readSlowly(cursor, start, indent, isItem);
  }
}

/** The node that begins on the current line, which is deeper than its parent. */
function readNode(cursor: Cursor, depth: number): Value {
  const { line, text } = cursor;
  if (!line || depth > MAX_DEPTH) throw new Unusual();
  if (isDash(text, line.from, line.end)) return readList(cursor, line.indent, depth);
  if (keyEnd(text, line.from) !== undefined) return readMap(cursor, line.indent, line.from, depth);
  // A long word that was moved below its key.
  const first = trimBlanks(text.slice(line.from, line.end));
  checkPlain(first);
  return readPlainLines(cursor, first, line.indent - 1);
}

function keyEnd(text: string, from: number): number | undefined {
  KEY.lastIndex = from;
  const match = KEY.exec(text);
  if (!match) return undefined;
  const after = from + match[0].length + 1;
  const next = text.charCodeAt(after);
  return Number.isNaN(next) || next === SPACE || next === NEWLINE ? from + match[0].length : undefined;
}

function readList(cursor: Cursor, indent: number, depth: number): Value[] {
  const list: Value[] = [];
  const { text } = cursor;
  while (cursor.line && cursor.line.indent === indent && isDash(text, cursor.line.from, cursor.line.end)) {
    const { from: dash, end } = cursor.line;
    let from = dash + 1;
    while (from < end && text.charCodeAt(from) === SPACE) from++;
    if (from === end) {
      advance(cursor);
      list.push(cursor.line && cursor.line.indent > indent ? readNode(cursor, depth + 1) : null);
    } else if (isDash(text, from, end)) {
      throw new Unusual();
    } else if (keyEnd(text, from) !== undefined) {
      list.push(readMap(cursor, indent + from - dash, from, depth + 1));
    } else list.push(readBehind(cursor, from, dash, indent, true));
  }
  if (cursor.line && cursor.line.indent > indent) throw new Unusual();
  return list;
}

/** Entries of a mapping whose keys stand at `indent`; the first key begins at `from`, maybe behind a dash. */
function readMap(cursor: Cursor, indent: number, from: number, depth: number): ValueMap {
  if (depth > MAX_DEPTH) throw new Unusual();
  const map: ValueMap = new Map();
  const { text } = cursor;
  let start = from;
  while (cursor.line) {
    const colon = keyEnd(text, start);
    const key = colon === undefined ? undefined : text.slice(start, colon);
    if (colon === undefined || key === undefined || plainKind(key) !== 'str' || map.has(key)) throw new Unusual();
    map.set(key, readEntry(cursor, start, colon, indent, depth));
    const next: Line | undefined = cursor.line;
    if (!next || next.indent < indent) break;
    if (next.indent > indent) throw new Unusual();
    start = next.from;
  }
  return map;
}

function readEntry(cursor: Cursor, start: number, colon: number, indent: number, depth: number): Value {
  const { text, line } = cursor;
  const end = line?.end ?? colon;
  let from = colon + 1;
  while (from < end && text.charCodeAt(from) === SPACE) from++;
  if (from === end) {
    advance(cursor);
    const next = cursor.line;
    if (!next || next.indent < indent) return null;
    if (next.indent === indent) return isDash(text, next.from, next.end) ? readList(cursor, indent, depth + 1) : null;
    return readNode(cursor, depth + 1);
  }
  return readBehind(cursor, from, start, indent, false);
}

/**
 * Reads the plain block style that machines write, many times faster than the full reader. Undefined for a text that
 * needs the full one: it then also finds the words for what is wrong.
 */
export function readQuickly(text: string, slow: (text: string) => Value): Value | undefined {
  if (ODD.test(text) || text.includes('\n---') || text.startsWith('---')) return undefined;
  const cursor: Cursor = { text, at: 0, line: undefined, slow };
  try {
    advance(cursor);
    if (!cursor.line || cursor.line.indent !== 0) return undefined;
    const value = readNode(cursor, 0);
    return cursor.line === undefined && (value instanceof Map || Array.isArray(value)) ? value : undefined;
  } catch {
    return undefined;
  }
}
