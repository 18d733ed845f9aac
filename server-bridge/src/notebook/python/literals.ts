/** Values of Python literals, with integers as bigint and floats as number (`formats/value.ts`). */
import type { Value, ValueMap } from '../../formats/value.js';
import type { Py } from './tree.js';

/** The value of a literal expression, undefined when it is not one. */
export function literalValue(node: Py): Value | undefined {
  switch (node.type) {
    case 'integer':
      return integer(node.text);
    case 'float':
      return float(node.text);
    case 'true':
      return true;
    case 'false':
      return false;
    case 'none':
      return null;
    case 'string':
    case 'concatenated_string':
      return stringValue(node);
    case 'parenthesized_expression':
      return node.kids[0] === undefined ? undefined : literalValue(node.kids[0]);
    case 'unary_operator':
      return negative(node);
    case 'list':
      return listValue(node);
    case 'dictionary':
      return mapValue(node);
    default:
      return undefined;
  }
}

function integer(text: string): bigint | undefined {
  const plain = text.replace(/_/g, '');
  return /^(0[xXoObB][0-9a-fA-F]+|\d+)$/.test(plain) ? BigInt(plain) : undefined;
}

function float(text: string): number | undefined {
  const plain = text.replace(/_/g, '');
  return /^[\d.]+([eE][+-]?\d+)?$/.test(plain) ? Number(plain) : undefined;
}

function negative(node: Py): Value | undefined {
  const inner = node.kids[0] === undefined ? undefined : literalValue(node.kids[0]);
  if (!node.text.startsWith('-') || (typeof inner !== 'bigint' && typeof inner !== 'number')) {
    return undefined;
  }
  return -inner;
}

function listValue(node: Py): Value[] | undefined {
  const values = node.kids.map(literalValue);
  return values.includes(undefined) ? undefined : values.filter(value => value !== undefined);
}

function mapValue(node: Py): ValueMap | undefined {
  const map: ValueMap = new Map();
  for (const pair of node.kids) {
    const key = pair.get('key');
    const value = pair.get('value');
    const name = key === undefined ? undefined : literalValue(key);
    const held = value === undefined ? undefined : literalValue(value);
    if (typeof name !== 'string' || held === undefined) {
      return undefined;
    }
    map.set(name, held);
  }
  return map;
}

/** Text of a string literal or an implicit concatenation; undefined for bytes and f-strings with interpolations. */
export function stringValue(node: Py): string | undefined {
  if (node.type === 'concatenated_string') {
    const parts = node.kids.map(stringValue);
    return parts.includes(undefined) ? undefined : parts.join('');
  }
  if (node.type !== 'string' || /b/i.test(prefix(node)) || node.kids.some(kid => kid.type === 'interpolation')) {
    return undefined;
  }
  return node.kids
    .filter(kid => kid.type === 'string_content')
    .map(kid => contentText(node, kid))
    .join('');
}

/** Text of one piece of a string: escapes are read unless the string is raw, doubled braces of f-strings are one. */
export function contentText(string: Py, content: Py): string {
  const raw = /r/i.test(prefix(string));
  const text = raw ? content.text : unescape(content.text);
  return /f/i.test(prefix(string)) ? text.replace(/\{\{/g, '{').replace(/\}\}/g, '}') : text;
}

function prefix(string: Py): string {
  return string.kids[0]?.type === 'string_start' ? string.kids[0].text.replace(/['"]/g, '') : '';
}

const SIMPLE = new Map(
  Object.entries({ n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', "'": "'", '"': '"' })
);

function unescape(text: string): string {
  return text.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|\n|[\s\S])/g,
    (whole, body: string) => {
      if (body === '\n') {
        return '';
      }
      if (/^[xuU]./.test(body)) {
        return String.fromCodePoint(Number.parseInt(body.slice(1), 16));
      }
      if (/^[0-7]/.test(body)) {
        return String.fromCodePoint(Number.parseInt(body, 8));
      }
      return SIMPLE.get(body) ?? whole;
    }
  );
}
