/** Which statement changes which variable in place, and which sets state (N17, N20, N35, N46). */
import { DEFAULT_OF, type FunctionTable } from './functions.js';
import { Groups } from './groups.js';
import { inForce, newestBinding, newestWhere, type Program, type Unit } from './program.js';
import { plainNames } from './python/plain.js';
import type { Py } from './python/tree.js';

/** Fills `changed` and `state` of every unit and adds `change` bindings. */
export function findChanges(program: Program, table: FunctionTable): void {
  const groups = new Groups();
  for (const unit of program.units) {
    link(program, unit, table);
    groups.follow(unit);
    change(program, unit, groups, table);
    groups.forgetInner();
  }
}

/** Finds which names `unit` renews and which may be one object after it. */
function link(program: Program, unit: Unit, table: FunctionTable): void {
  const { facts, node } = unit;
  unit.plain = plainNames(
    node,
    name => isPlain(program, name, unit.index),
    name => newestBinding(program, name, unit.index) === undefined
  );
  const simple = node.type === 'expression_statement';
  for (const name of simple ? facts.must : []) {
    const kept =
      facts.shares.some(edge => edge.left === name && edge.right === name) ||
      facts.mutations.some(one => one.name === name && one.how === 'augmented');
    if (!kept) {
      unit.renewed.push(name);
    }
  }
  const shares = (name: string): boolean => name.includes('#') || canShare(program, name, unit);
  unit.joined.push(...facts.shares.filter(one => shares(one.left) && shares(one.right)));
  for (const site of facts.calls.filter(one => one.targets.length > 0)) {
    for (const right of table.handedDefaults(site)) {
      site.targets.forEach(left => unit.joined.push({ left, right, how: 'same' }));
    }
    for (const right of table.handedOut(site).filter(shares)) {
      site.targets.forEach(left => unit.joined.push({ left, right }));
    }
  }
}

/** Imports, definitions and plain values have no parts that a change could reach. */
function canShare(program: Program, name: string, unit: Unit): boolean {
  const newest = newestWhere(program, name, unit.index + 1, one => one.how !== 'change');
  if (newest === undefined) {
    return false;
  }
  const { kind, immutable, param, node, facts } = newest.unit;
  const list = param && /[[{]/.test(node.text);
  const fixed = kind === 'definition' || (immutable && facts.reads.size === 0);
  return !(kind === 'import' || fixed || (param && !list) || isPlain(program, name, unit.index + 1));
}

/** Is `name` certainly a number, a string or a tuple of these before statement `at`, whichever binding gave it? */
function isPlain(program: Program, name: string, at: number): boolean {
  for (const { unit, how } of inForce(program, name, at)) {
    if (how === 'change' || how === 'delete' || !(unit.plain.has(name) || unit.param)) {
      return false;
    }
    if (how === 'bind') {
      return !(unit.param && /[[{]/.test(unit.node.text));
    }
  }
  return false;
}

function change(program: Program, unit: Unit, groups: Groups, table: FunctionTable): void {
  const touch = (name: string, row: number, how: 'draw' | 'change', dots: number, direct: boolean): void => {
    const newest = newestWhere(program, name, unit.index + 1, one => one.how !== 'change');
    if (newest?.unit.kind === 'import' || newest?.unit.kind === 'definition') {
      unit.state ||= how === 'change' && ((dots !== 1 && dots !== 9) || table.isVariable(name));
      return;
    }
    const reached = groups.changedWith(name, direct);
    unit.state ||= how === 'change' && reached.some(member => member.startsWith(DEFAULT_OF));
    const members = reached
      .filter(member => !member.includes('#') && program.bindings.has(member))
      .filter(member => how !== 'draw' || drawsFrom(program, groups, member, unit));
    members.forEach(member => record(program, unit, member, row));
  };
  const value = (name: string): Py | undefined => {
    const bound = newestWhere(program, name, unit.index, one => one.how === 'bind');
    const only = bound?.unit.node.kids[0];
    return only?.get('left')?.text === name ? only.get('right') : undefined;
  };
  for (const mutation of unit.facts.mutations) {
    const how = mutation.how === 'draw' ? 'draw' : 'change';
    const stored = mutation.how === 'store' || mutation.how === 'delete';
    touch(mutation.name, mutation.row, how, stored ? 0 : mutation.dots, mutation.direct);
  }
  for (const site of unit.facts.calls) {
    for (const { name, draw, bound } of table.changedBy(site)) {
      touch(name, site.row, draw ? 'draw' : 'change', 9, false);
      if (bound) {
        record(program, unit, name, site.row, 'may');
      }
    }
    unit.state ||= table.setsHeld(site, value);
    for (const { summary } of table.callees(site)) {
      unit.state ||=
        (summary.state && summary.facts.owner === '') ||
        (summary.module === '' && storesInState(program, unit, summary.stores));
    }
  }
  unit.state ||= unit.effects.state || table.held.inStatement(unit.node, value);
}

/** Is one of the names a module, something imported, or a class when `unit` runs? What is stored into these is state (N17). */
function storesInState(program: Program, unit: Unit, names: ReadonlySet<string>): boolean {
  return [...names].some(name => {
    const bound = newestWhere(program, name, unit.index + 1, one => one.how !== 'change')?.unit;
    return bound?.kind === 'import' || (bound?.kind === 'definition' && bound.facts.classes.length > 0);
  });
}

/** Drawing changes generators of stages; those of setup start anew in each stage (N46). */
function drawsFrom(program: Program, groups: Groups, name: string, unit: Unit): boolean {
  return groups.of(name).some(member => {
    const bound = newestWhere(program, member, unit.index + 1, one => one.how === 'bind');
    return bound?.unit.generator === true && bound.unit.role === 'stage';
  });
}

/** `how` is `may` for a name that a call binds through `global`, though nothing above does. */
function record(program: Program, unit: Unit, name: string, row: number, how: 'change' | 'may' = 'change'): void {
  const bindings = program.bindings.get(name) ?? [];
  if (unit.changed.has(name)) {
    return;
  }
  const earlier = bindings.some(one => one.unit.index < unit.index && one.how !== 'delete');
  if (!earlier && how === 'change' && !unit.facts.may.has(name)) {
    return;
  }
  program.bindings.set(name, bindings);
  unit.changed.set(name, row);
  if (unit.facts.may.has(name)) {
    return;
  }
  const place = bindings.findIndex(one => one.unit.index > unit.index);
  bindings.splice(place < 0 ? bindings.length : place, 0, { unit, how: earlier ? 'change' : how });
}
