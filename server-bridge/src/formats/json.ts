import type { Value, ValueMap } from './value.js';

/** Nesting at which a JSON text is refused; deep enough for any params file or notebook. */
const MAX_DEPTH = 500;

const SHORT = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t']
]);
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;

interface Cursor {
  text: string;
  at: number;
}

function problem(cursor: Cursor, words: string): SyntaxError {
  const before = cursor.text.slice(0, cursor.at);
  const line = before.split('\n').length;
  return new SyntaxError(`${words}: line ${line} column ${cursor.at - before.lastIndexOf('\n')}`);
}

function skipSpace(cursor: Cursor): void {
  SPACE.lastIndex = cursor.at;
  SPACE.exec(cursor.text);
  cursor.at = SPACE.lastIndex;
}

function readString(cursor: Cursor): string {
  cursor.at++;
  let out = '';
  for (;;) {
    PLAIN.lastIndex = cursor.at;
    out += PLAIN.exec(cursor.text)?.[0] ?? '';
    cursor.at = PLAIN.lastIndex;
    const mark = cursor.text[cursor.at];
    if (mark === '"') {
      cursor.at++;
      return out;
    }
    if (mark !== '\\') throw problem(cursor, mark === undefined ? 'Unterminated string' : 'Invalid control character');
    const kind = cursor.text[cursor.at + 1] ?? '';
    const hex = /^[0-9a-fA-F]{4}$/.exec(cursor.text.slice(cursor.at + 2, cursor.at + 6))?.[0];
    const short = SHORT.get(kind);
    if (kind === 'u' && hex !== undefined) {
      out += String.fromCharCode(parseInt(hex, 16));
      cursor.at += 6;
    } else if (short !== undefined) {
      out += short;
      cursor.at += 2;
    } else throw problem(cursor, 'Invalid escape');
  }
}

function readMapping(cursor: Cursor, depth: number): ValueMap {
  const map: ValueMap = new Map();
  cursor.at++;
  skipSpace(cursor);
  if (cursor.text[cursor.at] === '}') {
    cursor.at++;
    return map;
  }
  for (;;) {
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== '"') throw problem(cursor, 'Expecting property name enclosed in double quotes');
    const key = readString(cursor);
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== ':') throw problem(cursor, "Expecting ':' delimiter");
    cursor.at++;
    map.set(key, readValue(cursor, depth + 1));
    const mark = cursor.text[cursor.at++];
    if (mark === '}') return map;
    if (mark !== ',') throw problem(cursor, "Expecting ',' delimiter");
  }
}

function readList(cursor: Cursor, depth: number): Value[] {
  const list: Value[] = [];
  cursor.at++;
  skipSpace(cursor);
  if (cursor.text[cursor.at] === ']') {
    cursor.at++;
    return list;
  }
  for (;;) {
    list.push(readValue(cursor, depth + 1));
    const mark = cursor.text[cursor.at++];
    if (mark === ']') return list;
    if (mark !== ',') throw problem(cursor, "Expecting ',' delimiter");
  }
}

const WORDS: [string, Value][] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity]
];

function readScalar(cursor: Cursor): Value {
  for (const [word, value] of WORDS) {
    if (cursor.text.startsWith(word, cursor.at)) {
      cursor.at += word.length;
      return value;
    }
  }
  NUMBER.lastIndex = cursor.at;
  const match = NUMBER.exec(cursor.text);
  if (!match) throw problem(cursor, 'Expecting value');
  cursor.at = NUMBER.lastIndex;
  return match[1] === undefined && match[2] === undefined ? BigInt(match[0]) : Number(match[0]);
}

function readValue(cursor: Cursor, depth: number): Value {
  if (depth > MAX_DEPTH) throw problem(cursor, 'Nested too deeply');
  skipSpace(cursor);
  const mark = cursor.text[cursor.at];
  let value: Value;
  if (mark === '{') value = readMapping(cursor, depth);
  else if (mark === '[') value = readList(cursor, depth);
  else if (mark === '"') value = readString(cursor);
  else value = readScalar(cursor);
  skipSpace(cursor);
  return value;
}

/**
 * Reads JSON as Python's `json.loads` does, keeping `1` (bigint) and `1.0` (number) apart and integers of any size;
 * of a doubled key the last value counts. Throws SyntaxError with line and column.
 */
export function parseJson(text: string): Value {
  const cursor = { text, at: 0 };
  const value = readValue(cursor, 0);
  if (cursor.at < text.length) throw problem(cursor, 'Extra data');
  return value;
}
