import type { Py } from './tree.js';

/** Name → row in the cell where it is first met. */
export type Rows = Map<string, number>;

/** Two names that may share an object (N35): by plain name, attribute, item, slice, loop, container, or a call. */
export interface ShareEdge {
  left: string;
  right: string;
  /** `same`: one name for the other. `part`: right was put into left. `taken`: left is an item of right. Else not known. */
  how?: 'same' | 'part' | 'taken';
}

export interface Mutation {
  name: string;
  row: number;
  /** `draw` takes a number from a generator (N46). */
  how: 'store' | 'method' | 'augmented' | 'delete' | 'draw';
  /**
   * Dots in the changed path of a container method: 1 for `a.append()`, 2 for `a.b.append()`, so that `os.remove` is not
   * `sys.path.append`; 0 for a store, 9 for anything else.
   */
  dots: number;
  /** Only the object itself is changed, not what was put into it: `x.a = 1`, `x.append(1)`. */
  direct: boolean;
}

/** An argument of a call, as the names whose objects it may hand over. */
export interface Argument {
  /** Keyword, null for a positional one. */
  keyword: string | null;
  names: string[];
  /** The plain name, when the argument is nothing else. */
  plain: string | null;
  starred: boolean;
}

export interface CallSite {
  /** Dotted callee: `f`, `mod.f`, `obj.method`; '' when it is no plain path. */
  callee: string;
  /** Last part of the callee. */
  method: string;
  /** Names whose objects the receiver of a method call may share. */
  receiver: string[];
  args: Argument[];
  /** Names that the result is bound to. */
  targets: string[];
  row: number;
  node: Py;
}

/** What one body of code (a top-level statement, or a function's body) reads, binds and changes. */
export interface BodyFacts {
  /** Names read while it runs, before it has certainly bound them. */
  reads: Rows;
  /** Names that functions or lambdas made by it read when called. */
  deferred: Rows;
  /** Words of formulas and queries: names only if setup has them. */
  soft: Set<string>;
  /** Names in text that Python or a shell reads as names: whatever they are bound to, if to anything. */
  hinted: Set<string>;
  /** Names certainly bound after it, and possibly bound. */
  must: Set<string>;
  may: Set<string>;
  /** Names it may delete. */
  deletes: Set<string>;
  /** Names that its functions rebind through `global` when called. */
  globalBinds: Set<string>;
  mutations: Mutation[];
  shares: ShareEdge[];
  calls: CallSite[];
  functions: FunctionFacts[];
  classes: ClassFacts[];
}

export interface FunctionFacts {
  name: string;
  /** Class it is a method of, '' for none. */
  owner: string;
  params: string[];
  /** Index of `*args` in `params`, -1 for none. */
  star: number;
  node: Py;
  /** Facts of its body; parameters and free names appear under their own names. */
  body: BodyFacts;
  /** Names (parameters or free) that its result may share. */
  returns: Set<string>;
  /** Statement-level imports in its body. */
  imports: Py[];
}

export interface ClassFacts {
  name: string;
  bases: string[];
  node: Py;
}

export function emptyBody(): BodyFacts {
  return {
    reads: new Map(),
    deferred: new Map(),
    soft: new Set(),
    hinted: new Set(),
    must: new Set(),
    may: new Set(),
    deletes: new Set(),
    globalBinds: new Set(),
    mutations: [],
    shares: [],
    calls: [],
    functions: [],
    classes: []
  };
}
