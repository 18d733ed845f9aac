/**
 * Two inputs that may be one object arrive as two: a change of one would miss the other (N35, N38). What the recorded
 * output of the producer says of sharing decides; before its first run the text does.
 */
import type { CrossingInput } from './crossing.js';
import { Groups } from './groups.js';
import type { StagePlan } from './plan.js';
import { cellName, tagEdit } from './problems.js';
import type { Program, Unit } from './program.js';

export function checkSharedInputs(input: CrossingInput, plan: StagePlan): void {
  const { variables, included } = plan.selection;
  if (variables.size === 0 || plan.stage.units.every(unit => unit.changed.size === 0)) {
    return;
  }
  const setup = new Set([...included].flatMap(unit => [...unit.facts.may]));
  if (!mayMeet(input.program, [...variables.keys()], name => variables.has(name) || setup.has(name))) {
    return;
  }
  const own = ownGroups(plan);
  const groups = new Groups();
  for (const unit of input.program.units) {
    if (unit.stage !== plan.stage.name) {
      groups.follow(unit);
      groups.forgetInner();
      continue;
    }
    for (const name of unit.changed.size === 0 ? [] : variables.keys()) {
      for (const other of groups.of(name)) {
        const arrives = other !== name && (variables.has(other) || setup.has(other));
        if (arrives && missed(input, plan, unit, own.of(name), own.of(other)) && mayShare(input, plan, name, other)) {
          report(input, plan, unit, name, other);
        }
      }
    }
  }
}

/** Could two of what arrives share at all, whatever the order? */
function mayMeet(program: Program, names: readonly string[], arrives: (name: string) => boolean): boolean {
  const groups = everGroups(program);
  return names.some(name => groups.of(name).some(other => other !== name && arrives(other)));
}

const ever = new WeakMap<Program, Groups>();

/** Names that share anywhere in the notebook. */
function everGroups(program: Program): Groups {
  const known = ever.get(program);
  if (known !== undefined) {
    return known;
  }
  const groups = new Groups();
  for (const { joined } of program.units) {
    groups.follow({ renewed: [], joined });
    groups.forgetInner();
  }
  ever.set(program, groups);
  return groups;
}

/** Names that the stage's own statements derive from one another. */
function ownGroups(plan: StagePlan): Groups {
  const groups = new Groups();
  for (const { facts } of plan.stage.units) {
    facts.shares.forEach(edge => groups.join(edge));
    for (const site of facts.calls) {
      site.targets.forEach(left => site.args.forEach(arg => arg.names.forEach(right => groups.join({ left, right }))));
    }
  }
  return groups;
}

/** Is one side changed here and the other seen from here on, in the stage or by a later one? */
function missed({ plans }: CrossingInput, plan: StagePlan, changer: Unit, left: string[], right: string[]): boolean {
  const changes = (names: string[]): boolean => names.some(name => changer.changed.has(name));
  const seen = (names: string[]): boolean =>
    names.some(
      name =>
        [...plans.values()].some(one => one.selection.variables.get(name)?.from === plan.stage.name) ||
        plan.stage.units.some(
          unit => unit.index >= changer.index && (unit.facts.reads.has(name) || unit.facts.deferred.has(name))
        )
    );
  return (changes(left) && seen(right)) || (changes(right) && seen(left));
}

function mayShare({ context, body }: CrossingInput, plan: StagePlan, name: string, other: string): boolean {
  const producer = plan.selection.variables.get(name)?.from ?? '';
  const facts = context.recorded?.(producer) ?? null;
  return (
    facts === null ||
    facts.script !== body(producer) ||
    facts.shared.some(both => both.includes(name) && both.includes(other))
  );
}

function report(
  { problems, notebook }: CrossingInput,
  plan: StagePlan,
  changer: Unit,
  name: string,
  other: string
): void {
  const from = plan.selection.variables.get(name)?.from ?? '';
  const [first, second] = [name, other].sort();
  problems.add({
    code: 'E_SHARED_INPUTS',
    message: `\`${first ?? ''}\` and \`${second ?? ''}\` may be one object; \`${plan.stage.name}\` changes it in ${cellName(changer.cell)}, which only one of the two saved values would see.`,
    next: `Copy one of them in \`${from}\`, or merge the two stages.`,
    cell: changer.cell,
    row: changer.node.row,
    stage: plan.stage.name,
    fixes: [
      {
        label: `Merge ${plan.stage.name} into ${from}`,
        edits: plan.stage.cells.map(cell => tagEdit(notebook, cell.index, 'stage', from))
      }
    ]
  });
}
