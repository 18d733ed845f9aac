import { pythonFloat } from '../../formats/pythonjson.js';
import { DateValue, OpaqueValue, isList, isMapping, keyText } from '../../formats/value.js';
import type { Scalar, Value, ValueMap } from '../../formats/value.js';
import { TemplateFailure } from './failure.js';

/** How a mapping becomes options of a command: the section `[parsing]` of the config, and the system's quoting. */
export interface ParsingConfig {
  bool?: 'store_true' | 'boolean_optional';
  list?: 'nargs' | 'append';
  windows?: boolean;
}

/** Python's `repr` of a text. */
function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escapes = new Map([
    ['\\', '\\\\'],
    ['\n', '\\n'],
    ['\r', '\\r'],
    ['\t', '\\t'],
    [quote, `\\${quote}`]
  ]);
  const body = [...text].map(character => {
    const known = escapes.get(character);
    if (known !== undefined) return known;
    const point = character.codePointAt(0) ?? 0;
    return point < 32 || (point >= 127 && point < 161) ? `\\x${point.toString(16).padStart(2, '0')}` : character;
  });
  return quote + body.join('') + quote;
}

function pythonRepr(value: Value): string {
  if (typeof value === 'string') return reprText(value);
  if (isList(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (isMapping(value))
    return `{${[...value].map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`).join(', ')}}`;
  return scalarText(value);
}

function scalarText(value: Scalar): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return pythonFloat(value);
  if (value instanceof DateValue || value instanceof OpaqueValue) return value.text;
  return String(value);
}

/** Python's `str` of a value: `True`, `None`, `1e-05`. */
export function pythonText(value: Value): string {
  return isList(value) || isMapping(value) ? pythonRepr(value) : scalarText(value);
}

/** A word as a POSIX shell reads it back; quoted only when it must be. */
export function quotePosix(word: string): string {
  if (word === '') return "''";
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** A word as the C runtime of Windows reads it back. */
export function quoteWindows(word: string): string {
  const escaped = word.replace(/(\\*)"/g, '$1$1\\"');
  return word === '' || /[ \t]/.test(word) ? `"${escaped.replace(/(\\+)$/, '$1$1')}"` : escaped;
}

/** Leaves of a nested mapping under dotted names, in order; empty mappings vanish. */
function flatten(map: ValueMap, prefix: string): [string, Value][] {
  return [...map].flatMap(([key, value]): [string, Value][] => {
    const name = prefix === '' ? keyText(key) : `${prefix}.${keyText(key)}`;
    return isMapping(value) ? flatten(value, name) : [[name, value]];
  });
}

function listOption(name: string, list: Value[], config: ParsingConfig, quote: (word: string) => string): string[] {
  const words = list.map(item => {
    if (isList(item) || isMapping(item))
      throw new TemplateFailure('syntax', `Cannot interpolate nested iterable in '${name}'`);
    return typeof item === 'string' ? quote(item) : scalarText(item);
  });
  if (config.list === 'append') return words.map(word => `--${name} ${word}`);
  return words.length === 0 ? [] : [`--${name} ${words.join(' ')}`];
}

/** A mapping as options of a command line: `--lr 0.1 --name 'a b' --flag` (spec/dvc-pipelines.md §1.5). */
export function optionsText(map: ValueMap, config: ParsingConfig): string {
  const quote = config.windows ? quoteWindows : quotePosix;
  const options = flatten(map, '').flatMap(([name, value]): string[] => {
    if (typeof value === 'boolean') {
      if (value) return [`--${name}`];
      return config.bool === 'boolean_optional' ? [`--no-${name}`] : [];
    }
    if (typeof value === 'string') return [`--${name} ${quote(value)}`];
    if (isList(value)) return listOption(name, value, config, quote);
    return [`--${name} ${pythonText(value)}`];
  });
  return options.join(' ').trimEnd();
}

/** A value inside a longer text: booleans in lower case, mappings as options, the rest as Python prints it. */
export function spliceText(value: Value, config: ParsingConfig): string {
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return isMapping(value) ? optionsText(value, config) : pythonText(value);
}
