/** Checks of what crosses between stages: order, sharing, kinds of values, recorded facts (N21, N34–N38). */
import type { AnalysisContext } from './context.js';
import type { NotebookText } from './notebook.js';
import type { GroupsAt } from './changes.js';
import type { StagePlan } from './plan.js';
import { savable } from './plan.js';
import { cellName, tagEdit, type Problems } from './problems.js';
import { inForce, type Program } from './program.js';

export interface CrossingInput {
  program: Program;
  plans: ReadonlyMap<string, StagePlan>;
  groups: GroupsAt;
  notebook: NotebookText;
  context: AnalysisContext;
  problems: Problems;
  /** Text of a stage's script without line 1, as it would be written now. */
  body(stage: string): string;
}

export function checkCrossing(input: CrossingInput): void {
  for (const plan of input.plans.values()) {
    slicesReading(input, plan);
    torn(input, plan);
    splitAround(input, plan);
    kinds(input, plan);
    sharedInputs(input, plan);
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
      next: setup ? 'Make the cell a stage.' : `Give \`${name}\` to the function as an argument.`,
      cell: unit.cell,
      row,
      stage: plan.stage.name,
      fixes: setup
        ? [
            { label: `Make it the stage ${free}`, edits: [tagEdit(notebook, unit.cell, 'stage', free)] },
            { label: `Add it to ${from}`, edits: [tagEdit(notebook, unit.cell, 'stage', from)] }
          ]
        : []
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
    const bound = inForce(program, name, reader.index).find(one => one.how === 'bind' && one.unit.stage === from);
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

/**
 * Two inputs that may be one object arrive as two: a change of one would miss the other (N35, N38). What the recorded
 * output of the producer says of sharing decides; before its first run the text does.
 */
function sharedInputs({ plans, problems, notebook, groups, context, body }: CrossingInput, plan: StagePlan): void {
  const at = groups.get(plan.stage.units[0]?.index ?? -1);
  const end = plan.stage.units.at(-1)?.index ?? -1;
  const { variables, included } = plan.selection;
  for (const variable of variables.values()) {
    for (const other of at?.get(variable.name) ?? []) {
      const inSlice = [...included].some(unit => unit.facts.may.has(other));
      const changer = plan.stage.units.find(unit => unit.changed.has(variable.name) && unit.changed.has(other));
      const twice = variables.has(other) && other < variable.name;
      if (other === variable.name || twice || changer === undefined || !(variables.has(other) || inSlice)) {
        continue;
      }
      const needed = [...plans.values()].some(
        one =>
          (one !== plan && one.selection.variables.get(other)?.from === plan.stage.name) ||
          one.selection.variables.get(variable.name)?.from === plan.stage.name
      );
      const readHere = plan.stage.units.some(
        unit => unit.index >= changer.index && unit.index <= end && unit.facts.reads.has(other)
      );
      const facts = context.recorded?.(variable.from) ?? null;
      const known = facts !== null && facts.script === body(variable.from);
      const shared = !known || facts.shared.some(pair => pair.includes(variable.name) && pair.includes(other));
      if (shared && (needed || readHere)) {
        problems.add({
          code: 'E_SHARED_INPUTS',
          message: `\`${variable.name}\` and \`${other}\` may be one object; \`${plan.stage.name}\` changes it in ${cellName(changer.cell)}, which only one of the two saved values would see.`,
          next: `Copy one of them in \`${variable.from}\`, or merge the two stages.`,
          cell: changer.cell,
          row: changer.node.row,
          stage: plan.stage.name,
          fixes: [
            {
              label: `Merge ${plan.stage.name} into ${variable.from}`,
              edits: plan.stage.cells.map(cell => tagEdit(notebook, cell.index, 'stage', variable.from))
            }
          ]
        });
      }
    }
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
