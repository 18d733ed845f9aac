import type { Problem } from '../protocol/analysis.js';

/** One problem for a terminal: where, what, and the next step. Cells are counted from 1, as people do. */
export function problemLine(problem: Problem): string {
  const cell =
    problem.cell === null
      ? ''
      : `, cell ${problem.cell + 1}${problem.line === undefined ? '' : `, line ${problem.line}`}`;
  const where = `${problem.notebook ?? problem.path ?? ''}${cell}`;
  const next = problem.next === undefined ? '' : ` ${problem.next}`;
  return `${where === '' ? '' : `${where}: `}${problem.message}${next} [${problem.code}]`;
}
