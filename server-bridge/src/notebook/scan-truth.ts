/** Which branches a stage takes, where constants decide: `if SAVE:`, `if False:` (N23). */
import type { Py } from './python/tree.js';
import { dotted } from './python/sharing.js';
import type { Local, ScanNames, Where } from './scan-names.js';

const DEEPEST = 8;

/** Is the condition certainly true or false? Null where the text does not tell. */
export function truthOf(names: ScanNames, node: Py | undefined, local: Local, where: Where, depth = 0): boolean | null {
  if (node === undefined || depth > DEEPEST) {
    return null;
  }
  const inner = (kid: Py | undefined): boolean | null => truthOf(names, kid, local, where, depth + 1);
  switch (node.type) {
    case 'true':
      return true;
    case 'false':
    case 'none':
      return false;
    case 'integer':
      return !/^[0_]+$/.test(node.text);
    case 'parenthesized_expression':
      return inner(node.kids[0]);
    case 'not_operator': {
      const value = inner(node.kids[0]);
      return value === null ? null : !value;
    }
    case 'boolean_operator': {
      const [left, right] = [inner(node.kids[0]), inner(node.kids[1])];
      const ends = node.operator === 'or';
      return left === ends || right === ends ? ends : left === null || right === null ? null : !ends;
    }
    case 'identifier':
    case 'attribute': {
      const path = dotted(node);
      const found = path === '' || local.has(path.split('.')[0] ?? '') ? null : names.value(path, where);
      return found === null || names.isParam(path, where)
        ? null
        : truthOf(names, found.node, new Map(), found.where, depth + 1);
    }
    default:
      return null;
  }
}

export interface Branch {
  /** Null: none of the conditions held, and nothing is done. */
  node: Py | null;
  /** Certainly not run. */
  dead: boolean;
  /** A way through the statement; otherwise a condition on the way. */
  way: boolean;
}

/** The parts of an `if` statement or a conditional expression, in the order of the text. */
export function branchesOf(node: Py, truth: (condition: Py | undefined) => boolean | null): Branch[] {
  if (node.type === 'conditional_expression') {
    const [yes, condition, no] = node.kids;
    const known = truth(condition);
    return [
      ...(condition === undefined ? [] : [{ node: condition, dead: false, way: false }]),
      ...(yes === undefined ? [] : [{ node: yes, dead: known === false, way: true }]),
      ...(no === undefined ? [] : [{ node: no, dead: known === true, way: true }])
    ];
  }
  const branches: Branch[] = [];
  let over = false;
  for (const part of [node, ...node.all('alternative')]) {
    const condition = part.get('condition');
    const known = condition === undefined ? true : truth(condition);
    const body = part.get('consequence') ?? part.get('body');
    if (condition !== undefined) {
      branches.push({ node: condition, dead: over, way: false });
    }
    if (body !== undefined) {
      branches.push({ node: body, dead: over || known === false, way: true });
    }
    over ||= known === true;
  }
  if (!over) {
    branches.push({ node: null, dead: false, way: true });
  }
  return branches;
}
