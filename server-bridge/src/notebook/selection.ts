/** What one stage needs beside its own cells: the slice, its variables in, its parameters (N13–N21, N34). */
import { BUILTINS, SESSION_NAMES } from './builtins.js';
import { inForce, newestBinding, type Binding, type Program, type Stage, type Unit } from './program.js';
import { boundAbove } from './python/names.js';
import { wordsOf } from './python/calls.js';
import type { Reach } from './reach.js';

export interface VariableIn {
  name: string;
  from: string;
  /** The statement of that stage whose value it is. */
  binding: Unit;
  /** The statement that reads it. */
  reader: Unit;
  row: number;
}

/** A name that nothing binds above the statement that reads it. */
export interface Missing {
  name: string;
  unit: Unit;
  row: number;
  kind: 'session' | 'deleted' | 'unbound';
}

export interface Selection {
  stage: Stage;
  /** Statements of other cells that its script holds. */
  included: Set<Unit>;
  variables: Map<string, VariableIn>;
  params: Map<string, Unit>;
  missing: Missing[];
  /** Slice statements that read a stage's value while they run, with its name and stage. */
  slicesReading: { unit: Unit; name: string; row: number; from: string }[];
  /** A name that the stage would need in two versions: from `from`, after its own statement `own` used or bound it. */
  torn: { name: string; from: Unit; own: Unit; reader: Unit }[];
  dynamic: boolean;
}

/** `passed` are names that later stages take from this one, `carried` definitions that its inputs may need (N40). */
export function select(
  program: Program,
  reach: Reach,
  stage: Stage,
  passed: ReadonlySet<string>,
  carried: Iterable<Unit>
): Selection {
  return new Selecting(program, reach, stage).run(passed, carried);
}

interface Reading {
  unit: Unit;
  row: number;
  /** The read may never happen: no error when nothing binds the name. */
  lenient: boolean;
}

class Selecting {
  private readonly selection: Selection;
  private readonly visited = new Set<number>();
  private readonly coded = new Set<string>();
  private readonly sources = new Map<string, { key: string; reader: Unit }>();
  private readonly last: number;

  constructor(
    private readonly program: Program,
    private readonly reach: Reach,
    private readonly stage: Stage
  ) {
    this.last = stage.units.at(-1)?.index ?? -1;
    this.selection = {
      stage,
      included: new Set(),
      variables: new Map(),
      params: new Map(),
      missing: [],
      slicesReading: [],
      torn: [],
      dynamic: false
    };
  }

  run(passed: ReadonlySet<string>, carried: Iterable<Unit>): Selection {
    this.acts();
    for (const unit of this.stage.units) {
      this.reads(unit, unit.kind === 'definition');
    }
    const end = this.stage.units.at(-1);
    if (end !== undefined) {
      for (const name of passed) {
        this.resolve(name, end.index + 1, { unit: end, row: end.node.row, lenient: true });
      }
    }
    for (const unit of end === undefined ? [] : carried) {
      this.include(unit);
      this.expand(unit, end?.index ?? 0);
    }
    this.dynamicNames();
    return this.selection;
  }

  /** Statements that every later stage runs (N15–N18). */
  private acts(): void {
    for (const unit of actsOf(this.program)) {
      if (unit.index > this.last) {
        break;
      }
      if (!this.own(unit)) {
        this.include(unit);
      }
    }
  }

  private dynamicNames(): void {
    const all = [...this.stage.units, ...this.selection.included];
    this.selection.dynamic = all.some(unit => unit.effects.dynamic);
    if (this.selection.dynamic) {
      const above = this.program.units.filter(unit => unit.index < this.last && unit.stage === null && !unit.param);
      above.filter(unit => unit.kind !== 'empty').forEach(unit => this.include(unit));
      for (const unit of all.filter(one => this.own(one) || one.effects.dynamic)) {
        const at = this.own(unit) ? unit.index : this.last;
        const texts = [...unit.node.walk()].filter(node => node.type === 'string_content');
        new Set(texts.flatMap(node => wordsOf(node.text))).forEach(name => this.hint(name, at, unit));
      }
      this.selection.missing = this.selection.missing.filter(one => one.kind !== 'unbound');
    }
  }

  private reads(unit: Unit, lazy: boolean): void {
    const { facts, index } = unit;
    for (const [name, row] of facts.reads) {
      this.resolve(name, index, { unit, row, lenient: false });
    }
    for (const [name, row] of lazy ? [] : facts.deferred) {
      this.resolve(name, index, { unit, row, lenient: true });
    }
    facts.hinted.forEach(name => this.hint(name, index, unit));
    for (const name of facts.soft) {
      const newest = newestBinding(this.program, name, index);
      if (newest !== undefined && newest.unit.stage === null) {
        this.resolve(name, index, { unit, row: unit.node.row, lenient: true });
      }
    }
  }

  /** A word that is a name if anything binds it. */
  private hint(name: string, at: number, unit: Unit): void {
    if (newestBinding(this.program, name, at) !== undefined) {
      this.resolve(name, at, { unit, row: unit.node.row, lenient: true });
    }
  }

  private own(unit: Unit): boolean {
    return unit.stage === this.stage.name;
  }

  /** Finds what `name` is before statement `at` and takes it in. */
  private resolve(name: string, at: number, reading: Reading): void {
    let found = false;
    const newest = newestBinding(this.program, name, at);
    for (const binding of newest === undefined ? [] : inForce(this.program, name, at)) {
      const outcome = this.take(name, at, binding, reading);
      if (outcome === 'done') {
        return;
      }
      if (outcome === 'deleted') {
        if (!reading.lenient && !found) {
          this.selection.missing.push({ name, unit: reading.unit, row: reading.row, kind: 'deleted' });
        }
        return;
      }
      found = true;
    }
    if (found || reading.lenient || BUILTINS.has(name)) {
      return;
    }
    if (!boundAbove(reading.unit.node, name, reading.row)) {
      const kind = SESSION_NAMES.test(name) ? 'session' : 'unbound';
      this.selection.missing.push({ name, unit: reading.unit, row: reading.row, kind });
    }
  }

  private take(name: string, at: number, binding: Binding, reading: Reading): 'done' | 'deleted' | 'more' {
    const { unit, how } = binding;
    if (how === 'delete') {
      return unit.node.type === 'delete_statement' ? 'deleted' : 'more';
    }
    if (this.own(unit)) {
      this.expandFor(reading, unit, at);
      this.fromHere(name, 'own', reading.unit);
      return how === 'bind' ? 'done' : 'more';
    }
    if (unit.param && how === 'bind') {
      this.selection.params.set(name, unit);
      this.fromHere(name, 'setup', reading.unit);
      return 'done';
    }
    if (unit.stage === null || (how === 'bind' && travels(this.program, unit))) {
      this.include(unit);
      this.expandFor(reading, unit, at);
      this.fromHere(name, 'setup', reading.unit);
      return how === 'bind' ? 'done' : 'more';
    }
    this.variable(name, binding, reading);
    return 'done';
  }

  private variable(name: string, { unit }: Binding, reading: Reading): void {
    const from = unit.stage ?? '';
    if (!this.own(reading.unit)) {
      this.selection.slicesReading.push({ unit: reading.unit, name, row: reading.row, from });
      return;
    }
    const earlier = (this.program.bindings.get(name) ?? []).find(
      one => this.own(one.unit) && one.unit.index < unit.index
    );
    const known = this.sources.get(name);
    if (earlier !== undefined) {
      this.selection.torn.push({ name, from: unit, own: earlier.unit, reader: reading.unit });
    } else if (known !== undefined && known.key !== from && known.key !== 'own') {
      this.selection.torn.push({ name, from: unit, own: known.reader, reader: reading.unit });
    }
    this.fromHere(name, from, reading.unit);
    if (!this.selection.variables.has(name)) {
      this.selection.variables.set(name, { name, from, binding: unit, reader: reading.unit, row: reading.row });
    }
  }

  private fromHere(name: string, key: string, reader: Unit): void {
    if (this.own(reader) && !this.sources.has(name)) {
      this.sources.set(name, { key, reader });
    }
  }

  private include(unit: Unit): void {
    if (this.own(unit) || this.selection.included.has(unit) || unit.index > this.last) {
      return;
    }
    this.selection.included.add(unit);
    for (const [name, row] of unit.facts.reads) {
      this.resolve(name, unit.index, { unit, row, lenient: false });
    }
    for (const name of unit.facts.reads.keys()) {
      this.code(name, unit);
    }
    if (unit.kind !== 'definition') {
      for (const name of unit.facts.deferred.keys()) {
        this.code(name, unit);
      }
      for (const site of unit.facts.calls) {
        for (const name of [site.callee, ...site.args.map(arg => arg.plain ?? '')]) {
          const held = newestBinding(this.program, name, unit.index);
          if (held !== undefined) {
            this.expand(held.unit, unit.index, unit);
          }
        }
      }
    }
  }

  /** Code that a slice statement hands on or may call later; values of stages are looked for where it is called (N14). */
  private code(name: string, unit: Unit): void {
    const newest = newestBinding(this.program, name, unit.index);
    const key = `${name}:${newest?.unit.index ?? ''}@${unit.index}`;
    if (
      newest === undefined ||
      this.coded.has(key) ||
      !(newest.unit.stage === null || travels(this.program, newest.unit))
    ) {
      return;
    }
    this.coded.add(key);
    this.resolve(name, unit.index, { unit, row: unit.node.row, lenient: true });
    for (const inner of newest.unit.facts.deferred.keys()) {
      this.code(inner, unit);
    }
  }

  /** Only what the stage's own statements use is called at their place. */
  private expandFor(reading: Reading, unit: Unit, at: number): void {
    if (this.own(reading.unit)) {
      this.expand(unit, at);
    }
  }

  /** Names that `unit`'s functions read when they are called at `at` (N14), also through objects that hold them. */
  private expand(unit: Unit, at: number, caller: Unit | null = null): void {
    const place = this.reach.settled(unit, at) && caller === null ? 0 : at + 1;
    const key = unit.index * (this.program.units.length + 2) + place;
    if (this.visited.has(key)) {
      return;
    }
    this.visited.add(key);
    const reader = caller ?? this.stage.units.find(one => one.index >= at) ?? this.stage.units.at(-1);
    if (reader === undefined) {
      return;
    }
    for (const [name] of unit.facts.deferred) {
      const row = reader.node.row;
      this.resolve(name, at, { unit: reader, row, lenient: true });
      // What a statement of the slice calls runs here, with all that it calls in turn; `resolve` follows own statements alone.
      for (const { unit: held } of caller === null ? [] : inForce(this.program, name, at)) {
        if (held.stage === null || travels(this.program, held)) {
          this.expand(held, at, caller);
        }
      }
    }
    for (const [name] of unit.facts.reads) {
      const captured = newestBinding(this.program, name, unit.index);
      if (captured !== undefined) {
        this.expand(captured.unit, at, caller);
      }
    }
  }
}

const acting = new WeakMap<Program, Unit[]>();

/** Statements that every stage below runs, in order; the same for all stages, so found once. */
function actsOf(program: Program): Unit[] {
  const known = acting.get(program);
  if (known !== undefined) {
    return known;
  }
  const found = program.units.filter(
    unit => !unit.param && (unit.stage === null ? unit.act : travelsAsAct(unit) && !readsStage(program, unit))
  );
  acting.set(program, found);
  return found;
}

/** Definitions with effects and state setters of a stage run in all later stages too (N15–N17). */
export function travelsAsAct(unit: Unit): boolean {
  return (
    (unit.act && (unit.kind === 'definition' || unit.kind === 'import')) ||
    (unit.state && unit.node.type === 'expression_statement')
  );
}

/** Does it read a value that only a stage can give? */
export function readsStage(program: Program, unit: Unit): boolean {
  return [...unit.facts.reads.keys()].some(name => {
    const newest = newestBinding(program, name, unit.index);
    return newest !== undefined && newest.unit.stage !== null && !travels(program, newest.unit);
  });
}

/** Does this statement of a stage cell travel as code (N13)? Constants only when nothing in them can change. */
export function travels(program: Program, unit: Unit): boolean {
  if (unit.kind === 'import' || unit.kind === 'definition') {
    return true;
  }
  if (unit.kind !== 'constant' || !unit.immutable) {
    return false;
  }
  return [...unit.facts.reads.keys()].every(name => {
    const newest = newestBinding(program, name, unit.index);
    if (newest === undefined) {
      return true;
    }
    const { unit: bound, how } = newest;
    return how === 'bind' && (bound.param || travels(program, bound));
  });
}
