/**
 * What YAML, JSON, TOML and Python literals hold, with Python's number types kept apart (spec/dvc-pipelines.md §0):
 * an integer is a bigint, a float a number. Mappings are Maps: order is kept and no key can pollute a prototype.
 */
export type Scalar = null | boolean | bigint | number | string | DateValue;
export type Value = Scalar | Value[] | ValueMap;
export type ValueMap = Map<Scalar, Value>;

/** A bare YAML date or a TOML date-time: DVC reads it as a Python date, which it can neither template nor hash. */
export class DateValue {
  constructor(readonly text: string) {}
}
