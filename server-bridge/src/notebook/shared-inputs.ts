/**
 * Two inputs that may be one object arrive as two: a change of one would miss the other (N35, N38). The text only
 * suspects; the run of the stage that had both tells. Where no stage has both, the text decides. A suspicion goes into the
 * script, since that run may be still to come: the runner looks before it begins, also under plain `dvc`.
 */
import type { CrossingInput } from './crossing.js';
import { Groups } from './groups.js';
import type { StagePlan } from './plan.js';
import { cellName, tagEdit } from './problems.js';
import type { Program, Unit } from './program.js';

export function checkSharedInputs(input: CrossingInput, plan: StagePlan): void {
  const { variables, included } = plan.selection;
  seenChanging(input, plan);
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
        if (arrives && missed(input, plan, unit, own.of(name), own.of(other))) {
          suspect(input, plan, unit, name, other);
        }
      }
    }
  }
}

/** What the text did not tell: the stage's last run changed an input, and its producer's run saw that another one is part of it. */
function seenChanging(input: CrossingInput, plan: StagePlan): void {
  const { variables } = plan.selection;
  const facts = input.context.recorded?.(plan.stage.name) ?? null;
  const first = plan.stage.units[0];
  if (facts === null || first === undefined || facts.script !== input.body(plan.stage.name)) {
    return;
  }
  for (const name of facts.mutated) {
    const from = variables.get(name)?.from;
    const producer = from === undefined ? null : (input.context.recorded?.(from) ?? null);
    const partner = producer?.shared
      .filter(pair => pair.includes(name))
      .map(([left, right]) => (left === name ? right : left))
      .find(other => variables.get(other)?.from === from);
    if (partner !== undefined) {
      report(input, plan, variables.get(name)?.reader ?? first, name, partner);
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

/** Names that the stage's own statements may make one object. */
function ownGroups(plan: StagePlan): Groups {
  const groups = new Groups();
  plan.stage.units.flatMap(unit => unit.joined).forEach(edge => groups.join(edge));
  return groups;
}

/** Does one change here reach both sides, and is one seen from here on, in the stage or by a later one? */
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
  return changes(left) && changes(right) && (seen(left) || seen(right));
}

function suspect(input: CrossingInput, plan: StagePlan, changer: Unit, name: string, other: string): void {
  const seenBy = whoSaw(input, plan, name, other);
  if (seenBy === null) {
    report(input, plan, changer, name, other);
    return;
  }
  const pair: [string, string] = name < other ? [name, other] : [other, name];
  if (plan.apart.every(known => known.pair.join() !== pair.join())) {
    plan.apart.push({ pair, seenBy });
  }
  const facts = input.context.recorded?.(seenBy) ?? null;
  if (facts?.script === input.body(seenBy) && facts.shared.some(both => both.join() === pair.join())) {
    report(input, plan, changer, name, other);
  }
}

/**
 * The stage that has both variables at its end, and would see it if they share: it makes both, or makes one and takes in
 * the other. One whose own inputs may be one object already works on two copies, and sees nothing.
 */
function whoSaw({ program, plans }: CrossingInput, plan: StagePlan, name: string, other: string): string | null {
  const { variables } = plan.selection;
  const left = variables.get(name)?.from;
  const right = variables.get(other)?.from;
  if (left === undefined || right === undefined) {
    return null;
  }
  const takes = (stage: string, one: string, from: string): boolean =>
    stage === from || plans.get(stage)?.selection.variables.get(one)?.from === from;
  const seen = [left, right].find(stage => takes(stage, other, right) && takes(stage, name, left));
  const one = seen === undefined ? undefined : plans.get(seen);
  return one === undefined || arriveShared(program, one) ? null : one.stage.name;
}

/** May two inputs of a stage be one object, by the text above it? What setup makes anew in its process counts as one. */
function arriveShared(program: Program, { stage, selection }: StagePlan): boolean {
  const groups = new Groups();
  for (const unit of program.units) {
    if (unit.stage === stage.name) {
      break;
    }
    groups.follow(unit);
    groups.forgetInner();
  }
  const arrives = new Set([
    ...selection.variables.keys(),
    ...[...selection.included].flatMap(unit => [...unit.facts.may])
  ]);
  const names = [...selection.variables.keys()];
  return names.some(name => groups.of(name).some(other => other !== name && arrives.has(other)));
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
