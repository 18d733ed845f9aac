/** What the names in paths stand for: constants of the notebook, of its modules and of classes, followed to their text (N23). */
import type { Target } from './imports.js';
import { newestBinding, type Program } from './program.js';
import { pathValues, type Known, type PathNames } from './python/paths.js';
import type { Py } from './python/tree.js';
import type { ScanContext } from './scan.js';

/** Where a name is looked up: in the notebook before statement `at`, or in a module. */
export interface Where {
  /** File of a module, '' for the notebook. */
  file: string;
  at: number;
}

/** The expression that a name was last certainly bound to, or the class of that name. */
export interface Definition {
  node: Py;
  where: Where;
}

/** Values of the local names of a function that is followed. */
export type Local = Map<string, readonly Known[] | null>;

const DEEPEST = 12;

export class ScanNames {
  constructor(
    private readonly context: ScanContext,
    private readonly refuse: (node: Py, message: string) => string
  ) {}

  at(where: Where, local: Local, depth = 0): PathNames {
    const inner = (found: Definition | null): readonly Known[] | null =>
      found === null || depth >= DEEPEST ? null : pathValues(found.node, this.at(found.where, new Map(), depth + 1));
    const shadowed = (dotted: string): boolean => local.has(dotted.split('.')[0] ?? '');
    return {
      look: name => {
        const known = local.get(name);
        if (known !== undefined) {
          return known;
        }
        return name === '__file__' && where.file !== ''
          ? [this.context.place(where.file)]
          : inner(this.definition(name, where));
      },
      member: (object, name) => (shadowed(object) ? null : inner(this.member(object, name, where))),
      item: (object, key) => (shadowed(object) ? null : inner(this.item(object, key, where))),
      param: name => (local.has(name) || where.file !== '' ? null : this.param(name, where)),
      refuse: (node, message) => this.refuse(node, message)
    };
  }

  private param(name: string, where: Where): string | null {
    const newest = newestBinding(this.context.program, name, where.at);
    const param = newest?.unit.param === true ? this.context.params.get(name) : undefined;
    return param !== undefined && ['int', 'float', 'str'].includes(param.type) ? param.key : null;
  }

  /** Is a name one of `params.yaml`, whose value may change without the text (N31)? */
  isParam(name: string, where: Where): boolean {
    return where.file === '' && newestBinding(this.context.program, name, where.at)?.unit.param === true;
  }

  /** The definition of a plain or dotted name. */
  definition(name: string, where: Where): Definition | null {
    if (where.file === '' && !name.includes('.')) {
      const newest = newestBinding(this.context.program, name, where.at);
      if (newest === undefined || newest.how !== 'bind') {
        return null;
      }
      if (newest.unit.kind !== 'import') {
        const node = boundIn(newest.unit.node, name);
        return node === null ? null : { node, where: { file: '', at: newest.unit.index } };
      }
    }
    const target = this.context.table.imports.resolve(where.file, name, one => this.inModule(one) !== null);
    const node = target === null ? null : this.inModule(target);
    return target === null || node === null ? null : { node, where: { file: target.file, at: 0 } };
  }

  /** What a plain or dotted name stands for, attributes of classes included. */
  value(path: string, where: Where): Definition | null {
    const dot = path.lastIndexOf('.');
    return dot < 0 ? this.definition(path, where) : this.member(path.slice(0, dot), path.slice(dot + 1), where);
  }

  /** The last binding of a name at the top level of a module. */
  private inModule({ file, name }: Target): Py | null {
    if (file === '' || name === '' || name.includes('.')) {
      return null;
    }
    let found: Py | null = null;
    for (const { node } of this.context.modules.statements(file)) {
      found = boundIn(node, name) ?? (COMPOUND.test(node.type) && binds(node, name) ? null : found);
    }
    return found;
  }

  /** `config.DATA`, `Config.DATA`, or `config.DATA` of `config = Config()`. */
  private member(object: string, name: string, where: Where): Definition | null {
    if (this.stores().has(`${object}.${name}`)) {
      return null;
    }
    const direct = this.definition(`${object}.${name}`, where);
    if (direct !== null) {
      return direct;
    }
    let holder = this.definition(object, where);
    if (holder?.node.type === 'call') {
      const made = holder.node.get('function');
      holder = made === undefined ? null : this.definition(made.text, holder.where);
    }
    if (holder?.node.type !== 'class_definition') {
      return null;
    }
    let found: Definition | null = null;
    for (const statement of holder.node.get('body')?.kids ?? []) {
      const node = boundIn(statement, name);
      found = node === null ? found : { node, where: holder.where };
    }
    return found;
  }

  /** Attributes that the notebook itself stores into, as they are written. */
  private stores(): ReadonlySet<string> {
    const { program } = this.context;
    let known = stored.get(program);
    if (known === undefined) {
      const nodes = program.units.flatMap(unit => [...unit.node.walk()]);
      const left = nodes.filter(node => /assignment$/.test(node.type)).map(node => node.get('left'));
      known = new Set(left.flatMap(node => (node?.type === 'attribute' ? [node.text] : [])));
      stored.set(program, known);
    }
    return known;
  }

  /** An item of a list or dict that nobody changes through a parameter. */
  private item(object: string, key: Known, where: Where): Definition | null {
    const holder = this.definition(object, where);
    if (holder === null) {
      return null;
    }
    const { node } = holder;
    if (typeof key === 'bigint' && (node.type === 'list' || node.type === 'tuple')) {
      const found = node.kids.at(Number(key));
      return found === undefined || node.kids.some(kid => kid.type === 'list_splat')
        ? null
        : { ...holder, node: found };
    }
    const names = this.at(holder.where, new Map());
    const pair = (node.type === 'dictionary' ? node.kids : []).findLast(
      kid => pathValues(kid.get('key'), names)?.at(0) === key
    );
    const value = pair?.get('value');
    return value === undefined ? null : { ...holder, node: value };
  }
}

const stored = new WeakMap<Program, ReadonlySet<string>>();

const COMPOUND = /^(if|try|for|while|with)_statement$/;

/** Does an assignment somewhere in `node` bind `name`? */
function binds(node: Py, name: string): boolean {
  return [...node.walk()].some(inner => /assignment$/.test(inner.type) && inner.get('left')?.text === name);
}

/** What `name` is bound to by a simple statement: the expression, or the class itself. */
function boundIn(statement: Py, name: string): Py | null {
  if (statement.type === 'class_definition') {
    return statement.get('name')?.text === name ? statement : null;
  }
  if (statement.type === 'decorated_definition') {
    const inner = statement.get('definition');
    return inner === undefined ? null : boundIn(inner, name);
  }
  const only = statement.type === 'expression_statement' ? statement.kids[0] : undefined;
  const [left, right] = [only?.get('left'), only?.get('right')];
  if (only?.type !== 'assignment' || left === undefined || right === undefined) {
    return null;
  }
  if (left.type === 'identifier') {
    return left.text === name ? right : null;
  }
  const at = left.kids.findIndex(kid => kid.type === 'identifier' && kid.text === name);
  return at >= 0 && right.kids.length === left.kids.length && ['tuple', 'expression_list', 'list'].includes(right.type)
    ? (right.kids[at] ?? null)
    : null;
}
