/** Whose objects may the value of an expression be, hold or be part of (N35)? */
import { COPYING, FILE_WRITERS, PLAIN_ATTRIBUTES, VIEW_FUNCTIONS, VIEW_METHODS } from './methods.js';
import { targetNames } from './names.js';
import type { Py } from './tree.js';

/** Dotted text of a plain path such as `a.b.c`, else ''. */
export function dotted(node: Py | undefined): string {
  if (node === undefined) {
    return '';
  }
  if (node.type === 'identifier' || node.type === 'dotted_name') {
    return node.text;
  }
  if (node.type === 'attribute') {
    const object = dotted(node.get('object'));
    return object === '' ? '' : `${object}.${node.get('attribute')?.text ?? ''}`;
  }
  return '';
}

/** Last part of the callee's name: `fit` of `model.steps[0].fit`. */
export function calleeName(call: Py): string {
  const callee = call.get('function');
  return (callee?.type === 'attribute' ? callee.get('attribute') : callee)?.text ?? '';
}

/** Names, as the text has them, that the value of `node` may share an object with; calls of own functions are not seen. */
export function roots(node: Py | undefined): string[] {
  if (node === undefined) {
    return [];
  }
  switch (node.type) {
    case 'identifier':
      return [node.text];
    case 'attribute': {
      const attribute = node.get('attribute')?.text ?? '';
      return PLAIN_ATTRIBUTES.has(attribute) ? [] : roots(node.get('object'));
    }
    case 'subscript':
      return copies(node) ? [] : roots(node.get('value'));
    case 'call':
      return callRoots(node);
    case 'parenthesized_expression':
    case 'conditional_expression':
    case 'boolean_operator':
    case 'expression_list':
    case 'tuple':
    case 'list':
    case 'set':
    case 'dictionary':
    case 'list_splat':
    case 'dictionary_splat':
    case 'await':
    case 'yield':
      return node.kids.flatMap(roots);
    case 'pair':
    case 'named_expression':
      return roots(node.get('value'));
    case 'list_comprehension':
    case 'set_comprehension':
    case 'generator_expression':
    case 'dictionary_comprehension': {
      return comprehensionRoots(node);
    }
    default:
      return [];
  }
}

/** The loop names of a comprehension stand for parts of what it runs over. */
function comprehensionRoots(node: Py): string[] {
  const body = node.get('body');
  const over = new Map<string, string[]>();
  for (const clause of node.kids.filter(kid => kid.type === 'for_in_clause')) {
    const left = clause.get('left');
    const held = clause
      .all('right')
      .flatMap(roots)
      .flatMap(root => over.get(root) ?? [root]);
    (left === undefined ? [] : targetNames(left)).forEach(name => over.set(name, held));
  }
  return roots(body?.type === 'pair' ? body.get('value') : body).flatMap(root => over.get(root) ?? [root]);
}

/** A subscript whose result is a copy in numpy and pandas and which no dict or list allows: a mask or a list of keys. */
function copies(node: Py): boolean {
  return node.all('subscript').some(key => {
    const plain = key.type === 'parenthesized_expression' ? (key.kids[0] ?? key) : key;
    return ['list', 'list_comprehension', 'comparison_operator'].includes(plain.type) || isMask(plain);
  });
}

function isMask(node: Py): boolean {
  return (
    (node.type === 'binary_operator' && ['&', '|'].includes(node.operator)) ||
    (node.type === 'unary_operator' && node.text.startsWith('~'))
  );
}

function callRoots(call: Py): string[] {
  const callee = call.get('function');
  const name = calleeName(call);
  const args = (call.get('arguments')?.kids ?? []).map(kid =>
    kid.type === 'keyword_argument' ? kid.get('value') : kid
  );
  if (callee?.type === 'attribute' && VIEW_METHODS.has(name)) {
    return [...roots(callee.get('object')), ...args.flatMap(roots)];
  }
  if (VIEW_FUNCTIONS.has(name) || VIEW_FUNCTIONS.has(dotted(callee))) {
    return args.flatMap(roots);
  }
  if (FILE_WRITERS.has(name) || FILE_WRITERS.has(dotted(callee))) {
    return roots(args[0]);
  }
  if (/^_*[A-Z]/.test(name) && !COPYING.has(name)) {
    return args.flatMap(roots);
  }
  return [];
}
