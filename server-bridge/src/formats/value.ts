/**
 * What YAML, JSON, TOML and Python literals hold, with Python's number types kept apart (spec/dvc-pipelines.md §0):
 * an integer is a bigint, a float a number. Mappings are Maps: order is kept and no key can pollute a prototype.
 */
export type Scalar = null | boolean | bigint | number | string | DateValue | OpaqueValue;
export type Value = Scalar | Value[] | ValueMap;
export type ValueMap = Map<Scalar, Value>;

/** A bare YAML date or a TOML date-time: DVC reads it as a Python date, which it can neither template nor hash. */
export class DateValue {
  constructor(readonly text: string) {}
}

/** A Python literal that no lock file can hold: a set, bytes or a complex number. It is carried to be named in messages. */
export class OpaqueValue {
  constructor(
    readonly text: string,
    readonly pythonType: 'set' | 'bytes' | 'complex' | 'ellipsis'
  ) {}
}

/** True for the mapping kind of {@link Value}; narrows for the type checker. */
export function isMapping(value: Value | undefined): value is ValueMap {
  return value instanceof Map;
}

/** True for the list kind of {@link Value}. */
export function isList(value: Value | undefined): value is Value[] {
  return Array.isArray(value);
}

/** Python's name of a value's type, as DVC's messages print it. */
export function pythonTypeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'str';
  if (value instanceof DateValue) return /^\d+-\d+-\d+$/.test(value.text) ? 'date' : 'datetime';
  if (value instanceof OpaqueValue) return value.pythonType;
  return isList(value) ? 'list' : 'dict';
}

/** A mapping key as text: what a string key is, and digits or words for the others. */
export function keyText(key: Scalar): string {
  return typeof key === 'object' && key !== null ? key.text : String(key);
}
