/** Checks of what crosses between stages: order, sharing, kinds of values, recorded facts (N21, N34–N38). */
import type { AnalysisContext } from './context.js';
import type { NotebookText } from './notebook.js';
import type { StagePlan } from './plan.js';
import { savable } from './plan.js';
import { checkSharedInputs } from './shared-inputs.js';
import { cellName, moveEdit, tagEdit, type Problems } from './problems.js';
import { newestWhere, type Program } from './program.js';

export interface CrossingInput {
  program: Program;
  plans: ReadonlyMap<string, StagePlan>;
  notebook: NotebookText;
  context: AnalysisContext;
  problems: Problems;
  /** Text of a stage's script without line 1, as it would be written now. */
  body: (stage: string) => string;
}

export function checkCrossing(input: CrossingInput): void {
  for (const plan of input.plans.values()) {
    slicesReading(input, plan);
    torn(input, plan);
    splitAround(input, plan);
    kinds(input, plan);
    checkSharedInputs(input, plan);
    setupInside(input, plan);
    mutated(input, plan);
  }
}

function slicesReading({ problems, notebook, program }: CrossingInput, plan: StagePlan): void {
  for (const { unit, name, row, from } of plan.selection.slicesReading) {
    const setup = unit.stage === null;
    const code = unit.kind === 'definition' ? 'E_DEFINITION_READS_VALUE' : 'E_SETUP_READS_STAGE';
    const free = freshName(program, `${from}-${unit.cell + 1}`);
    problems.add({
      code,
      message: setup
        ? `Setup reads \`${name}\`, a value of the stage \`${from}\`, while it runs.`
        : `This definition is used by the stage \`${plan.stage.name}\` and reads \`${name}\` of the stage \`${from}\` when it is made.`,
      next: setup
        ? 'Make the cell a stage.'
        : `Give \`${name}\` to the function as an argument, or merge the two stages.`,
      cell: unit.cell,
      row,
      stage: plan.stage.name,
      fixes: setup
        ? [
            { label: `Make it the stage ${free}`, edits: [tagEdit(notebook, unit.cell, 'stage', free)] },
            { label: `Add it to ${from}`, edits: [tagEdit(notebook, unit.cell, 'stage', from)] }
          ]
        : [
            {
              label: `Merge ${plan.stage.name} into ${unit.stage ?? ''}`,
              edits: plan.stage.cells.map(cell => tagEdit(notebook, cell.index, 'stage', unit.stage ?? ''))
            }
          ]
    });
  }
}

function torn({ problems, notebook, program }: CrossingInput, plan: StagePlan): void {
  for (const { name, from, own, reader } of plan.selection.torn) {
    const stage = plan.stage.name;
    const free = freshName(program, `${stage}-2`);
    const later = plan.stage.cells.filter(cell => cell.index > from.cell);
    problems.add({
      code: 'E_STAGE_TORN',
      message: `The stage \`${stage}\` uses \`${name}\` in ${cellName(own.cell)} and again in ${cellName(reader.cell)}, after \`${from.stage ?? ''}\` changed it in ${cellName(from.cell)}.`,
      next: `Make the later cells of \`${stage}\` a stage of their own.`,
      cell: reader.cell,
      row: reader.node.row,
      stage,
      fixes: [
        {
          label: `Make the later cells ${free}`,
          edits: later.map(cell => tagEdit(notebook, cell.index, 'stage', free))
        }
      ].filter(fix => fix.edits.length > 0)
    });
  }
}

export function freshName(program: Pick<Program, 'stages'>, wanted: string): string {
  let name = wanted;
  for (let at = 2; program.stages.has(name); at++) {
    name = `${wanted}-${at}`;
  }
  return name;
}

/** N36: the value that is saved is the one at the end of the stage. */
function splitAround({ program, problems, notebook }: CrossingInput, plan: StagePlan): void {
  for (const { name, from, binding, reader } of plan.selection.variables.values()) {
    const late = (program.bindings.get(name) ?? []).find(
      one => one.unit.stage === from && one.unit.index > reader.index && one.unit.index > binding.index
    );
    if (late === undefined) {
      continue;
    }
    const free = freshName(program, `${from}-2`);
    const cells = [...(program.stages.get(from)?.cells ?? [])].filter(cell => cell.index > reader.cell);
    problems.add({
      code: 'E_SPLIT_AROUND_READER',
      message: `\`${from}\` changes \`${name}\` in ${cellName(late.unit.cell)}, after \`${plan.stage.name}\` has read it in ${cellName(reader.cell)}.`,
      next: `Make the later cells of \`${from}\` a stage of their own.`,
      cell: late.unit.cell,
      row: late.unit.node.row,
      stage: from,
      fixes: [
        {
          label: `Make the later cells ${free}`,
          edits: cells.map(cell => tagEdit(notebook, cell.index, 'stage', free))
        }
      ].filter(fix => fix.edits.length > 0)
    });
    problems.blocked.add(plan.stage.name);
  }
}

/** N37, as far as the text shows it; the runner checks the rest. */
function kinds({ program, problems, notebook }: CrossingInput, plan: StagePlan): void {
  for (const { name, from, reader } of plan.selection.variables.values()) {
    const bound = newestWhere(program, name, reader.index, one => one.how === 'bind' && one.unit.stage === from);
    if (bound === undefined || savable(bound.unit, name)) {
      continue;
    }
    problems.add({
      code: 'E_CANNOT_CROSS',
      message: `\`${name}\` of ${cellName(bound.unit.cell)} is a figure, a file, a connection or a generator, which cannot be saved for \`${plan.stage.name}\`.`,
      next: 'Merge the two stages, make it in setup, or write a file.',
      cell: bound.unit.cell,
      row: bound.unit.node.row,
      stage: from,
      fixes: [
        {
          label: `Merge ${plan.stage.name} into ${from}`,
          edits: plan.stage.cells.map(cell => tagEdit(notebook, cell.index, 'stage', from))
        },
        { label: 'Make it in setup', edits: [tagEdit(notebook, bound.unit.cell, 'setup')] }
      ]
    });
    problems.blocked.add(plan.stage.name);
  }
}

/** Setup between two cells of a stage runs there; it must not touch what the stage hands on. */
function setupInside({ problems, notebook }: CrossingInput, plan: StagePlan): void {
  const first = plan.stage.units[0];
  for (const unit of plan.selection.included) {
    const name = [...plan.out.keys()].find(one => unit.facts.may.has(one) || unit.changed.has(one));
    if (first === undefined || unit.index < first.index || name === undefined) {
      continue;
    }
    problems.add({
      code: 'E_SETUP_INSIDE_STAGE',
      message: `${unit.stage === null ? 'Setup' : `\`${unit.stage}\``} changes \`${name}\` between the cells of \`${plan.stage.name}\`, which hands it on.`,
      next: `Move it above ${cellName(first.cell)}.`,
      cell: unit.cell,
      row: unit.node.row,
      stage: plan.stage.name,
      fixes: [{ label: `Move ${cellName(unit.cell)} above`, edits: [moveEdit(notebook, unit.cell, first.cell)] }]
    });
  }
}

/** N38: an input that the last run saw changing; readers past that stage would get the old value. */
function mutated({ plans, problems, notebook, context, body }: CrossingInput, plan: StagePlan): void {
  const facts = context.recorded?.(plan.stage.name) ?? null;
  if (facts === null || facts.script !== body(plan.stage.name)) {
    return;
  }
  const end = plan.stage.units.at(-1);
  for (const name of facts.mutated) {
    const input = plan.selection.variables.get(name);
    for (const later of plans.values()) {
      const read = later.selection.variables.get(name);
      if (
        end === undefined ||
        input === undefined ||
        read === undefined ||
        read.from !== input.from ||
        later === plan ||
        read.reader.index < end.index
      ) {
        continue;
      }
      const source = notebook.cells[end.cell]?.source ?? '';
      problems.add({
        code: 'E_INPUT_MUTATED',
        message: `\`${plan.stage.name}\` changed \`${name}\` while it ran; \`${later.stage.name}\` reads it in ${cellName(read.reader.cell)} and would get the value from before.`,
        next: `Pass it on from \`${plan.stage.name}\`.`,
        cell: read.reader.cell,
        row: read.row,
        stage: later.stage.name,
        fixes: [
          {
            label: 'Pass it on from here',
            edits: [
              {
                edit: 'source',
                cell: end.cell,
                id: notebook.cells[end.cell]?.id ?? null,
                source: `${source.replace(/\n+$/, '')}\n${name} = ${name}`
              }
            ]
          }
        ]
      });
    }
  }
}
