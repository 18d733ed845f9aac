/**
 * Reading of our own small JSON notes (journals, trash lists, lock tables): strict, and without a schema library, which
 * would cost each command more than its work (guide/performance.md §2.7). Each function gives the value or throws
 * `NoteError`; `what` names the place in the note.
 */
export class NoteError extends Error {
  constructor(what: string, wanted: string) {
    super(`'${what}' is not ${wanted}`);
    this.name = 'NoteError';
  }
}

/** A mapping that has all of `required` and nothing beside them and `optional`. */
export function fieldsOf(
  value: unknown,
  what: string,
  required: readonly string[],
  optional: readonly string[] = []
): Record<string, unknown> {
  const fields = mappingOf(value, what);
  const absent = required.find(name => !fields.has(name));
  if (absent !== undefined) {
    throw new NoteError(`${what}.${absent}`, 'there');
  }
  const strange = [...fields.keys()].find(name => !required.includes(name) && !optional.includes(name));
  if (strange !== undefined) {
    throw new NoteError(`${what}.${strange}`, 'known');
  }
  return Object.fromEntries(fields);
}

/** A mapping with any keys; as a Map, so that no key means anything to JavaScript (T15). */
export function mappingOf(value: unknown, what: string): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new NoteError(what, 'a mapping');
  }
  return new Map(Object.entries(value));
}

export function listOf<T>(value: unknown, what: string, item: (value: unknown, what: string) => T): T[] {
  if (!Array.isArray(value)) {
    throw new NoteError(what, 'a list');
  }
  return value.map((each, i) => item(each, `${what}[${i}]`));
}

export function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') {
    throw new NoteError(what, 'a text');
  }
  return value;
}

/** A number without fraction that a double holds exactly. */
export function wholeNumberOf(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new NoteError(what, 'a whole number');
  }
  return value;
}

/** One of a few texts or numbers. */
export function oneOf<T extends string | number>(value: unknown, what: string, choices: readonly T[]): T {
  const choice = choices.find(each => each === value);
  if (choice === undefined) {
    throw new NoteError(what, `one of ${choices.join(', ')}`);
  }
  return choice;
}
