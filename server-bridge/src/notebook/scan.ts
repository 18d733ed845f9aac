/** Follows a stage's statements, and the functions they call, and tells each file access with its path (N23). */
import type { Callee, FunctionTable } from './functions.js';
import type { Modules } from './modules.js';
import type { Param } from './params.js';
import type { Program, Unit } from './program.js';
import { accesses, type AccessMode } from './python/access.js';
import { argumentsOf } from './python/calls.js';
import { isMain, survives } from './python/guards.js';
import { targetNames } from './python/names.js';
import { pathTexts, pathValues, REFUSED, type PathNames } from './python/paths.js';
import { calleeName, dotted } from './python/sharing.js';
import type { Py } from './python/tree.js';
import { loopItems, MOST_ROUNDS, type Item } from './scan-items.js';
import { branchesOf, truthOf } from './scan-truth.js';
import { ScanNames, type Local, type Where } from './scan-names.js';

export interface FileEvent {
  mode: AccessMode;
  /** Text of the path as the code spells it, with `${key}` for parameters; null when it cannot be told. */
  text: string | null;
  ending: string;
  /** The code goes on when the file is not there. */
  optional: boolean;
  /** The call that does it, for the eye. */
  how: string;
  unit: Unit;
  row: number;
}

export interface ScanContext {
  program: Program;
  table: FunctionTable;
  modules: Modules;
  params: ReadonlyMap<string, Param>;
  /** A module's file relative to the notebook's folder. */
  place(file: string): string;
  /** `node` is the text that holds the parameter. */
  refuse(unit: Unit, row: number, node: Py, message: string): void;
}

const DEEPEST = 4;

/** File accesses of one statement, in the order of the text. */
export function fileEvents(context: ScanContext, unit: Unit): FileEvent[] {
  if (!calls(unit.node)) {
    return [];
  }
  const scan = new Scan(context, unit, { file: '', at: unit.index });
  scan.visit(unit.node, new Map(), 0, null);
  return scan.events;
}

const calling = new WeakMap<Py, boolean>();

/** Only calls open files. */
function calls(node: Py): boolean {
  const known = calling.get(node) ?? (node.type === 'call' || node.kids.some(calls));
  calling.set(node, known);
  return known;
}

/** What a module reads while `unit` imports it; a script that `unit` runs may write too. */
export function moduleEvents(context: ScanContext, unit: Unit, file: string): FileEvent[] {
  const scan = new Scan(context, unit, { file, at: 0 });
  const script = context.modules.isScript(file);
  for (const { node } of context.modules.statements(file)) {
    if (script || !isMain(node)) {
      scan.visit(node, new Map(), 0, unit.node.row);
    }
  }
  return scan.events.filter(event => script || isRead(event.mode));
}

function isRead(mode: AccessMode): boolean {
  return mode === 'read' || mode === 'list' || mode === 'check' || mode === 'database';
}

/** Functions that call what they are given, once for each part of something. */
const APPLY =
  /^(map|imap|imap_unordered|starmap|apply|applymap|apply_async|filter|transform|agg|aggregate|pipe|sorted|sort|min|max|reduce|submit|partial|delayed)$/;

/** In a loop a name that its body binds may hold what an earlier round left. */
function forgetBound(body: Py, local: Local): void {
  for (const node of body.walk()) {
    if (node.type === 'assignment' || node.type === 'augmented_assignment') {
      const left = node.get('left');
      for (const name of left === undefined ? [] : targetNames(left)) {
        local.set(name, null);
      }
    }
  }
}

class Scan {
  readonly events: FileEvent[] = [];
  private readonly active = new Set<Py>();
  private readonly finder: ScanNames;
  /** What cannot stand in a path; most of it stands in none. */
  private readonly refused: { node: Py; message: string }[] = [];
  private rounds = 0;
  private optional = 0;
  /** Inside a branch that is certainly not taken: what it reads is a dep only while it is there, what it writes is no out. */
  private dead = 0;

  constructor(
    private readonly context: ScanContext,
    private readonly unit: Unit,
    private where: Where
  ) {
    this.finder = new ScanNames(context, (node, message) => {
      this.refused.push({ node, message });
      return `${REFUSED}${this.refused.length - 1}${REFUSED}`;
    });
  }

  /** `row` is the row of the call in the cell when the text is that of a function elsewhere. */
  visit(node: Py, local: Local, depth: number, row: number | null): void {
    switch (node.type) {
      case 'function_definition':
      case 'lambda':
        return;
      case 'assignment':
        node.kids.forEach(kid => this.visit(kid, local, depth, row));
        this.assign(node, local);
        return;
      case 'augmented_assignment': {
        node.kids.forEach(kid => this.visit(kid, local, depth, row));
        const left = node.get('left');
        if (left?.type === 'identifier') {
          local.set(left.text, null);
        }
        return;
      }
      case 'while_statement':
        forgetBound(node, local);
        node.kids.forEach(kid => this.visit(kid, local, depth, row));
        return;
      case 'for_statement': {
        const [left, right] = [node.get('left'), node.get('right')];
        const rest = node.kids.filter(kid => kid !== left && kid !== right);
        if (right !== undefined) {
          this.visit(right, local, depth, row);
        }
        rest.forEach(kid => forgetBound(kid, local));
        this.loop(left, right, local, () => rest.forEach(kid => this.visit(kid, local, depth, row)));
        return;
      }
      case 'if_statement':
      case 'conditional_expression':
        this.branches(node, local, (kid, one) => this.visit(kid, one, depth, row));
        return;
      case 'try_statement':
        this.attempt(node, kid => this.visit(kid, local, depth, row));
        return;
      case 'list_comprehension':
      case 'set_comprehension':
      case 'dictionary_comprehension':
      case 'generator_expression':
        this.clauses(
          node.kids.filter(kid => kid.type === 'for_in_clause'),
          local,
          right => this.visit(right, local, depth, row),
          () => node.kids.filter(kid => kid.type !== 'for_in_clause').forEach(kid => this.visit(kid, local, depth, row))
        );
        return;
      case 'call':
        node.kids.forEach(kid => this.visit(kid, local, depth, row));
        this.call(node, local, depth, row);
        return;
      default:
    }
    node.kids.forEach(kid => this.visit(kid, local, depth, row));
  }

  /** Reads in a `try` that goes on without the file are optional. */
  private attempt(node: Py, visit: (kid: Py) => void): void {
    const body = node.get('body');
    const goesOn = survives(node);
    for (const kid of node.kids) {
      this.optional += goesOn && kid === body ? 1 : 0;
      visit(kid);
      this.optional -= goesOn && kid === body ? 1 : 0;
    }
  }

  /** Each branch goes on from what holds before it; afterwards a name has the values of every way through. */
  private branches(node: Py, local: Local, visit: (kid: Py, local: Local) => void): void {
    const ends: Local[] = [];
    for (const branch of branchesOf(node, one => truthOf(this.finder, one, local, this.where))) {
      const mine: Local = new Map(local);
      this.dead += branch.dead ? 1 : 0;
      if (branch.node !== null) {
        visit(branch.node, mine);
      }
      this.dead -= branch.dead ? 1 : 0;
      if (branch.way && !branch.dead) {
        ends.push(mine);
      }
    }
    for (const name of new Set(ends.flatMap(end => [...end.keys()]))) {
      const values = ends.map(end => end.get(name) ?? null);
      const all = values.every(each => each !== null) ? [...new Set(values.flat())] : null;
      local.set(name, all);
    }
  }

  private names(local: Local): PathNames {
    return this.finder.at(this.where, local);
  }

  private assign(node: Py, local: Local): void {
    const left = node.get('left');
    if (left?.type === 'identifier') {
      local.set(left.text, pathValues(node.get('right'), this.names(local)));
    } else if (left !== undefined) {
      this.bind(left, { values: null, parts: loopItems(this.finder, node.get('right'), local, this.where) }, local);
    }
  }

  /** What a comprehension goes over is read too: `[line for line in open("a.txt")]`. */
  private clauses(clauses: readonly Py[], local: Local, over: (right: Py) => void, run: () => void): void {
    const [first, ...rest] = clauses;
    if (first === undefined) {
      run();
      return;
    }
    const right = first.get('right');
    if (right !== undefined) {
      over(right);
    }
    this.loop(first.get('left'), right, local, () => this.clauses(rest, local, over, run));
  }

  /** Runs the body once for each round where the text tells them; else once with unknown names. */
  private loop(left: Py | undefined, right: Py | undefined, local: Local, run: () => void): void {
    const items = loopItems(this.finder, right, local, this.where);
    if (items === null || items.length === 0 || this.rounds + items.length > MOST_ROUNDS) {
      this.bind(left, { values: null, parts: null }, local);
      run();
      return;
    }
    this.rounds += items.length;
    for (const item of items) {
      this.bind(left, item, local);
      run();
    }
  }

  private bind(left: Py | undefined, item: Item, local: Local): void {
    if (left === undefined) {
      return;
    }
    if (left.type === 'identifier') {
      local.set(left.text, item.values);
    } else if (item.parts?.length === left.kids.length && !left.kids.some(kid => /splat/.test(kid.type))) {
      left.kids.forEach((kid, at) => this.bind(kid, item.parts?.[at] ?? { values: null, parts: null }, local));
    } else {
      targetNames(left).forEach(name => local.set(name, null));
    }
  }

  private call(node: Py, local: Local, depth: number, row: number | null): void {
    const site = { callee: dotted(node.get('function')), method: calleeName(node) };
    const callees = this.context.table.callees(site, this.where.file);
    // `savefig("one")` may be a function of the notebook that bears a library's name: its body tells.
    const own = node.get('function')?.type === 'identifier' && callees.some(({ shift }) => shift === 0);
    const names = this.names(local);
    for (const access of own ? [] : accesses(node)) {
      const how = dotted(node.get('function')) || calleeName(node);
      const texts = pathTexts(access.path, names) ?? [null];
      for (const told of texts) {
        const text = this.accepted(told);
        const { mode, ending } = access;
        if (mode === 'remove' && !(depth === 0 && texts.length === 1 && this.isStatement(node))) {
          continue; // under a condition it may stay
        }
        const optional = this.optional > 0 || this.dead > 0;
        if (this.dead > 0 && !isRead(mode)) {
          continue;
        }
        this.events.push({ mode, text, ending, optional, how, unit: this.unit, row: row ?? node.row });
      }
    }
    if (depth < DEEPEST) {
      this.follow(node, callees, local, depth, row);
      this.handed(node, local, depth, row);
      this.delayed(node, local, depth, row);
    }
  }

  /** Whether a call is a statement of its own in the cell: it is made whenever the cell runs. */
  private isStatement(node: Py): boolean {
    const { type, kids } = this.unit.node;
    return type === 'expression_statement' && kids[0] === node;
  }

  /** The text, null where it holds what was refused: said now that it is the path of a file. */
  private accepted(text: string | null): string | null {
    const [, at] = text?.split(REFUSED) ?? [];
    const found = at === undefined ? undefined : this.refused[Number(at)];
    if (found !== undefined) {
      this.context.refuse(this.unit, found.node.row, found.node, found.message);
    }
    return at === undefined ? text : null;
  }

  /** The bodies of called functions, with the texts of their arguments. */
  private follow(node: Py, callees: readonly Callee[], local: Local, depth: number, row: number | null): void {
    for (const { summary, shift } of callees) {
      const given: Local = new Map();
      argumentsOf(node).forEach((arg, index) => {
        const named = arg.type === 'keyword_argument';
        const name = named ? (arg.get('name')?.text ?? '') : (summary.facts.params[index + shift] ?? '');
        if (name !== '' && arg.type !== 'list_splat') {
          given.set(name, pathValues(named ? arg.get('value') : arg, this.names(local)));
        }
      });
      this.enter(summary, given, depth, row ?? node.row);
    }
  }

  private enter(summary: Callee['summary'], given: Local, depth: number, row: number): void {
    const { node, params } = summary.facts;
    const body = node.get('body');
    if (body === undefined || this.active.has(body)) {
      return;
    }
    const before = this.where;
    this.where = summary.module === before.file ? before : { file: summary.module, at: this.unit.index };
    const inner: Local = new Map();
    params.forEach(name => inner.set(name, null));
    this.defaults(node, inner);
    given.forEach((values, name) => inner.set(name, values));
    this.active.add(body);
    this.visit(body, inner, depth + 1, row);
    this.active.delete(body);
    this.where = before;
  }

  private defaults(definition: Py, inner: Local): void {
    for (const kid of definition.get('parameters')?.kids ?? []) {
      const value = kid.get('value');
      if (value !== undefined) {
        targetNames(kid.get('name') ?? kid).forEach(name => inner.set(name, pathValues(value, this.names(new Map()))));
      }
    }
  }

  /** Functions and lambdas that a call is given: `map(load, paths)`, `sorted(x, key=rank)`. What others may call only reads. */
  private handed(node: Py, local: Local, depth: number, row: number | null): void {
    const args = argumentsOf(node);
    const applies = APPLY.test(calleeName(node));
    const from = this.events.length;
    for (const arg of args) {
      const value = arg.type === 'keyword_argument' ? arg.get('value') : arg;
      const rest = arg.type === 'keyword_argument' ? [] : args.slice(args.indexOf(arg) + 1);
      const rounds = calleeName(node) === 'partial' ? null : this.roundsOf(node, rest, local);
      if (value?.type === 'lambda') {
        const params = (value.get('parameters')?.kids ?? []).flatMap(kid => targetNames(kid.get('name') ?? kid));
        for (const item of rounds ?? [null]) {
          const inner: Local = new Map(local);
          params.forEach((name, at) => inner.set(name, at === 0 ? (item?.values ?? null) : null));
          value.all('body').forEach(body => this.visit(body, inner, depth + 1, row ?? node.row));
        }
        continue;
      }
      const path = value?.type === 'identifier' || value?.type === 'attribute' ? dotted(value) : '';
      if (path === '' || local.has(path)) {
        continue;
      }
      for (const summary of this.context.table.named(path, this.where.file)) {
        for (const item of rounds ?? [null]) {
          const given: Local = new Map();
          if (item !== null) {
            given.set(summary.facts.params[0] ?? '', item.values);
          } else if (calleeName(node) === 'partial') {
            rest.forEach((one, at) => this.give(one, summary.facts.params[at] ?? '', local, given));
          }
          this.enter(summary, given, depth, row ?? node.row);
        }
      }
    }
    if (!applies) {
      const kept = this.events.splice(from).filter(event => isRead(event.mode));
      this.events.push(...kept);
    }
  }

  private give(arg: Py, name: string, local: Local, given: Local): void {
    const named = arg.type === 'keyword_argument';
    given.set(
      named ? (arg.get('name')?.text ?? '') : name,
      pathValues(named ? arg.get('value') : arg, this.names(local))
    );
  }

  /** The rounds of `map(f, [...])` and of a pool's `map`. */
  private roundsOf(node: Py, rest: readonly Py[], local: Local): Item[] | null {
    return /^(map|imap|imap_unordered)$/.test(calleeName(node)) && rest.length === 1
      ? loopItems(this.finder, rest[0], local, this.where)
      : null;
  }

  /** `delayed(load)("a.csv")`. */
  private delayed(node: Py, local: Local, depth: number, row: number | null): void {
    const made = node.get('function');
    const [first] =
      made?.type === 'call' && /^(delayed|partial|remote)$/.test(calleeName(made)) ? argumentsOf(made) : [];
    const path = dotted(first);
    const callees =
      path === ''
        ? []
        : this.context.table.named(path, this.where.file).map(summary => ({ summary, shift: 0 as const }));
    this.follow(node, callees, local, depth, row);
  }
}
