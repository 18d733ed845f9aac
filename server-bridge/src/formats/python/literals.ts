import { OpaqueValue, isList } from '../value.js';
import type { Scalar, Value } from '../value.js';
import type { PythonToken } from './tokens.js';

/** Thrown inside for an expression that is no literal; the assignment is then passed over. */
class NotLiteral extends Error {}

interface Cursor {
  tokens: PythonToken[];
  at: number;
  depth: number;
}

const MAX_DEPTH = 100;

const peek = (cursor: Cursor): PythonToken | undefined => cursor.tokens[cursor.at];
const isOp = (token: PythonToken | undefined, text: string): boolean => token?.kind === 'op' && token.text === text;

function accept(cursor: Cursor, text: string): boolean {
  if (!isOp(peek(cursor), text)) return false;
  cursor.at++;
  return true;
}

function readNumber(text: string): Scalar {
  const digits = text.replaceAll('_', '').toLowerCase();
  if (digits.endsWith('j') && !digits.startsWith('0x')) return new OpaqueValue(text, 'complex');
  if (/^0[xob]|^\d+$/.test(digits)) return BigInt(digits);
  return Number(digits);
}

function readSigned(cursor: Cursor): Scalar {
  const negative = isOp(peek(cursor), '-');
  if (negative || isOp(peek(cursor), '+')) cursor.at++;
  const token = peek(cursor);
  if (token?.kind !== 'number') throw new NotLiteral();
  cursor.at++;
  const size = readNumber(token.text);
  if (!negative) return size;
  if (typeof size === 'bigint' || typeof size === 'number') return -size;
  return size instanceof OpaqueValue ? new OpaqueValue(`-${size.text}`, 'complex') : size;
}

function readStrings(cursor: Cursor): Scalar {
  let text = '';
  let kind: string | undefined;
  for (let token = peek(cursor); token && /^(?:string|bytes|fstring)$/.test(token.kind); token = peek(cursor)) {
    if (token.kind === 'fstring' || (kind !== undefined && kind !== token.kind)) throw new NotLiteral();
    kind = token.kind;
    text += token.value ?? '';
    cursor.at++;
  }
  return kind === 'bytes' ? new OpaqueValue(text, 'bytes') : text;
}

/** Items up to a closing bracket; `comma` tells whether any comma was seen. */
function readItems(cursor: Cursor, close: string): { items: Value[]; comma: boolean } {
  const items: Value[] = [];
  let comma = false;
  while (!accept(cursor, close)) {
    items.push(readLiteral(cursor));
    if (accept(cursor, ',')) comma = true;
    else if (accept(cursor, close)) break;
    else throw new NotLiteral();
  }
  return { items, comma };
}

function asKey(value: Value): Scalar {
  if (isList(value) || value instanceof Map) throw new NotLiteral();
  return value;
}

/** Python keeps the first spelling of equal keys (`1`, `1.0`, `True`) and the last value. */
function setKey(map: Map<Scalar, Value>, key: Scalar, value: Value): void {
  const same = [...map.keys()].find(
    old => old === key || (isNumeric(old) && isNumeric(key) && Number(old) === Number(key))
  );
  map.set(same === undefined ? key : same, value);
}

const isNumeric = (key: Scalar) => typeof key === 'bigint' || typeof key === 'number' || typeof key === 'boolean';

function readBraces(cursor: Cursor): Value {
  if (accept(cursor, '}')) return new Map();
  const first = readLiteral(cursor);
  if (!accept(cursor, ':')) {
    if (!accept(cursor, ',') && !isOp(peek(cursor), '}')) throw new NotLiteral();
    readItems(cursor, '}');
    return new OpaqueValue('set', 'set');
  }
  const map = new Map<Scalar, Value>();
  setKey(map, asKey(first), readLiteral(cursor));
  while (accept(cursor, ',') && !isOp(peek(cursor), '}')) {
    const key = asKey(readLiteral(cursor));
    if (!accept(cursor, ':')) throw new NotLiteral();
    setKey(map, key, readLiteral(cursor));
  }
  if (!accept(cursor, '}')) throw new NotLiteral();
  return map;
}

function readAtom(cursor: Cursor): Value {
  const token = peek(cursor);
  if (!token) throw new NotLiteral();
  if (token.kind === 'number' || isOp(token, '-') || isOp(token, '+')) return readSigned(cursor);
  if (token.kind === 'string' || token.kind === 'bytes' || token.kind === 'fstring') return readStrings(cursor);
  cursor.at++;
  if (isOp(token, '[')) return readItems(cursor, ']').items;
  if (isOp(token, '{')) return readBraces(cursor);
  if (isOp(token, '...')) return new OpaqueValue('...', 'ellipsis');
  if (isOp(token, '(')) {
    const { items, comma } = readItems(cursor, ')');
    const [only] = items;
    return items.length === 1 && !comma && only !== undefined ? only : items;
  }
  if (token.text === 'None') return null;
  if (token.text === 'True' || token.text === 'False') return token.text === 'True';
  if (token.text === 'set' && accept(cursor, '(') && accept(cursor, ')')) return new OpaqueValue('set()', 'set');
  throw new NotLiteral();
}

function readLiteral(cursor: Cursor): Value {
  if (++cursor.depth > MAX_DEPTH) throw new NotLiteral();
  const value = readAtom(cursor);
  cursor.depth--;
  // `1 + 2j` is a literal; every other operator makes an expression.
  if (
    (isOp(peek(cursor), '+') || isOp(peek(cursor), '-')) &&
    (typeof value === 'bigint' || typeof value === 'number')
  ) {
    const right = readSigned(cursor);
    if (right instanceof OpaqueValue) return right;
    throw new NotLiteral();
  }
  return value;
}

/** Value of tokens that form one literal, tuples without brackets included; undefined when they are anything else. */
export function pythonLiteral(tokens: PythonToken[]): Value | undefined {
  const cursor: Cursor = { tokens, at: 0, depth: 0 };
  try {
    const first = readLiteral(cursor);
    if (cursor.at === tokens.length) return first;
    const items = [first];
    while (accept(cursor, ',')) {
      if (cursor.at === tokens.length) return items;
      items.push(readLiteral(cursor));
    }
    return cursor.at === tokens.length ? items : undefined;
  } catch (error) {
    if (error instanceof NotLiteral) return undefined;
    throw error;
  }
}
