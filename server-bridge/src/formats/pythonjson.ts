import { DateValue, OpaqueValue, isList, isMapping, pythonTypeName } from './value.js';
import type { Scalar, Value } from './value.js';
import { compareCodePoints } from './codepoints.js';

const SHORT = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\f', '\\f'],
  ['\b', '\\b']
]);

/** A float as Python's `repr` prints it: `1.0`, `1e-05`, `1e+16` (spec/dvc-pipelines.md §6.2). */
export function pythonFloat(size: number): string {
  if (Number.isNaN(size)) return 'nan';
  if (!Number.isFinite(size)) return size < 0 ? '-inf' : 'inf';
  if (Object.is(size, -0)) return '-0.0';
  const magnitude = Math.abs(size);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return size.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  const text = String(size);
  return text.includes('.') ? text : `${text}.0`;
}

/** A string as `json.dumps` escapes it: everything outside printable ASCII, DEL included, becomes `\uXXXX`. */
export function pythonJsonString(text: string): string {
  return `"${text.replace(/["\\]|[^\x20-\x7e]/g, unit => SHORT.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
}

function jsonFloat(size: number): string {
  if (Number.isNaN(size)) return 'NaN';
  if (!Number.isFinite(size)) return size < 0 ? '-Infinity' : 'Infinity';
  return pythonFloat(size);
}

/** Mapping keys become strings the way json does it; dates cannot be keys. */
function jsonKey(key: Scalar): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return key ? 'true' : 'false';
  if (typeof key === 'bigint') return String(key);
  if (typeof key === 'number') return jsonFloat(key);
  throw new TypeError(`keys must be str, int, float, bool or None, not ${pythonTypeName(key)}`);
}

function sortedEntries(entries: [Scalar, Value][]): [Scalar, Value][] {
  const kinds = new Set(entries.map(([key]) => (typeof key === 'string' ? 'str' : key === null ? 'none' : 'number')));
  if (kinds.size > 1 || (kinds.has('none') && entries.length > 1)) {
    throw new TypeError('keys of different types cannot be sorted');
  }
  return entries.sort(([a], [b]) => {
    if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b);
    return Number(a) - Number(b);
  });
}

/**
 * Bytes of Python's `json.dumps(value, sort_keys=…)`: separators `", "` and `": "`, ASCII only.
 * Throws TypeError for what json refuses (dates, keys of mixed types), with Python's wording.
 */
export function pythonJson(value: Value, options: { sortKeys?: boolean } = {}): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return pythonJsonString(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return jsonFloat(value);
  if (value instanceof DateValue || value instanceof OpaqueValue) {
    throw new TypeError(`Object of type ${pythonTypeName(value)} is not JSON serializable`);
  }
  if (isList(value)) return `[${value.map(item => pythonJson(item, options)).join(', ')}]`;
  if (!isMapping(value)) throw new TypeError('not a value');
  const entries = options.sortKeys ? sortedEntries([...value]) : [...value];
  return `{${entries.map(([key, item]) => `${pythonJsonString(jsonKey(key))}: ${pythonJson(item, options)}`).join(', ')}}`;
}
