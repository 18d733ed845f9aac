import { CellarError } from '../../protocol/errors.js';

/** Limits of guide/reliability.md §2: nesting, and how much a document may grow when its aliases are followed. */
export const MAX_DEPTH = 64;
export const MAX_ALIAS_GROWTH = 100;

const CONFLICT = /^[<=>]{7} .*$/m;

/** True when the text holds the marks that git leaves in a conflicted file. */
export function hasConflictMarkers(text: string): boolean {
  return CONFLICT.test(text);
}

/** Zero-based offset → one-based line and column, as DVC's messages count. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(start)].length + 1 };
}

/** The error for text that is not YAML: `E_YAML_INVALID`, DVC's exit code 255, with the place and a hint at merge conflicts. */
export function yamlProblem(text: string, file: string, words: string, offset: number): CellarError {
  const { line, column } = lineAndColumn(text, offset);
  const conflicts = hasConflictMarkers(text);
  const hint = conflicts ? ' (possible merge conflicts)' : '';
  return new CellarError('E_YAML_INVALID', `'${file}' is invalid${hint}. ${words}, in line ${line}, column ${column}`, {
    next: conflicts ? `Resolve the merge conflict in ${file}.` : `Correct line ${line} of ${file}.`,
    at: { path: file, line },
    data: { column }
  });
}
