/** State that classes, modules and defaults of parameters hold, and that code changes through a call or an instance (N17). */
import type { CallSite, ClassFacts, FunctionFacts } from './python/facts.js';
import { argumentsOf } from './python/calls.js';
import { MUTATING_CALLS, MUTATING_METHODS } from './python/methods.js';
import { calleeName, dotted } from './python/sharing.js';
import type { Py } from './python/tree.js';

/** What a piece of code changes: the name or call it starts from, and the first attribute after it. */
interface ChangedPath {
  root: Py;
  attribute: string;
  /** What the attribute holds is changed, not only the attribute bound anew. */
  deep: boolean;
}

const PLAIN = new Set('integer float true false none string concatenated_string tuple lambda ellipsis'.split(' '));
const PLAIN_CALLS = new Set(
  'field Field property frozenset tuple str int float bool bytes range namedtuple'.split(' ')
);
const CONTAINERS = new Set('list dict set defaultdict OrderedDict Counter deque'.split(' '));
const INNER = new Set(['function_definition', 'class_definition', 'lambda']);

function isMutable(node: Py): boolean {
  return !PLAIN.has(node.type) && !(node.type === 'call' && PLAIN_CALLS.has(calleeName(node)));
}

function pathOf(node: Py, deep: boolean): ChangedPath {
  let [at, attribute, further] = [node, '', deep];
  for (;;) {
    const method = at.type === 'call' ? at.get('function') : undefined;
    const next = at.get('object') ?? at.get('value') ?? (method?.type === 'attribute' ? method : undefined);
    if (next === undefined || !['attribute', 'subscript', 'call'].includes(at.type)) {
      return { root: at, attribute, deep: further };
    }
    further ||= attribute !== '';
    attribute = at.type === 'attribute' ? (at.get('attribute')?.text ?? '') : attribute;
    at = next;
  }
}

/** A target, or those of an unpacking. */
function partsOf(target: Py): Py[] {
  return /^(pattern_list|tuple_pattern|list_pattern)$/.test(target.type) ? target.kids : [target];
}

/** What the code changes by its own text, without the functions that it makes. */
function* changedPaths(node: Py): Generator<ChangedPath> {
  if (node.type === 'assignment' || node.type === 'augmented_assignment') {
    const left = node.get('left');
    for (const part of left === undefined ? [] : partsOf(left)) {
      if (part.type === 'attribute' || part.type === 'subscript') {
        yield pathOf(part, part.type === 'subscript' || node.type === 'augmented_assignment');
      }
    }
  } else if (node.type === 'delete_statement') {
    yield* node.kids.filter(kid => kid.type === 'attribute' || kid.type === 'subscript').map(kid => pathOf(kid, true));
  } else if (node.type === 'call') {
    const callee = node.get('function');
    const object = callee?.type === 'attribute' ? callee.get('object') : undefined;
    if (object !== undefined && MUTATING_METHODS.has(calleeName(node))) {
      yield pathOf(object, true);
    }
    for (const position of MUTATING_CALLS.get(dotted(callee)) ?? []) {
      const changed = argumentsOf(node)[position];
      if (changed !== undefined) {
        yield pathOf(changed, true);
      }
    }
  }
  for (const kid of node.kids.filter(one => !INNER.has(one.type))) {
    yield* changedPaths(kid);
  }
}

/**
 * A memo: the function asks whether the value is there, puts it there, and hands it out. Whoever asks again gets the same.
 */
export function isMemo(code: Py, path: string): boolean {
  const name = path.replace(/[.$]/g, '\\$&');
  const asks = new RegExp(`\\b(in|not)\\s+${name}\\b|\\b${name}\\s+is\\s+(not\\s+)?None|\\b${name}\\.get\\(`);
  const changes = new RegExp(`\\b${name}\\s*[-+*/|]=|\\b${name}\\.(append|extend|add|insert|update)\\(`);
  return asks.test(code.text) && new RegExp(`\\breturn\\b.*\\b${name}\\b`).test(code.text) && !changes.test(code.text);
}

/** Parameters with a default in which something can change, by position. */
export function mutableDefaults({ node, params }: FunctionFacts): number[] {
  return (node.get('parameters')?.kids ?? []).flatMap(kid => {
    const value = kid.get('value');
    const position = params.indexOf(kid.get('name')?.text ?? '');
    const held =
      value !== undefined &&
      (/^(list|dictionary|set)$|_comprehension$/.test(value.type) ||
        (value.type === 'call' && CONTAINERS.has(calleeName(value))));
    return held && position >= 0 && !isMemo(node, kid.get('name')?.text ?? '') ? [position] : [];
  });
}

interface ClassState {
  bases: string[];
  /** Attributes bound in the class itself to something that can change. */
  held: Set<string>;
  /** Attributes that its methods bind on an instance. */
  own: Set<string>;
}

export class HeldState {
  private readonly classes = new Map<string, ClassState>();

  add({ name, bases, node }: ClassFacts): void {
    const state: ClassState = { bases: bases.map(lastPart), held: new Set(), own: new Set() };
    for (const statement of node.get('body')?.kids ?? []) {
      const only = statement.kids[0];
      const [left, right] = [only?.get('left'), only?.get('right')];
      if (only?.type === 'assignment' && left?.type === 'identifier' && right !== undefined && isMutable(right)) {
        state.held.add(left.text);
      }
    }
    for (const inner of node.walk()) {
      const [left] = inner.type === 'assignment' ? inner.all('left') : [];
      for (const part of left === undefined ? [] : partsOf(left)) {
        if (part.type === 'attribute' && part.get('object')?.text === 'self') {
          state.own.add(part.get('attribute')?.text ?? '');
        }
      }
    }
    this.classes.set(name, state);
  }

  /** Does a class hold the attribute for all its instances? */
  private holds(name: string, attribute: string, seen = new Set<string>()): boolean {
    const state = this.classes.get(name);
    if (state === undefined || seen.has(name) || state.own.has(attribute)) {
      return false;
    }
    seen.add(name);
    return state.held.has(attribute) || state.bases.some(base => this.holds(base, attribute, seen));
  }

  isClass(path: string): boolean {
    return this.classes.has(lastPart(path));
  }

  /** The class that a call makes an instance of, '' for none. */
  made(node: Py | undefined): string {
    const name = node?.type === 'call' ? lastPart(dotted(node.get('function'))) : '';
    return this.classes.has(name) ? name : '';
  }

  /** Does a function or method change what a class holds, through the class, `cls`, `self` or an instance it makes? */
  inFunction({ node, owner, params }: FunctionFacts): boolean {
    const body = node.get('body');
    const first = owner === '' ? '' : (params[0] ?? '');
    const made = new Map(
      [...(body?.walk() ?? [])]
        .filter(one => one.type === 'assignment' && one.get('left')?.type === 'identifier')
        .map(one => [one.get('left')?.text ?? '', one.get('right')])
    );
    const changes = (path: ChangedPath): boolean => {
      const { root, attribute } = path;
      const local = root.type === 'identifier' ? made.get(root.text) : undefined;
      if (local?.type === 'attribute' && path.deep) {
        return changes({ ...pathOf(local, true), deep: true });
      }
      if (attribute === '' || isMemo(node, `${root.text}.${attribute}`)) {
        return false;
      }
      const asClass = root.text === 'cls' ? first === 'cls' && node.get('name')?.text !== '__new__' : false;
      if (asClass || root.text === `type(${first})` || attribute === '__class__') {
        return true;
      }
      if (root.text === first && first !== '') {
        return path.deep && this.holds(owner, attribute);
      }
      return this.throughInstance(path, local);
    };
    return body !== undefined && [...changedPaths(body)].some(changes);
  }

  /** Does a statement change what a class holds through an instance? `value` tells what a name is bound to. */
  inStatement(node: Py, value: (name: string) => Py | undefined): boolean {
    return (
      !INNER.has(node.type) &&
      node.type !== 'decorated_definition' &&
      [...changedPaths(node)].some(path =>
        this.throughInstance(path, path.root.type === 'identifier' ? value(path.root.text) : undefined)
      )
    );
  }

  private throughInstance({ root, attribute, deep }: ChangedPath, bound: Py | undefined): boolean {
    return deep && this.holds(this.made(root) || this.made(bound), attribute);
  }

  /**
   * May the receiver of a method call be a class of the notebook or project, or an instance? `value` tells what a name is
   * bound to where that is known.
   */
  mayReceive(site: CallSite, value: (name: string) => Py | undefined): boolean {
    const callee = site.node.get('function');
    const object = callee?.type === 'attribute' ? callee.get('object') : undefined;
    if (object === undefined || object.text === 'self' || object.text === 'cls' || this.isClass(dotted(object))) {
      return true;
    }
    const bound = object.type === 'identifier' ? value(object.text) : object;
    return (
      this.made(bound) !== '' ||
      (!MUTATING_METHODS.has(site.method) && !/^(list|dictionary|set|string)$/.test(bound?.type ?? ''))
    );
  }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
