import { isList, isMapping } from './value.js';
import type { Scalar, Value } from './value.js';

/** One thing wrong with a file: DVC's words and the way to the value, from the root. */
export interface SchemaProblem {
  message: string;
  path: (string | number)[];
}

/** Checks a value found at `path`; an empty list means it is fine. Words and order follow DVC's validator. */
export type Check = (value: Value, path: (string | number)[]) => SchemaProblem[];

const no = (message: string, path: (string | number)[]): SchemaProblem[] => [{ message, path }];

export const anything: Check = () => [];
export const string: Check = (value, path) => (typeof value === 'string' ? [] : no('expected str', path));
export const boolean: Check = (value, path) => (typeof value === 'boolean' ? [] : no('expected bool', path));
/** Python's bool is an int, so `true` passes. */
export const integer: Check = (value, path) =>
  typeof value === 'bigint' || typeof value === 'boolean' ? [] : no('expected int', path);
export const anyList: Check = (value, path) => (isList(value) ? [] : no('expected list', path));
export const anyMapping: Check = (value, path) => (isMapping(value) ? [] : no('expected dict', path));
export const nothing: Check = (value, path) => (value === null ? [] : no('not a valid value', path));

/** A value equal to `expected`, else `message`. */
export function equal(expected: Scalar, message: string): Check {
  return (value, path) => (value === expected ? [] : no(message, path));
}

/** The first alternative that fits; if none does, the complaint that reaches deepest. */
export function oneOf(...checks: Check[]): Check {
  return (value, path) => {
    let worst: SchemaProblem[] = [];
    for (const check of checks) {
      const problems = check(value, path);
      if (problems.length === 0) return [];
      if (worst.length === 0 || (problems[0]?.path.length ?? 0) > (worst[0]?.path.length ?? 0)) worst = problems;
    }
    return worst;
  };
}

/**
 * A list whose items each pass one of the checks; the complaint is that of the last check. A complaint from inside an
 * item hides those about other items, as in DVC.
 */
export function listOf(...checks: Check[]): Check {
  return (value, path) => {
    if (!isList(value)) return no('expected a list', path);
    const problems: SchemaProblem[] = [];
    for (const [index, item] of value.entries()) {
      let last: SchemaProblem[] = [];
      for (const check of checks) {
        last = check(item, [...path, index]);
        if (last.length === 0 || (last[0]?.path.length ?? 0) > path.length + 1) break;
      }
      const [first] = last;
      if (first && first.path.length > path.length + 1) return last;
      if (first) problems.push(first);
    }
    return problems;
  };
}

export interface MappingRule {
  keys?: Record<string, Check>;
  required?: string[];
  /** Check for the values of all other keys, which must then be strings. */
  rest?: Check;
  maxLength?: number;
  /** At least one key that `rest` takes. */
  atLeastOne?: boolean;
}

const keyName = (key: Scalar): string | number =>
  typeof key === 'object' && key !== null ? key.text : typeof key === 'number' ? key : String(key);

/** A mapping with the keys named, or any string key when `rest` is given; nothing else. */
export function mapping(rule: MappingRule): Check {
  const keys = new Map(Object.entries(rule.keys ?? {}));
  return (value, path) => {
    if (!isMapping(value)) return no('expected a dictionary', path);
    const problems: SchemaProblem[] = [];
    for (const [key, item] of value) {
      const at = [...path, keyName(key)];
      const check = typeof key === 'string' ? (keys.get(key) ?? rule.rest) : undefined;
      if (check) problems.push(...check(item, at));
      else problems.push({ message: rule.rest ? 'expected str' : 'extra keys not allowed', path: at });
    }
    for (const key of rule.required ?? []) {
      if (!value.has(key)) problems.push({ message: 'required key not provided', path: [...path, key] });
    }
    if (rule.atLeastOne && ![...value.keys()].some(key => typeof key === 'string')) {
      problems.push({ message: 'required key not provided', path: [...path, "<class 'str'>"] });
    }
    if (problems.length === 0 && rule.maxLength !== undefined && value.size > rule.maxLength) {
      return no(`length of value must be at most ${rule.maxLength}`, path);
    }
    return problems;
  };
}
