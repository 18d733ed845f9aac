/** Names that nothing binds where they are read, and what would bind them (N21, N22b). */
import type { Fix } from '../protocol/analysis.js';
import type { NotebookText } from './notebook.js';
import type { StagePlan } from './plan.js';
import { cellName, moveEdit, tagEdit, type Problems } from './problems.js';
import type { Program, Unit } from './program.js';
import { literalValue } from './python/literals.js';
import type { Missing } from './selection.js';

export function checkMissing(program: Program, plan: StagePlan, notebook: NotebookText, problems: Problems): void {
  for (const missing of plan.selection.missing) {
    const { name, unit, row, kind } = missing;
    const at = { cell: unit.cell, row, stage: plan.stage.name };
    if (kind === 'session') {
      problems.add({
        ...at,
        code: 'E_SESSION_NAME',
        message: `\`${name}\` is a result of the live session; a stage has no such thing.`,
        next: 'Give the value a name where it is made.'
      });
    } else if (kind === 'deleted') {
      problems.add({
        ...at,
        code: 'E_NAME_DELETED',
        message: `\`${name}\` was deleted further up.`,
        next: 'Remove the `del` or the use.'
      });
    } else {
      unbound(program, plan, missing, notebook, problems);
    }
  }
}

function unbound(
  program: Program,
  plan: StagePlan,
  missing: Missing,
  notebook: NotebookText,
  problems: Problems
): void {
  const { name, unit, row } = missing;
  const binder = binderOf(program, name, unit);
  if (binder === null) {
    return;
  }
  const at = { cell: unit.cell, row, stage: plan.stage.name };
  if (binder.role === 'below') {
    problems.add({
      ...at,
      code: 'E_BOUND_BELOW',
      message: `\`${name}\` is read here but bound only further down, in ${cellName(binder.cell)}.`,
      next: `Move ${cellName(binder.cell)} up.`,
      fixes: [{ label: `Move ${cellName(binder.cell)} above`, edits: [moveEdit(notebook, binder.cell, unit.cell)] }]
    });
    return;
  }
  const move = binder.cell > unit.cell ? [moveEdit(notebook, binder.cell, unit.cell)] : [];
  const fixes: Fix[] = [
    {
      label: `Add ${cellName(binder.cell)} to ${plan.stage.name}`,
      edits: [tagEdit(notebook, binder.cell, 'stage', plan.stage.name), ...move]
    },
    { label: `Make ${cellName(binder.cell)} setup`, edits: [tagEdit(notebook, binder.cell, 'setup'), ...move] }
  ];
  const params: Fix[] = isAllConstants(program, binder.cell)
    ? [{ label: `Make ${cellName(binder.cell)} params`, edits: [tagEdit(notebook, binder.cell, 'params'), ...move] }]
    : [];
  const all: Fix = {
    label: 'Tag the cells this needs',
    action: { method: 'notebook/needs', params: { stage: plan.stage.name } }
  };
  problems.add({
    ...at,
    code: 'E_BOUND_IN_SCRATCH',
    message: `\`${name}\` is read here but bound only in ${cellName(binder.cell)}, which is in no pipeline.`,
    next: 'Tag that cell.',
    fixes: [...(light(program, binder.cell) ? fixes.reverse() : fixes), ...params, all]
  });
}

interface Binder {
  cell: number;
  role: 'scratch' | 'below';
}

/** The nearest cell above that binds the name outside the pipeline, else one below. */
function binderOf(program: Program, name: string, reader: Unit): Binder | null {
  const scratch = program.cells.filter(
    cell => cell.role.role === null && cell.units.some(unit => unit.role === 'scratch' && unit.facts.may.has(name))
  );
  const excluded = program.cells.filter(
    cell =>
      cell.role.role === 'exclude' && (cell.parsed?.statements ?? []).some(statement => statement.facts.may.has(name))
  );
  const outside = [...scratch, ...excluded].map(cell => cell.index);
  const above = outside.filter(cell => cell < reader.cell).sort((a, b) => b - a)[0];
  if (above !== undefined) {
    return { cell: above, role: 'scratch' };
  }
  const below = program.bindings.get(name)?.find(one => one.how !== 'delete' && one.unit.cell > reader.cell);
  if (below !== undefined) {
    return { cell: below.unit.cell, role: 'below' };
  }
  const later = outside.sort((a, b) => a - b)[0];
  return later === undefined ? null : { cell: later, role: 'scratch' };
}

/** A cell of nothing but names that get literals: what a parameters cell is (N31). */
function isAllConstants(program: Program, cell: number): boolean {
  const statements = program.cells[cell]?.parsed?.statements ?? [];
  return (
    statements.length > 0 &&
    statements.every(({ node }) => {
      const assignment = node.kids[0];
      const value = assignment?.get('right');
      return (
        assignment?.type === 'assignment' &&
        assignment.get('left')?.type === 'identifier' &&
        value !== undefined &&
        literalValue(value) !== undefined
      );
    })
  );
}

/** A cell of constants and definitions: rather setup than part of a stage. */
export function light(program: Program, cell: number): boolean {
  return (program.cells[cell]?.parsed?.statements ?? []).every(statement => statement.kind !== 'other');
}
