/** Small questions about names in the syntax tree: what a pattern binds, what a function holds as locals. */
import type { Py } from './tree.js';

/** Names that an assignment target, loop target or `as` target binds (not those it stores into). */
export function targetNames(node: Py): string[] {
  switch (node.type) {
    case 'identifier':
      return [node.text];
    case 'attribute':
    case 'subscript':
    case 'call':
      return [];
    default:
      return node.kids.flatMap(targetNames);
  }
}

/** Names that a `case` pattern captures. */
export function patternNames(node: Py): string[] {
  switch (node.type) {
    case 'dotted_name':
      return node.kids.length === 1 && node.text !== '_' ? [node.text] : [];
    case 'identifier':
      return node.text === '_' ? [] : [node.text];
    case 'class_pattern':
      return node.kids.slice(1).flatMap(patternNames);
    case 'keyword_pattern':
      return node.kids.slice(1).flatMap(patternNames);
    case 'dict_pattern':
      return node.kids.filter(kid => kid.field !== 'key' || kid.type === 'splat_pattern').flatMap(patternNames);
    case 'string':
    case 'concatenated_string':
      return [];
    default:
      return node.kids.flatMap(patternNames);
  }
}

/** Names that an import statement binds; `*` for a star import. */
export function importNames(node: Py): string[] {
  if (node.kids.some(kid => kid.type === 'wildcard_import')) {
    return ['*'];
  }
  return node.all('name').map(name => {
    if (name.type === 'aliased_import') {
      return name.get('alias')?.text ?? '';
    }
    return node.type === 'import_statement' ? (name.kids[0]?.text ?? name.text) : name.text;
  });
}

export interface Parameters {
  names: string[];
  star: number;
  /** Defaults and annotations: read when the function is made. */
  evaluated: Py[];
}

export function parameters(node: Py | undefined): Parameters {
  const names: string[] = [];
  const evaluated: Py[] = [];
  let star = -1;
  for (const kid of node?.kids ?? []) {
    const type = kid.get('type');
    const value = kid.get('value');
    if (type !== undefined) {
      evaluated.push(type);
    }
    if (value !== undefined) {
      evaluated.push(value);
    }
    const inner = kid.type === 'typed_parameter' ? (kid.kids[0] ?? kid) : kid;
    if (inner.type === 'list_splat_pattern') {
      star = names.length;
    }
    names.push(...targetNames(kid.get('name') ?? inner));
  }
  return { names, star, evaluated };
}

/** Names local to a function body, and those it declares global or nonlocal. */
export function localNames(body: Py): { locals: Set<string>; outer: Set<string>; globals: Set<string> } {
  const locals = new Set<string>();
  const outer = new Set<string>();
  const globals = new Set<string>();
  collect(body, locals, outer, globals);
  for (const name of outer) {
    locals.delete(name);
  }
  return { locals, outer, globals };
}

function collect(node: Py, locals: Set<string>, outer: Set<string>, globals: Set<string>): void {
  const add = (names: string[]): void => names.forEach(name => locals.add(name));
  switch (node.type) {
    case 'function_definition':
    case 'class_definition':
      add([node.get('name')?.text ?? '']);
      return;
    case 'lambda':
      return;
    case 'global_statement':
    case 'nonlocal_statement':
      for (const kid of node.kids) {
        outer.add(kid.text);
        if (node.type === 'global_statement') {
          globals.add(kid.text);
        }
      }
      return;
    case 'import_statement':
    case 'import_from_statement':
      add(importNames(node));
      return;
    case 'assignment':
    case 'augmented_assignment':
    case 'for_statement': {
      const left = node.get('left');
      add(left === undefined ? [] : targetNames(left));
      break;
    }
    case 'named_expression':
      add([node.get('name')?.text ?? '']);
      break;
    case 'as_pattern_target':
      add(targetNames(node));
      return;
    case 'case_pattern':
      add(patternNames(node));
      return;
    case 'delete_statement':
      add(targetNames(node));
      break;
    default:
  }
  for (const kid of node.kids) {
    collect(kid, locals, outer, globals);
  }
}

/** Does the statement bind the name in a row above `row`, though perhaps in a branch or a loop that is not run? */
export function boundAbove(node: Py, name: string, row: number): boolean {
  if (
    node.row >= row ||
    node.type === 'function_definition' ||
    node.type === 'class_definition' ||
    node.type === 'lambda'
  ) {
    return false;
  }
  const targets = ['assignment', 'for_statement'].includes(node.type) ? node.all('left') : [];
  const names =
    node.type === 'named_expression' ? node.all('name') : node.type === 'as_pattern_target' ? [node] : targets;
  return names.flatMap(targetNames).includes(name) || node.kids.some(kid => boundAbove(kid, name, row));
}
