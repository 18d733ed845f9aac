/** Follows a stage's statements, and the functions they call, and tells each file access with its path (N23). */
import type { Callee, FunctionTable } from './functions.js';
import type { Param } from './params.js';
import { newestBinding, type Program, type Unit } from './program.js';
import { accesses, type AccessMode } from './python/access.js';
import { argumentsOf } from './python/calls.js';
import { targetNames } from './python/names.js';
import { pathTexts, type PathNames } from './python/paths.js';
import { calleeName, dotted } from './python/sharing.js';
import type { Py } from './python/tree.js';

export interface FileEvent {
  mode: AccessMode;
  /** Text of the path as the code spells it, with `${key}` for parameters; null when it cannot be told. */
  text: string | null;
  ending: string;
  /** The call that does it, for the eye. */
  how: string;
  unit: Unit;
  row: number;
}

export interface ScanContext {
  program: Program;
  table: FunctionTable;
  params: ReadonlyMap<string, Param>;
  stage: string;
  refuse(unit: Unit, row: number, message: string): void;
}

/** Rounds of loops that are followed in one statement. */
const LIMIT = 256;

type Local = Map<string, string[] | null>;

/** File accesses of one statement, in the order of the text. */
export function fileEvents(context: ScanContext, unit: Unit): FileEvent[] {
  const scan = new Scan(context, unit);
  scan.visit(unit.node, new Map(), 0, null);
  return scan.events;
}

class Scan {
  readonly events: FileEvent[] = [];
  private readonly active = new Set<Py>();
  private rounds = 0;

  constructor(
    private readonly context: ScanContext,
    private readonly unit: Unit
  ) {}

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
      case 'for_statement': {
        const [left, right] = [node.get('left'), node.get('right')];
        const rest = node.kids.filter(kid => kid !== left && kid !== right);
        if (right !== undefined) {
          this.visit(right, local, depth, row);
        }
        this.loop(left, right, local, () => rest.forEach(kid => this.visit(kid, local, depth, row)));
        return;
      }
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

  private assign(node: Py, local: Local): void {
    const left = node.get('left');
    if (left?.type === 'identifier') {
      local.set(left.text, pathTexts(node.get('right'), this.names(local)));
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

  /** Runs the body once for each item of a literal list, or of a constant that is one; else once with unknown names. */
  private loop(left: Py | undefined, right: Py | undefined, local: Local, run: () => void): void {
    const names = left === undefined ? [] : left.type === 'identifier' ? [left] : left.kids;
    const items = this.items(right, local, 0);
    if (items === null || items.length === 0 || this.rounds + items.length > LIMIT) {
      names.flatMap(targetNames).forEach(name => local.set(name, null));
      run();
      return;
    }
    this.rounds += items.length;
    for (const item of items) {
      const values = left?.type === 'identifier' ? [item] : item.kids;
      const texts = names.map((_, at) =>
        values.length === names.length ? pathTexts(values[at], this.names(local)) : null
      );
      names.forEach((name, at) => targetNames(name).forEach(one => local.set(one, texts[at] ?? null)));
      run();
    }
  }

  private items(node: Py | undefined, local: Local, depth: number): Py[] | null {
    if (node === undefined || depth > 4) {
      return null;
    }
    if (['list', 'tuple', 'set', 'expression_list'].includes(node.type)) {
      return node.kids;
    }
    if (node.type === 'dictionary') {
      return node.kids.map(pair => pair.get('key') ?? pair);
    }
    if (node.type === 'call' && calleeName(node) === 'items') {
      const map = this.constant(node.get('function')?.get('object'), local);
      return map?.type === 'dictionary' ? map.kids : null;
    }
    if (node.type === 'identifier' && !local.has(node.text)) {
      return this.items(this.constant(node, local), local, depth + 1);
    }
    return null;
  }

  /** The expression that a name was last certainly bound to. */
  private constant(node: Py | undefined, local: Local): Py | undefined {
    if (node?.type !== 'identifier' || local.has(node.text)) {
      return node;
    }
    const newest = newestBinding(this.context.program, node.text, this.unit.index);
    const assignment = newest?.how === 'bind' ? newest.unit.node.kids[0] : undefined;
    return assignment?.type === 'assignment' ? assignment.get('right') : undefined;
  }

  private names(local: Local, at = this.unit.index, depth = 0): PathNames {
    const { program, params } = this.context;
    return {
      look: name => {
        const known = local.get(name);
        if (known !== undefined) {
          return known;
        }
        const newest = newestBinding(program, name, at);
        const assignment = newest?.how === 'bind' && depth < 12 ? newest.unit.node.kids[0] : undefined;
        const simple = assignment?.type === 'assignment' && assignment.get('left')?.type === 'identifier';
        return simple
          ? pathTexts(assignment.get('right'), this.names(new Map(), newest?.unit.index ?? at, depth + 1))
          : null;
      },
      param: name => {
        if (local.has(name)) {
          return null;
        }
        const newest = newestBinding(program, name, at);
        const param = newest?.unit.param === true ? params.get(name) : undefined;
        return param !== undefined && ['int', 'float', 'str'].includes(param.type) ? param.key : null;
      },
      refuse: (row, message) => this.context.refuse(this.unit, row, message)
    };
  }

  private call(node: Py, local: Local, depth: number, row: number | null): void {
    const callees = this.context.table.callees({ callee: dotted(node.get('function')), method: calleeName(node) });
    // `savefig("one")` may be a function of the notebook that bears a library's name: its body tells.
    const own = node.get('function')?.type === 'identifier' && callees.some(({ shift }) => shift === 0);
    const names = this.names(local);
    for (const access of own ? [] : accesses(node)) {
      const how = dotted(node.get('function')) || calleeName(node);
      const texts = pathTexts(access.path, names) ?? [null];
      for (const text of texts) {
        this.events.push({
          mode: access.mode,
          text,
          ending: access.ending,
          how,
          unit: this.unit,
          row: row ?? node.row
        });
      }
    }
    if (depth < 4) {
      this.follow(node, callees, local, depth, row);
    }
  }

  /** The bodies of called functions, with the texts of their arguments. */
  private follow(node: Py, callees: readonly Callee[], local: Local, depth: number, row: number | null): void {
    for (const { summary, shift } of callees) {
      const body = summary.facts.node.get('body');
      if (body === undefined || this.active.has(body)) {
        continue;
      }
      const inner: Local = new Map();
      summary.facts.params.forEach(name => inner.set(name, null));
      this.defaults(summary.facts.node, inner);
      argumentsOf(node).forEach((arg, index) => {
        const named = arg.type === 'keyword_argument';
        const name = named ? (arg.get('name')?.text ?? '') : (summary.facts.params[index + shift] ?? '');
        if (name !== '' && arg.type !== 'list_splat') {
          inner.set(name, pathTexts(named ? arg.get('value') : arg, this.names(local)));
        }
      });
      this.active.add(body);
      this.visit(body, inner, depth + 1, row ?? node.row);
      this.active.delete(body);
    }
  }

  private defaults(definition: Py, inner: Local): void {
    for (const kid of definition.get('parameters')?.kids ?? []) {
      const value = kid.get('value');
      if (value !== undefined) {
        targetNames(kid.get('name') ?? kid).forEach(name => inner.set(name, pathTexts(value, this.names(new Map()))));
      }
    }
  }
}
