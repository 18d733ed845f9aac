/** All stages together: which variables cross between them, and what each script holds (N9a, N34, N36, N40). */
import type { Program, Stage, Unit } from './program.js';
import { newestBinding, newestWhere } from './program.js';
import { Reach } from './reach.js';
import { select, travels, type Selection } from './selection.js';

export interface StagePlan {
  stage: Stage;
  selection: Selection;
  /** Variables out: name → the reason it is saved. */
  out: Map<string, 'read' | 'scratch' | 'previous'>;
  /** Inputs that may be one object, and the stage whose run has both and tells; filled by `shared-inputs.ts` (N38). */
  apart: { pair: [string, string]; seenBy: string }[];
}

export interface Previous {
  /** Variables out of the last script. */
  out: readonly string[];
  /** The stage's own code is what it was at the last compile (N9a). */
  sameCode: (plan: StagePlan) => boolean;
}

/** Plans every stage; `previous` gives the last compile of a stage, if there was one. */
export function planStages(program: Program, previous: (stage: string) => Previous | null): Map<string, StagePlan> {
  const passed = new Map<string, Set<string>>();
  const carried = new Map<string, Set<Unit>>();
  const reach = new Reach(program);
  const found = new Map<string, StagePlan>();
  // What a stage needs depends on what it hands on and carries: only stages for which these grew are looked at again. Readers
  // stand below producers, so that most are done after one way up.
  const stages = [...program.stages.values()].reverse();
  let open = new Set(program.stages.keys());
  for (let round = 0; round < 50 && open.size > 0; round++) {
    for (const stage of stages.filter(one => open.has(one.name))) {
      open.delete(stage.name);
      const names = passed.get(stage.name) ?? new Set();
      const selection = select(program, reach, stage, names, carried.get(stage.name) ?? []);
      found.set(stage.name, { stage, selection, out: new Map(), apart: [] });
      hand(selection, passed).forEach(name => open.add(name));
    }
    open = new Set([...open, ...carry(found, carried)]);
  }
  const plans = new Map<string, StagePlan>();
  for (const name of program.stages.keys()) {
    const plan = found.get(name);
    if (plan !== undefined) {
      passed.get(name)?.forEach(variable => plan.out.set(variable, 'read'));
      plans.set(name, plan);
    }
  }
  for (const plan of plans.values()) {
    keepEarlier(program, plan, previous(plan.stage.name));
  }
  return plans;
}

/** Names that a reader takes become outs of their producers; told are the producers of new ones. */
function hand(selection: Selection, passed: Map<string, Set<string>>): Set<string> {
  const grew = new Set<string>();
  for (const { name, from } of selection.variables.values()) {
    const names = passed.get(from) ?? new Set();
    passed.set(from, names);
    if (!names.has(name)) {
      names.add(name);
      grew.add(from);
    }
  }
  return grew;
}

/** A value may be an instance of a notebook class or hold a function: its readers' slices hold them too (N40). */
function carry(plans: ReadonlyMap<string, StagePlan>, carried: Map<string, Set<Unit>>): Set<string> {
  const grew = new Set<string>();
  for (const { stage, selection } of plans.values()) {
    const units = carried.get(stage.name) ?? new Set();
    carried.set(stage.name, units);
    const before = units.size;
    for (const from of new Set([...selection.variables.values()].map(one => one.from))) {
      const plan = plans.get(from);
      (plan === undefined ? [] : definitionsIn(plan)).forEach(unit => units.add(unit));
    }
    if (units.size > before) {
      grew.add(stage.name);
    }
  }
  return grew;
}

const APPLIED = new Set(
  'apply map applymap filter transform agg aggregate pipe sorted sort sort_values max min reduce starmap submit'.split(
    ' '
  )
);

const held = new WeakMap<StagePlan, Unit[]>();

function definitionsIn(plan: StagePlan): Unit[] {
  const known = held.get(plan) ?? findDefinitions(plan);
  held.set(plan, known);
  return known;
}

function findDefinitions(plan: StagePlan): Unit[] {
  const units = [...plan.stage.units, ...plan.selection.included];
  const handed = new Set<string>();
  for (const site of units.flatMap(unit => unit.facts.calls)) {
    if (!APPLIED.has(site.method)) {
      site.args.forEach(arg => arg.plain !== null && handed.add(arg.plain));
    }
  }
  units.flatMap(unit => unit.facts.shares).forEach(edge => handed.add(edge.right));
  const holds = (unit: Unit): boolean =>
    unit.facts.classes.length > 0 || (unit.kind === 'definition' && [...unit.facts.may].some(name => handed.has(name)));
  return units.filter(unit => unit.kind === 'definition' && holds(unit));
}

/** N9a: the list of the last compile only grows while the stage's own code stays; else scratch readers count anew. */
function keepEarlier(program: Program, plan: StagePlan, previous: Previous | null): void {
  if (previous !== null && previous.sameCode(plan)) {
    const own = new Set(plan.stage.units.flatMap(unit => [...unit.facts.may, ...unit.changed.keys()]));
    previous.out.filter(name => own.has(name) && !plan.out.has(name)).forEach(name => plan.out.set(name, 'previous'));
    return;
  }
  const end = plan.stage.units.at(-1)?.index ?? -1;
  for (const unit of program.scratch) {
    for (const name of unit.facts.reads.keys()) {
      if (!plan.out.has(name) && producedFor(program, plan, name, unit, end)) {
        plan.out.set(name, 'scratch');
      }
    }
  }
}

/**
 * Is `name`, as the scratch statement reads it, a value that this stage certainly binds, or that a stage above bound and this
 * one changes, and that can be saved?
 */
function producedFor(program: Program, plan: StagePlan, name: string, reader: Unit, end: number): boolean {
  const newest = newestBinding(program, name, reader.index);
  if (newest === undefined || newest.unit.stage !== plan.stage.name || newest.unit.kind === 'import') {
    return false;
  }
  const atEnd = newestBinding(program, name, end + 1);
  const binder = newestWhere(program, name, end + 1, one => one.how === 'bind');
  if (binder === undefined || binder.unit.stage === null || newest.how === 'delete' || atEnd?.how === 'delete') {
    return false;
  }
  const changed = atEnd?.how === 'change' && atEnd.unit.stage === plan.stage.name;
  const own = binder.unit.stage === plan.stage.name || (changed && plan.selection.variables.has(name));
  return own && !travels(program, binder.unit) && savable(binder.unit, name);
}

const UNSAVABLE =
  /(^|\.)(subplots|figure|gcf|gca|axes|add_subplot|open|connect|cursor|plot|hist|scatter|boxplot|heatmap|imshow|barplot|lineplot|scatterplot|histplot|relplot|catplot|pairplot|FacetGrid|socket|Thread|Lock|Popen|Session|create_engine)$|^(iter|zip|map|filter)$/;

const ITERATOR = /^(iter|zip|map|filter)$/;

/** A scratch reader alone is no reason to save a figure, a connection or a generator (N37). */
export function savable(unit: Unit, name: string): boolean {
  if (unit.node.type === 'with_statement' || unit.node.type === 'for_statement') {
    const file = unit.node.kids[0]?.text ?? '';
    return !(unit.node.type === 'with_statement' && new RegExp(`\\bas\\s+\\(?${name}\\b`).test(file));
  }
  const value = unit.node.kids[0]?.get('right');
  // `a, b = zip(*pairs)` runs the generator: the names are its items.
  const unpacked = /^(pattern_list|tuple_pattern|list_pattern)$/.test(unit.node.kids[0]?.get('left')?.type ?? '');
  if (value?.type === 'generator_expression') {
    return unpacked;
  }
  const callee = unit.facts.calls.at(-1)?.callee || `.${unit.facts.calls.at(-1)?.method ?? ''}`;
  return value?.type !== 'call' || !UNSAVABLE.test(callee) || (unpacked && ITERATOR.test(callee));
}
