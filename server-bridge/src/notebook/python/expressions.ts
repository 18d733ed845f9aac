/** The part of the walk that knows scopes and expressions; statements are in `bindings.ts`. */
import { querySource, recordCall } from './calls.js';
import type { BodyFacts, CallSite } from './facts.js';
import { localNames, parameters, targetNames } from './names.js';
import { lookUp, type Scope } from './scopes.js';
import { dotted, roots } from './sharing.js';
import type { Py } from './tree.js';

export abstract class ExpressionWalk {
  readonly returns = new Set<string>();
  protected scope: Scope;
  protected bound = new Set<string>();
  protected nested = 0;
  protected readonly isModule: boolean;
  protected readonly sites = new Map<Py, CallSite>();
  private marks = 0;

  /** `body` is a function's body, null for module level. */
  constructor(
    protected readonly facts: BodyFacts,
    body: Py | null
  ) {
    this.isModule = body === null;
    const names = body === null ? { locals: new Set<string>(), globals: new Set<string>() } : localNames(body);
    this.scope = { kind: 'body', mark: '', locals: names.locals, globals: names.globals, up: null };
  }

  abstract statement(node: Py): void;
  abstract returned(node: Py): void;

  protected key(name: string): string {
    return lookUp(this.scope, name).key;
  }

  protected use(name: string, row: number): void {
    const found = lookUp(this.scope, name);
    if (found.inner || found.local || (this.nested === 0 && this.bound.has(name))) {
      return;
    }
    const rows = this.nested > 0 ? this.facts.deferred : this.facts.reads;
    if (!rows.has(name)) {
      rows.set(name, row);
    }
  }

  protected bind(name: string): void {
    let at: Scope = this.scope;
    while (at.kind === 'comprehension' && at.up !== null) {
      at = at.up;
    }
    if (at.globals.has(name)) {
      this.facts.globalBinds.add(name);
    } else if (at.kind !== 'body') {
      at.locals.add(name);
    } else {
      this.facts.may.add(name);
      this.bound.add(name);
    }
  }

  protected mutate(node: Py | undefined, how: 'store' | 'delete', row: number, deep = false): void {
    const dots = dotted(node).split('.').length;
    const direct = node?.type === 'identifier' && !deep;
    roots(node).forEach(root => this.facts.mutations.push({ name: this.key(root), row, how, dots, direct }));
  }

  /** `into`: the value was put into what is left. */
  protected share(left: string, node: Py | undefined, into = false): void {
    const how = into ? 'part' : node?.type === 'identifier' ? 'same' : isItem(node) ? 'taken' : undefined;
    roots(node).forEach(root => this.facts.shares.push({ left, right: this.key(root), how }));
  }

  protected branch(run: () => void): Set<string> {
    const before = this.bound;
    this.bound = new Set(before);
    run();
    const after = this.bound;
    this.bound = before;
    return after;
  }

  protected child(node: Py, field: string): void {
    node.all(field).forEach(kid => this.expression(kid));
  }

  protected inner(kind: Scope['kind'], locals: Iterable<string>, run: () => void, globals = new Set<string>()): void {
    this.scope = { kind, mark: `#${++this.marks}`, locals: new Set(locals), globals, up: this.scope };
    this.nested += kind === 'function' ? 1 : 0;
    run();
    this.nested -= kind === 'function' ? 1 : 0;
    this.scope = this.scope.up ?? this.scope;
  }

  protected target(node: Py, value: Py | undefined): void {
    if (node.type === 'identifier') {
      this.bind(node.text);
      this.share(this.key(node.text), value);
    } else if (node.type === 'attribute' || node.type === 'subscript') {
      const holder = node.get(node.type === 'attribute' ? 'object' : 'value');
      node.kids.filter(kid => kid.field !== 'attribute').forEach(kid => this.expression(kid));
      this.mutate(holder, 'store', node.row);
      roots(holder).forEach(root => this.share(this.key(root), value, holder?.type === 'identifier'));
    } else {
      const parts = node.kids;
      const values = value !== undefined && ['tuple', 'expression_list', 'list'].includes(value.type) ? value.kids : [];
      const paired = values.length === parts.length && !values.some(kid => kid.type === 'list_splat');
      parts.forEach((part, index) => {
        if (paired) {
          this.target(part, values[index]);
        } else {
          this.target(part, value);
        }
      });
    }
  }

  protected expression(node: Py): void {
    switch (node.type) {
      case 'identifier':
        this.use(node.text, node.row);
        return;
      case 'attribute':
        this.child(node, 'object');
        return;
      case 'keyword_argument':
        this.child(node, 'value');
        return;
      case 'dotted_name':
        this.use(node.kids[0]?.text ?? node.text, node.row);
        return;
      case 'named_expression': {
        this.child(node, 'value');
        const name = node.get('name')?.text ?? '';
        this.bind(name);
        this.share(this.key(name), node.get('value'));
        return;
      }
      case 'lambda': {
        const { names, evaluated } = parameters(node.get('parameters'));
        evaluated.forEach(value => this.expression(value));
        this.inner('function', names, () => this.child(node, 'body'));
        return;
      }
      case 'conditional_expression':
      case 'boolean_operator':
        this.branch(() => node.kids.forEach(kid => this.expression(kid)));
        return;
      case 'list_comprehension':
      case 'set_comprehension':
      case 'dictionary_comprehension':
      case 'generator_expression':
        this.comprehension(node);
        return;
      case 'call':
        node.kids.forEach(kid => this.expression(kid));
        this.called(recordCall(node, this.facts, name => this.key(name)));
        return;
      case 'assignment':
      case 'block':
      case 'expression_statement':
      case 'function_definition':
      case 'class_definition':
        this.statement(node);
        return;
      case 'yield':
        node.kids.forEach(kid => this.returned(kid));
        return;
      default:
        node.kids.forEach(kid => this.expression(kid));
    }
  }

  protected called(site: CallSite): void {
    this.sites.set(site.node, site);
    querySource(site).forEach(name => this.use(name, site.row));
  }

  protected comprehension(node: Py): void {
    const clauses = node.kids.filter(kid => kid.type === 'for_in_clause');
    const first = clauses[0];
    first?.all('right').forEach(right => this.expression(right));
    const locals = clauses.flatMap(clause => clause.all('left').flatMap(targetNames));
    const outer =
      first
        ?.all('right')
        .flatMap(roots)
        .map(root => this.key(root)) ?? [];
    this.inner('comprehension', locals, () => {
      this.branch(() => {
        for (const clause of clauses) {
          const held =
            clause === first
              ? outer
              : clause
                  .all('right')
                  .flatMap(roots)
                  .map(root => this.key(root));
          for (const name of clause.all('left').flatMap(targetNames)) {
            held.forEach(right => this.facts.shares.push({ left: this.key(name), right }));
          }
          if (clause !== first) {
            clause.all('right').forEach(right => this.expression(right));
          }
        }
        node.kids.filter(kid => kid.type !== 'for_in_clause').forEach(kid => this.expression(kid));
      });
    });
  }
}

/** `d["key"]`, which is a part of `d` and no view: arrays have no such keys. */
function isItem(node: Py | undefined): boolean {
  const [key, ...more] = node?.type === 'subscript' ? node.all('subscript') : [];
  return key?.type === 'string' && more.length === 0 && node?.get('value')?.type === 'identifier';
}
