/** Scope-aware walk over one body of code: what it reads, binds, changes and hands on (spec/notebook.md N34, N35). */
import { ExpressionWalk } from './expressions.js';
import { emptyBody, type BodyFacts, type FunctionFacts } from './facts.js';
import { importNames, localNames, parameters, patternNames, targetNames } from './names.js';
import { roots, dotted } from './sharing.js';
import type { Py } from './tree.js';

/** Facts of a top-level statement; `unevaluated`: its cell has `from __future__ import annotations`. */
export function statementFacts(statement: Py, unevaluated = false): BodyFacts {
  const facts = emptyBody();
  const walk = new Walk(facts, null, unevaluated);
  walk.statement(statement);
  walk.finish();
  return facts;
}

/** Facts of a function's or lambda's body; `owner` is the class of a method. */
export function functionFacts(node: Py, owner: string): FunctionFacts {
  const { names, star } = parameters(node.get('parameters'));
  const facts = emptyBody();
  const body = node.get('body');
  const walk = new Walk(facts, body ?? null);
  walk.parameters(names);
  const imports: Py[] = [];
  if (body !== undefined && node.type === 'lambda') {
    walk.returned(body);
  } else if (body !== undefined) {
    body.kids.forEach(kid => walk.statement(kid));
    imports.push(
      ...[...body.walk()].filter(kid => kid.type === 'import_statement' || kid.type === 'import_from_statement')
    );
  }
  walk.finish();
  return {
    name: node.get('name')?.text ?? '',
    owner,
    params: names,
    star,
    node,
    body: facts,
    returns: walk.returns,
    imports
  };
}

class Walk extends ExpressionWalk {
  private className = '';

  constructor(
    facts: BodyFacts,
    body: Py | null,
    private readonly unevaluated = false
  ) {
    super(facts, body);
  }

  parameters(names: string[]): void {
    names.forEach(name => this.scope.locals.add(name));
  }

  /** Where annotations are not evaluated, something may still ask for their names later, as `get_type_hints` does. */
  private annotation(node: Py): void {
    if (this.unevaluated) {
      this.inner('function', [], () => this.expression(node));
    } else {
      this.expression(node);
    }
  }

  returned(node: Py): void {
    this.expression(node);
    roots(node).forEach(root => this.returns.add(this.key(root)));
    const site = this.sites.get(plainValue(node));
    if (site !== undefined) {
      site.targets.push('return');
    }
  }

  finish(): void {
    this.facts.must = new Set([...this.bound].filter(name => this.facts.may.has(name)));
  }

  statement(node: Py): void {
    switch (node.type) {
      case 'expression_statement':
      case 'block':
        node.kids.forEach(kid => this.statement(kid));
        return;
      case 'assignment':
        this.assignment(node);
        return;
      case 'augmented_assignment':
        this.augmented(node);
        return;
      case 'delete_statement':
        node.kids
          .flatMap(kid => (kid.type === 'expression_list' ? kid.kids : [kid]))
          .forEach(kid => this.deletion(kid));
        return;
      case 'if_statement':
        this.conditional(node);
        return;
      case 'for_statement':
        this.loop(node);
        return;
      case 'while_statement':
        this.child(node, 'condition');
        this.branch(() => this.blocks(node.get('body')));
        this.branch(() => this.blocks(node.get('alternative')?.get('body')));
        return;
      case 'try_statement':
        this.attempt(node);
        return;
      case 'with_statement':
        this.context(node);
        return;
      case 'match_statement':
        this.matching(node);
        return;
      case 'decorated_definition':
        node.kids.filter(kid => kid.type === 'decorator').forEach(kid => this.expression(kid));
        node.all('definition').forEach(kid => this.statement(kid));
        return;
      case 'function_definition':
        this.definition(node);
        return;
      case 'class_definition':
        this.classDefinition(node);
        return;
      case 'import_statement':
      case 'import_from_statement':
        importNames(node)
          .filter(name => name !== '*')
          .forEach(name => this.bind(name));
        return;
      case 'future_import_statement':
      case 'global_statement':
      case 'nonlocal_statement':
        return;
      case 'return_statement':
        node.kids.forEach(kid => this.returned(kid));
        return;
      case 'type_alias_statement':
        this.inner('function', [], () => node.all('right').forEach(kid => this.expression(kid)));
        node.all('left').forEach(kid => targetNames(kid).forEach(name => this.bind(name)));
        return;
      default:
        this.expression(node);
    }
  }

  private blocks(node: Py | undefined): void {
    node?.kids.forEach(kid => this.statement(kid));
  }

  private assignment(node: Py): void {
    const targets: Py[] = [];
    let at: Py | undefined = node;
    let value: Py | undefined;
    while (at !== undefined && at.type === 'assignment') {
      targets.push(...at.all('left'));
      at.all('type').forEach(kid => this.annotation(kid));
      value = at.get('right');
      at = value;
    }
    if (value === undefined) {
      return;
    }
    if (value.type === 'augmented_assignment') {
      this.augmented(value);
    } else {
      this.expression(value);
    }
    targets.forEach(target => this.target(target, value));
    if (value.type === 'lambda' && this.nested === 0) {
      const made = functionFacts(value, '');
      targets
        .filter(target => target.type === 'identifier')
        .forEach(target => this.facts.functions.push({ ...made, name: target.text }));
    }
    const site = this.sites.get(plainValue(value));
    site?.targets.push(...targets.flatMap(targetNames).map(name => this.key(name)));
  }

  /** Binds or stores into a target; `value` is what it gets. */

  private augmented(node: Py): void {
    const left = node.get('left');
    this.child(node, 'right');
    if (left === undefined) {
      return;
    }
    this.expression(left);
    if (left.type === 'identifier') {
      this.facts.mutations.push({ name: this.key(left.text), row: node.row, how: 'augmented', dots: 0, direct: true });
      this.bind(left.text);
    } else {
      // `df["a"] += 1` may change the column itself, not only put another one in.
      const deep = left.type !== 'attribute';
      this.mutate(left.get(left.type === 'attribute' ? 'object' : 'value'), 'store', node.row, deep);
    }
  }

  private deletion(node: Py): void {
    this.expression(node);
    if (node.type !== 'identifier') {
      this.mutate(node.get(node.type === 'attribute' ? 'object' : 'value'), 'delete', node.row);
    } else if (this.scope.kind === 'body') {
      this.facts.deletes.add(node.text);
      this.bound.delete(node.text);
    }
  }

  private conditional(node: Py): void {
    const ends: Set<string>[] = [];
    this.child(node, 'condition');
    const take = (block: Py | undefined): void => {
      const after = this.branch(() => this.blocks(block));
      if (!leaves(block)) {
        ends.push(after);
      }
    };
    take(node.get('consequence'));
    let open =
      node.get('condition')?.text !== "__name__ == '__main__'" &&
      node.get('condition')?.text !== '__name__ == "__main__"';
    for (const clause of node.all('alternative')) {
      this.child(clause, 'condition');
      take(clause.get('consequence') ?? clause.get('body'));
      open = open && clause.type !== 'else_clause';
    }
    if (open) {
      ends.push(this.bound);
    }
    this.meet(ends);
  }

  private meet(ends: Set<string>[]): void {
    const [first, ...rest] = ends;
    if (first !== undefined) {
      this.bound = new Set([...first].filter(name => rest.every(set => set.has(name))));
    }
  }

  private loop(node: Py): void {
    const right = node.get('right');
    const left = node.get('left');
    this.child(node, 'right');
    this.branch(() => {
      if (left !== undefined) {
        this.target(left, right);
      }
      this.blocks(node.get('body'));
    });
    this.branch(() => this.blocks(node.get('alternative')?.get('body')));
  }

  private attempt(node: Py): void {
    const ends: Set<string>[] = [];
    const handlers = node.kids.filter(kid => kid.type === 'except_clause');
    const tried = this.branch(() => {
      this.blocks(node.get('body'));
      this.blocks(node.kids.find(kid => kid.type === 'else_clause')?.get('body'));
    });
    ends.push(tried);
    for (const handler of handlers) {
      const block = handler.kids.find(kid => kid.type === 'block');
      const after = this.branch(() => {
        handler.kids.filter(kid => kid.type !== 'block').forEach(kid => this.asPattern(kid));
        this.blocks(block);
        handler.all('value').forEach(kid => aliasNames(kid).forEach(name => this.bound.delete(name)));
      });
      if (!leaves(block)) {
        ends.push(after);
      }
    }
    this.meet(ends);
    const last = node.kids.find(kid => kid.type === 'finally_clause');
    this.blocks(last?.kids.find(kid => kid.type === 'block'));
  }

  private context(node: Py): void {
    const items = node.kids.find(kid => kid.type === 'with_clause')?.kids ?? [];
    items.forEach(item => item.all('value').forEach(value => this.asPattern(value)));
    if (items.some(item => /suppress|raises/.test(item.text))) {
      this.branch(() => this.blocks(node.get('body')));
    } else {
      this.blocks(node.get('body'));
    }
  }

  /** `expression as target` of `with` and `except`. */
  private asPattern(node: Py): void {
    const plain = node.type === 'parenthesized_expression' || node.type === 'tuple' ? node.kids : [node];
    for (const item of plain) {
      const alias = item.type === 'as_pattern' ? item.kids.find(kid => kid.type === 'as_pattern_target') : undefined;
      if (alias === undefined) {
        this.expression(item);
        continue;
      }
      const value = item.kids[0];
      if (value !== undefined) {
        this.expression(value);
      }
      alias.kids.forEach(kid => this.target(kid, value));
    }
  }

  private matching(node: Py): void {
    this.child(node, 'subject');
    const ends: Set<string>[] = [];
    let open = true;
    for (const clause of node.get('body')?.kids ?? []) {
      const patterns = clause.kids.filter(kid => kid.type === 'case_pattern');
      const after = this.branch(() => {
        for (const pattern of patterns) {
          this.patternReads(pattern);
          for (const name of patternNames(pattern)) {
            this.bind(name);
            node.all('subject').forEach(subject => this.share(this.key(name), subject));
          }
        }
        clause.all('guard').forEach(guard => this.expression(guard));
        this.blocks(clause.get('consequence'));
      });
      ends.push(after);
      open = open && !(clause.get('guard') === undefined && patterns.some(pattern => /^\w+$/.test(pattern.text)));
    }
    this.meet(open ? [...ends, this.bound] : ends);
  }

  private patternReads(node: Py): void {
    if (node.type === 'dotted_name' && (node.kids.length > 1 || node.field === 'class')) {
      this.use(node.kids[0]?.text ?? '', node.row);
    } else if (node.type === 'class_pattern') {
      this.use(node.kids[0]?.kids[0]?.text ?? '', node.row);
      node.kids.slice(1).forEach(kid => this.patternReads(kid));
    } else {
      node.kids.forEach(kid => this.patternReads(kid));
    }
  }

  private definition(node: Py): void {
    const { names, evaluated } = parameters(node.get('parameters'));
    evaluated.forEach(value => (value.field === 'type' ? this.annotation(value) : this.expression(value)));
    node.all('return_type').forEach(kid => this.annotation(kid));
    const owner = this.scope.kind === 'class' ? this.scope.mark : '';
    if (this.nested === 0) {
      this.facts.functions.push(functionFacts(node, owner === '' ? '' : this.className));
    }
    const body = node.get('body');
    if (body !== undefined) {
      const { locals, globals } = localNames(body);
      const types = node
        .all('type_parameters')
        .flatMap(kid => [...kid.walk()].filter(one => one.type === 'identifier'));
      const inside = [...locals, ...names, ...types.map(one => one.text)];
      const { mutations, shares, calls } = this.facts;
      const before = [mutations.length, shares.length, calls.length];
      this.inner('function', inside, () => this.blocks(body), globals);
      if (this.isModule) {
        // Making a function does nothing yet; what its body does is in its own facts.
        [mutations, shares, calls].forEach((list, at) => list.splice(before[at] ?? 0));
      }
    }
    this.bind(node.get('name')?.text ?? '');
  }

  private classDefinition(node: Py): void {
    const name = node.get('name')?.text ?? '';
    const bases = node.get('superclasses');
    bases?.kids.forEach(kid => this.expression(kid));
    if (this.nested === 0) {
      const plain = (bases?.kids ?? []).filter(kid => kid.type !== 'keyword_argument');
      this.facts.classes.push({ name, bases: plain.map(kid => dotted(kid) || kid.text), node });
    }
    const outer = this.className;
    this.className = name;
    const types = node.all('type_parameters').flatMap(kid => [...kid.walk()].filter(one => one.type === 'identifier'));
    this.inner(
      'class',
      types.map(one => one.text),
      () => this.blocks(node.get('body'))
    );
    this.className = outer;
    this.bind(name);
  }
}

function plainValue(node: Py): Py {
  const inner = node.type === 'parenthesized_expression' || node.type === 'await' ? node.kids[0] : undefined;
  return inner === undefined ? node : plainValue(inner);
}

/** The block always leaves: what it bound does not matter after it. */
function leaves(block: Py | undefined): boolean {
  const last = block?.kids.at(-1)?.type ?? '';
  return ['raise_statement', 'return_statement', 'continue_statement', 'break_statement'].includes(last);
}

function aliasNames(node: Py): string[] {
  return node.type === 'as_pattern'
    ? node.kids.filter(kid => kid.type === 'as_pattern_target').flatMap(targetNames)
    : [];
}
