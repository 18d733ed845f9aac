/** One token of Python source. A string carries its value; `f` strings and `b` strings are told apart by `kind`. */
export interface PythonToken {
  kind: 'name' | 'number' | 'string' | 'bytes' | 'fstring' | 'op';
  text: string;
  value?: string;
}

/** One logical line: continuation lines and brackets joined, comments gone. `indent` counts a tab up to a multiple of 8. */
export interface LogicalLine {
  indent: number;
  line: number;
  tokens: PythonToken[];
}

const PREFIX = /(?:[rR][bBfFtT]?|[bBfFtTuU][rR]?)?(?='|")/y;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}_]*/uy;
const NUMBER =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][-+]?\d(?:_?\d)*)?[jJ]?/y;
const OPERATOR =
  /\*\*=|\/\/=|>>=|<<=|\.\.\.|->|:=|==|!=|<=|>=|\*\*|\/\/|<<|>>|[-+*/%@&|^]=|[-+*/%@&|^~<>()[\]{},:;.=!?$`]/y;

const SIMPLE = new Map([
  ['\n', ''],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v']
]);

/** A string body with its escapes resolved, as Python reads it; unknown escapes keep the backslash. */
function unescape(body: string, bytes: boolean): string {
  return body.replace(
    /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{[^}]*\}|([\s\S]))/g,
    (all: string, octal?: string, hex?: string, short?: string, long?: string, other?: string) => {
      if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8));
      if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
      if (bytes) return SIMPLE.get(other ?? '') ?? all;
      if (short !== undefined) return String.fromCharCode(parseInt(short, 16));
      if (long !== undefined && parseInt(long, 16) <= 0x10ffff) return String.fromCodePoint(parseInt(long, 16));
      return other === undefined ? all : (SIMPLE.get(other) ?? all);
    }
  );
}

interface Cursor {
  text: string;
  at: number;
  line: number;
}

function fail(cursor: Cursor, words: string): SyntaxError {
  return new SyntaxError(`${words}, line ${cursor.line}`);
}

function take(pattern: RegExp, cursor: Cursor): string | undefined {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (!match) return undefined;
  cursor.at = pattern.lastIndex;
  return match[0];
}

function readString(cursor: Cursor, prefix: string): PythonToken {
  const start = cursor.at;
  const mark = cursor.text[start] ?? '';
  const quote = cursor.text.startsWith(mark.repeat(3), start) ? mark.repeat(3) : mark;
  let at = start + quote.length;
  for (; ; at++) {
    const character = cursor.text[at];
    if (character === undefined || (character === '\n' && quote.length === 1))
      throw fail(cursor, 'unterminated string literal');
    if (cursor.text.startsWith(quote, at)) break;
    if (character === '\\') at++;
    if (cursor.text[at] === '\n') cursor.line++;
  }
  const body = cursor.text.slice(start + quote.length, at);
  cursor.at = at + quote.length;
  const flags = prefix.toLowerCase();
  const bytes = flags.includes('b');
  // A character given by its Unicode name cannot be resolved here: such a text is no literal to us.
  const named = !flags.includes('r') && /(?<!\\)(?:\\\\)*\\N\{/.test(body);
  const kind = named || /[ft]/.test(flags) ? 'fstring' : bytes ? 'bytes' : 'string';
  return { kind, text: cursor.text.slice(start, cursor.at), value: flags.includes('r') ? body : unescape(body, bytes) };
}

function readToken(cursor: Cursor): PythonToken {
  const start = cursor.at;
  const prefix = take(PREFIX, cursor);
  if (prefix !== undefined) return readString(cursor, prefix);
  if (/[\d]|\.\d/.test(cursor.text.slice(start, start + 2).replace(/^[^.\d].*/, ''))) {
    const number = take(NUMBER, cursor);
    if (number !== undefined) {
      if (/^0\d*[1-9]/.test(number) && /^\d+$/.test(number))
        throw fail(cursor, 'leading zeros in decimal integer literals are not permitted');
      return { kind: 'number', text: number };
    }
  }
  const name = take(NAME, cursor);
  if (name !== undefined) return { kind: 'name', text: name };
  const operator = take(OPERATOR, cursor);
  if (operator !== undefined) return { kind: 'op', text: operator };
  throw fail(cursor, 'invalid character');
}

function indentOf(text: string): number {
  let column = 0;
  for (const character of text)
    column = character === '\t' ? column - (column % 8) + 8 : character === '\f' ? 0 : column + 1;
  return column;
}

const OPEN = new Set(['(', '[', '{']);
const CLOSE = new Set([')', ']', '}']);

/**
 * Logical lines of Python source. It understands strings, brackets, comments and continuation; it does not check
 * grammar. Throws SyntaxError for unterminated strings and unbalanced brackets.
 */
export function pythonLines(source: string): LogicalLine[] {
  const cursor: Cursor = { text: source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'), at: 0, line: 1 };
  const lines: LogicalLine[] = [];
  let current: LogicalLine | undefined;
  let depth = 0;
  const { text } = cursor;
  while (cursor.at < text.length) {
    if (!current) {
      const indent = /[ \t\f]*/y;
      indent.lastIndex = cursor.at;
      const space = indent.exec(text)?.[0] ?? '';
      cursor.at += space.length;
      current = { indent: indentOf(space), line: cursor.line, tokens: [] };
    }
    const character = text[cursor.at];
    if (character === undefined) break;
    if (character === '\n') {
      cursor.at++;
      cursor.line++;
      if (depth > 0) continue;
      if (current.tokens.length > 0) lines.push(current);
      current = undefined;
    } else if (character === '#') {
      const end = text.indexOf('\n', cursor.at);
      cursor.at = end < 0 ? text.length : end;
    } else if (character === '\\' && text[cursor.at + 1] === '\n') {
      cursor.at += 2;
      cursor.line++;
    } else if (character === ' ' || character === '\t' || character === '\f') cursor.at++;
    else {
      const token = readToken(cursor);
      current.tokens.push(token);
      if (token.kind === 'op' && OPEN.has(token.text)) depth++;
      if (token.kind === 'op' && CLOSE.has(token.text) && --depth < 0) throw fail(cursor, `unmatched '${token.text}'`);
    }
  }
  if (depth > 0) throw fail(cursor, 'a bracket was never closed');
  if (current && current.tokens.length > 0) lines.push(current);
  return lines;
}
