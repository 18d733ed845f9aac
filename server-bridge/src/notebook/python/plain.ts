/** Which names a statement binds to plain values: numbers, strings, and tuples of these, in which nothing can change (N35). */
import { PLAIN_ATTRIBUTES } from './methods.js';
import { targetNames } from './names.js';
import { calleeName, dotted } from './sharing.js';
import type { Py } from './tree.js';

/** Is the name, as it was before the statement, a plain value? */
export type IsPlain = (name: string) => boolean;

const LITERALS = new Set(['integer', 'float', 'true', 'false', 'none', 'ellipsis', 'string', 'concatenated_string']);
const COMPOSED = new Set([
  'unary_operator',
  'binary_operator',
  'boolean_operator',
  'conditional_expression',
  'parenthesized_expression',
  'tuple',
  'expression_list'
]);
/** Functions whose result is plain whatever they are given. */
const MAKERS = new Set(
  'len int float str bool repr hash ord chr format id isinstance callable time perf_counter monotonic'.split(' ')
);
/** Functions and methods whose result is plain when all that they are given is. */
const KEEPERS = new Set(
  `abs round max min sum pow divmod tuple upper lower title capitalize strip lstrip rstrip replace removeprefix removesuffix
   zfill join count find index startswith endswith bit_length is_integer sqrt floor ceil log log10 log2 exp`
    .split(/\s+/)
    .filter(Boolean)
);

/**
 * Names that an assignment, a loop over numbers, or a compound statement of such certainly leaves plain. `fresh` names are
 * bound by nothing before it.
 */
export function plainNames(statement: Py, known: IsPlain, fresh: (name: string) => boolean): Set<string> {
  const bound = boundNames(statement);
  if (bound.size === 0) {
    return new Set();
  }
  const candidates = new Set(bound);
  // A name may be bound from another one of the statement: taken as plain until one of its bindings says otherwise.
  for (let before = -1; before !== candidates.size;) {
    before = candidates.size;
    const plain: IsPlain = name =>
      bound.has(name) ? candidates.has(name) && (known(name) || fresh(name)) : known(name);
    refuse(statement, plain, known, name => candidates.delete(name));
  }
  return candidates;
}

const kept = new WeakMap<Py, ReadonlySet<string>>();

function boundNames(statement: Py): ReadonlySet<string> {
  const known = kept.get(statement);
  if (known !== undefined) {
    return known;
  }
  const names = new Set<string>();
  collect(statement, name => names.add(name));
  kept.set(statement, names);
  return names;
}

const SCOPES = new Set(['function_definition', 'class_definition', 'lambda']);

function collect(node: Py, add: (name: string) => void): void {
  if (SCOPES.has(node.type)) {
    return;
  }
  if (node.type === 'assignment' || node.type === 'augmented_assignment' || node.type === 'for_statement') {
    node.all('left').flatMap(targetNames).forEach(add);
  }
  node.kids.forEach(kid => collect(kid, add));
}

/** Tells each name that something here binds to what may not be plain. */
function refuse(node: Py, plain: IsPlain, known: IsPlain, tell: (name: string) => void): void {
  const names = (list: readonly Py[]): void => list.flatMap(targetNames).forEach(tell);
  switch (node.type) {
    case 'function_definition':
    case 'class_definition':
      tell(node.get('name')?.text ?? '');
      return;
    case 'lambda':
      return;
    case 'assignment':
      node.all('left').forEach(left => refuseTarget(left, valueOf(node), plain, tell));
      break;
    case 'augmented_assignment': {
      const left = node.get('left');
      if (left?.type !== 'identifier' || !known(left.text) || !isPlain(node.get('right'), plain)) {
        names(node.all('left'));
      }
      break;
    }
    case 'for_statement':
      if (!(node.get('left')?.type === 'identifier' && overNumbers(node.get('right'), plain))) {
        names(node.all('left'));
      }
      break;
    case 'named_expression':
      names(node.all('name'));
      break;
    case 'as_pattern_target':
    case 'case_pattern':
    case 'import_statement':
    case 'import_from_statement':
      names([node]);
      break;
    default:
  }
  node.kids.forEach(kid => refuse(kid, plain, known, tell));
}

/** The value of `a = b = value`. */
function valueOf(node: Py): Py | undefined {
  const right = node.get('right');
  return right?.type === 'assignment' ? valueOf(right) : right;
}

function refuseTarget(target: Py, value: Py | undefined, plain: IsPlain, tell: (name: string) => void): void {
  const parts = target.kids;
  const values = value !== undefined && ['tuple', 'expression_list', 'list'].includes(value.type) ? value.kids : null;
  if (target.type !== 'identifier' && values?.length === parts.length && !values.some(kid => /splat/.test(kid.type))) {
    parts.forEach((part, at) => refuseTarget(part, values[at], plain, tell));
  } else if (!isPlain(value, plain)) {
    targetNames(target).forEach(tell);
  }
}

function overNumbers(right: Py | undefined, plain: IsPlain): boolean {
  if (right?.type === 'call') {
    return dotted(right.get('function')) === 'range';
  }
  const items = right !== undefined && ['list', 'tuple', 'expression_list'].includes(right.type) ? right.kids : null;
  return items === null ? isPlain(right, plain) : items.every(item => isPlain(item, plain));
}

function isPlain(node: Py | undefined, plain: IsPlain): boolean {
  if (node === undefined) {
    return false;
  }
  if (LITERALS.has(node.type) || node.type === 'not_operator') {
    return true;
  }
  switch (node.type) {
    case 'comparison_operator':
      return node.kids.every(kid => isPlain(kid, plain)) || / (is|in|not) /.test(` ${node.operator} `);
    case 'identifier':
      return plain(node.text);
    case 'attribute':
      return PLAIN_ATTRIBUTES.has(node.get('attribute')?.text ?? '');
    case 'subscript':
      return isPlain(node.get('value'), plain);
    case 'call': {
      const callee = node.get('function');
      const name = calleeName(node);
      const own = callee?.type === 'attribute' ? callee.get('object') : undefined;
      const module = /^(math|cmath|operator|time)$/.test(dotted(own));
      if (MAKERS.has(name) && (own === undefined || module)) {
        return true;
      }
      const args = node.get('arguments')?.kids ?? [];
      const given = args.map(arg => (arg.type === 'keyword_argument' ? arg.get('value') : arg));
      return (
        KEEPERS.has(name) &&
        (own === undefined || module || isPlain(own, plain)) &&
        given.length + (own === undefined ? 0 : 1) > 0 &&
        given.every(arg => isPlain(arg, plain))
      );
    }
    default:
      return COMPOSED.has(node.type) && node.kids.length > 0 && node.kids.every(kid => isPlain(kid, plain));
  }
}
