import { TomlDate, TomlError, parse as parseTomlText } from 'smol-toml';
import type { TomlTable, TomlValue } from 'smol-toml';
import { CellarError } from '../protocol/errors.js';
import { parseJson } from './json.js';
import { pythonParams } from './python/params.js';
import { DateValue, OpaqueValue, isList, isMapping } from './value.js';
import type { Scalar, Value, ValueMap } from './value.js';
import { parseYaml } from './yaml.js';

const LIMIT = 16 * 1024 * 1024;

function fromToml(value: TomlValue | TomlTable): Value {
  if (value instanceof TomlDate) return new DateValue(value.toISOString());
  if (Array.isArray(value)) return value.map(fromToml);
  if (typeof value === 'object') return new Map(Object.entries(value).map(([key, item]) => [key, fromToml(item)]));
  return value;
}

function parseToml(text: string): Value {
  return fromToml(parseTomlText(text, { integersAsBigInt: true }));
}

function parserOf(file: string): (text: string) => Value {
  const extension = /\.[^./\\]+$/.exec(file)?.[0].toLowerCase();
  if (extension === '.json') return parseJson;
  if (extension === '.toml') return parseToml;
  if (extension === '.py') return pythonParams;
  return text => parseYaml(text, file);
}

/**
 * Reads a parameter file; its extension says the format, YAML by default (spec/dvc-pipelines.md §3.4). An empty or
 * null YAML or JSON file is `{}`. Throws `E_PARAMS_INVALID`: `Unable to read parameters from '…'`.
 */
export function parseParams(text: string, file: string): Value {
  const at = { path: file };
  if (text.length > LIMIT) throw new CellarError('E_PARAMS_INVALID', `'${file}' is larger than 16 MiB`, { at });
  try {
    const value = parserOf(file)(text);
    return isFalsy(value) ? new Map() : value;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TomlError || error instanceof CellarError)) throw error;
    const place =
      error instanceof CellarError ? error.at : error instanceof TomlError ? { ...at, line: error.line } : at;
    const next = error instanceof CellarError ? error.next : undefined;
    throw new CellarError('E_PARAMS_INVALID', `Unable to read parameters from '${file}': ${error.message}`, {
      next: next ?? `Correct ${file}.`,
      at: place,
      cause: error
    });
  }
}

function isFalsy(value: Value): boolean {
  return (
    value === null ||
    value === false ||
    value === '' ||
    value === 0n ||
    value === 0 ||
    (isList(value) && value.length === 0)
  );
}

/** A glob of one path segment, as Python's fnmatch reads it. */
function globPattern(glob: string): RegExp {
  const source = glob.replace(
    /\[(!?)([^\]]+)\]|[\s\S]/g,
    (part, negated: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${negated ? '^' : ''}${set.replace(/[\\[\]^]/g, '\\$&')}]`;
      if (part === '*') return '[\\s\\S]*';
      return part === '?' ? '[\\s\\S]' : part.replace(/[.+^${}()|[\]\\/-]/g, '\\$&');
    }
  );
  return new RegExp(`^${source}$`, 'u');
}

/** Children of a mapping or list whose key fits one segment of the path. */
function children(value: Value, segment: string): Value[] {
  const number = /^\s*[-+]?\d+\s*$/.test(segment) ? Number(segment) : undefined;
  const plain = !/[*?[]/.test(segment);
  if (isList(value)) {
    if (number !== undefined) {
      const item = value[number < 0 ? value.length + number : number];
      return item === undefined ? [] : [item];
    }
    if (plain) return [];
    const pattern = globPattern(segment);
    return value.filter((_, index) => pattern.test(String(index)));
  }
  if (!isMapping(value)) return [];
  if (plain && number === undefined) return value.has(segment) ? [value.get(segment) ?? null] : [];
  const pattern = globPattern(segment);
  return [...value].filter(([key]) => fits(key, number, pattern)).map(([, item]) => item);
}

function fits(key: Scalar, number: number | undefined, pattern: RegExp): boolean {
  if (typeof key === 'bigint' || typeof key === 'boolean') {
    return (
      (number !== undefined && Number(key) === number) ||
      pattern.test(typeof key === 'bigint' ? String(key) : key ? 'True' : 'False')
    );
  }
  return typeof key === 'string' && pattern.test(key);
}

function descendants(value: Value): Value[] {
  const below = isList(value) ? value : isMapping(value) ? [...value.values()] : [];
  return [value, ...below.flatMap(descendants)];
}

/**
 * The value at a dotted key, or undefined when there is none. List indexes may be negative, `* ? [` are live and must
 * match one value only (spec/dvc-pipelines.md §3.4); several matches throw `E_PARAMS_AMBIGUOUS`.
 */
export function lookupParam(value: Value, dotted: string): Value | undefined {
  if (dotted === '' || dotted === '/') return value;
  const segments = dotted.replace(/^\.+/, '').split('.');
  let found = [value];
  for (const segment of segments) {
    found = segment === '**' ? found.flatMap(descendants) : found.flatMap(item => children(item, segment));
  }
  if (found.length > 1) {
    throw new CellarError('E_PARAMS_AMBIGUOUS', `dpath.get() globs must match only one leaf: ${dotted}`, {
      next: 'Name one parameter.'
    });
  }
  return found[0];
}

/** Values of the keys a stage lists, by their dotted text; all top-level ones when it lists none. Missing keys are left out. */
export function selectParams(value: Value, keys: readonly string[]): ValueMap {
  if (keys.length === 0) return isMapping(value) ? value : new Map<string, Value>();
  const selected: ValueMap = new Map();
  for (const key of keys) {
    const found = lookupParam(value, key);
    if (found !== undefined) selected.set(key, found);
  }
  return selected;
}

type Num = bigint | number;
const asNumber = (value: Value): Num | undefined =>
  typeof value === 'boolean'
    ? BigInt(value)
    : typeof value === 'bigint' || typeof value === 'number'
      ? value
      : undefined;

function findKey(map: ValueMap, key: Scalar): Value | undefined {
  if (map.has(key)) return map.get(key);
  if (asNumber(key) === undefined) return undefined;
  for (const [other, value] of map) if (pyEqual(other, key)) return value;
  return undefined;
}

/** Exact, as Python's is: no integer is rounded to be compared with a float. */
function sameNumber(a: Num, b: Num): boolean {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? a === b : Number.isInteger(b) && BigInt(b) === a;
  return typeof b === 'bigint' ? sameNumber(b, a) : a === b;
}

/** Python's `==`: `1`, `1.0` and `True` are equal, `1` and `'1'` are not, NaN equals nothing, order of keys is no matter. */
export function pyEqual(a: Value, b: Value): boolean {
  const left = asNumber(a);
  const right = asNumber(b);
  if (left !== undefined && right !== undefined) return sameNumber(left, right);
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => pyEqual(item, b[index] ?? null));
  if (isMapping(a)) {
    if (!isMapping(b) || a.size !== b.size) return false;
    return [...a].every(([key, item]) => {
      const other = findKey(b, key);
      return other !== undefined && pyEqual(item, other);
    });
  }
  if (a instanceof DateValue) return b instanceof DateValue && a.text === b.text;
  if (a instanceof OpaqueValue) return b instanceof OpaqueValue && a.pythonType === b.pythonType && a.text === b.text;
  return a === b;
}
