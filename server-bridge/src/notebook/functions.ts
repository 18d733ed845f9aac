/** What the functions of a notebook and of its project's modules do to their arguments (N35): bodies are looked into. */
import { bodyEffects, type Effects } from './python/effects.js';
import { Groups } from './groups.js';
import { given, handsOut, isGiven, localValue, renewed } from './handed.js';
import { HeldState, isMemo, mutableDefaults } from './held-state.js';
import { Imports, type Target } from './imports.js';
import type { CallSite, FunctionFacts } from './python/facts.js';
import type { Py } from './python/tree.js';

export interface Summary {
  facts: FunctionFacts;
  /** File of a project module, '' for the notebook's own. */
  module: string;
  effects: Effects;
  /** Positions of parameters that it may change in place. */
  changes: Set<number>;
  /** Positions of parameters from which it may draw random numbers. */
  draws: Set<number>;
  /** Free names that it may change or rebind. */
  free: Set<string>;
  /** Free names that it, or what it calls, binds through `global`. */
  binds: Set<string>;
  /** Free names into whose attributes or items it, or what it calls, stores. */
  stores: Set<string>;
  /** Does it, or what it calls, set state (N17)? */
  state: boolean;
  /** Does it change by its own text what a class holds? */
  classState: boolean;
  /** Positions of parameters with a default in which something can change. */
  defaults: number[];
  /** Positions of parameters that its result may share an object with. */
  returns: Set<number>;
}

/** A function that a call may mean; `shift` is 1 when the receiver is its first parameter. */
export interface Callee {
  summary: Summary;
  shift: 0 | 1;
}

/** A name that a call changes. */
export interface Change {
  name: string;
  draw: boolean;
  /** A global name of the function that is called, not one that the caller hands over. */
  free: boolean;
  /** It is bound anew, through `global`. */
  bound: boolean;
}

/** No name of Python's begins so. */
export const DEFAULT_OF = 'default of ';

const HANDED = { free: false, bound: false };

function freely({ module, binds }: Summary, name: string): Change {
  return { name, draw: false, free: true, bound: module === '' && binds.has(name) };
}

function keyOf({ file, name }: Target): string {
  return file === '' ? name : `${file}.${name}`;
}

const effects = new WeakMap<FunctionFacts, Effects>();

function effectsOnce(facts: FunctionFacts): Effects {
  const known = effects.get(facts) ?? bodyEffects(facts.node);
  effects.set(facts, known);
  return known;
}

/** `owner` is the file of the module whose code calls, '' for the notebook. */
export class FunctionTable {
  readonly imports = new Imports();
  readonly held = new HeldState();
  private readonly variables = new Map<string, Set<string>>();
  private readonly functions = new Map<string, Summary[]>();
  private readonly methods = new Map<string, Summary[]>();
  private readonly constructors = new Map<string, Summary[]>();

  add(facts: FunctionFacts, module = '', name = facts.name): void {
    const summary: Summary = {
      facts,
      module,
      effects: effectsOnce(facts),
      changes: new Set(),
      draws: new Set(),
      free: new Set(),
      binds: new Set(facts.body.globalBinds),
      stores: new Set(),
      state: effectsOnce(facts).state,
      classState: false,
      defaults: [],
      returns: new Set()
    };
    const table = facts.owner === '' ? this.functions : this.methods;
    const key = facts.owner === '' ? keyOf({ file: module, name }) : name;
    table.set(key, [...(table.get(key) ?? []), summary]);
    if (name === '__init__') {
      const made = keyOf({ file: module, name: facts.owner });
      this.constructors.set(made, [...(this.constructors.get(made) ?? []), summary]);
    }
    facts.body.functions.forEach(inner => this.add(inner, module));
  }

  /** Names that a project module binds to values, not to imports and definitions. */
  addVariables(module: string, names: Iterable<string>): void {
    this.variables.set(module, new Set([...(this.variables.get(module) ?? []), ...names]));
  }

  /** Does the notebook import the name as a value of a project module? */
  isVariable(name: string): boolean {
    const holds = (target: Target): boolean => this.variables.get(target.file)?.has(target.name) === true;
    return this.imports.resolve('', name, holds) !== null;
  }

  /** Functions of that name, as `owner` would call them. */
  named(name: string, owner = ''): Summary[] {
    const found = this.find(name, owner);
    return found === null ? [] : (this.functions.get(found) ?? []);
  }

  private find(name: string, owner: string): string | null {
    const defines = (target: Target): boolean => {
      const key = keyOf(target);
      return this.functions.has(key) || this.constructors.has(key);
    };
    const target = name === '' ? null : this.imports.resolve(owner, name, defines);
    return target === null ? null : keyOf(target);
  }

  /** Functions that this call may run, by name alone. */
  callees(site: Pick<CallSite, 'callee' | 'method'>, owner = ''): Callee[] {
    const { callee, method } = site;
    const found = this.find(callee, owner) ?? callee;
    const direct: Callee[] = (this.functions.get(found) ?? []).map(summary => ({ summary, shift: 0 }));
    const made: Callee[] = (this.constructors.get(found) ?? []).map(summary => ({ summary, shift: 1 }));
    const isMethod = callee === '' || callee.includes('.');
    const bound: Callee[] =
      isMethod && direct.length === 0 ? (this.methods.get(method) ?? []).map(summary => ({ summary, shift: 1 })) : [];
    return [...direct, ...made, ...bound];
  }

  /** Finds all summaries; to be called once after the last `add`. */
  settle(): void {
    const all = [...this.functions.values(), ...this.methods.values()].flat();
    for (const summary of all) {
      summary.classState = this.held.inFunction(summary.facts);
      summary.defaults = mutableDefaults(summary.facts);
    }
    for (let round = 0, grew = true; grew && round < 20; round++) {
      grew = false;
      for (const summary of all) {
        grew = this.update(summary) || grew;
      }
    }
  }

  private update(summary: Summary): boolean {
    const before = size(summary);
    const { body, params } = summary.facts;
    const groups = new Groups();
    body.shares.forEach(edge => groups.join(edge));
    for (const site of body.calls) {
      this.handedOut(site, summary.module).forEach(name =>
        site.targets.forEach(left => groups.join({ left, right: name }))
      );
    }
    const fresh = renewed(summary.facts);
    const touch = (name: string, row: number, draw: boolean, direct: boolean, inside = false): void => {
      for (const member of groups.changedWith(name, direct)) {
        if (row > (fresh.get(member) ?? Infinity)) {
          continue;
        }
        const position = params.indexOf(member);
        if (position >= 0) {
          (draw ? summary.draws : summary.changes).add(position);
        } else if (body.reads.has(member) || body.deferred.has(member)) {
          summary.free.add(member);
          summary.state ||= !draw && this.isModuleState(summary, member, inside);
        }
      }
    };
    for (const mutation of body.mutations) {
      touch(
        mutation.name,
        mutation.row,
        mutation.how === 'draw' && !(mutation.name === params[0] && summary.facts.owner !== ''),
        mutation.direct,
        mutation.how === 'store' || mutation.how === 'delete' || (mutation.dots > 1 && mutation.dots < 9)
      );
    }
    for (const site of body.calls) {
      this.changedBy(site, summary.module).forEach(change => {
        if (change.free) {
          summary.free.add(change.name);
          if (change.bound) {
            summary.binds.add(change.name);
          }
        } else {
          touch(change.name, site.row, change.draw, false);
        }
      });
    }
    for (const name of body.globalBinds) {
      summary.free.add(name);
      summary.state ||= summary.module !== '' && !isMemo(summary.facts.node, name);
    }
    this.settleState(summary);
    for (const name of summary.facts.returns) {
      for (const member of groups.of(name)) {
        const position = params.indexOf(member);
        if (position >= 0 && !fresh.has(member)) {
          summary.returns.add(position);
        }
      }
    }
    return size(summary) > before;
  }

  /** State that it sets itself, by what stands in its body, and through what it calls. */
  private settleState(summary: Summary): void {
    const { body, params } = summary.facts;
    for (const { name, how } of body.mutations) {
      const stored = how === 'store' || how === 'delete';
      if (stored && !params.includes(name) && (body.reads.has(name) || body.deferred.has(name))) {
        summary.stores.add(name);
      }
    }
    const values = (name: string): Py | undefined => localValue(summary.facts, name);
    for (const site of body.calls) {
      summary.state ||= this.setsHeld(site, values, summary.module);
    }
    for (const callee of body.calls.flatMap(site => this.callees(site, summary.module)).map(one => one.summary)) {
      summary.state ||= callee.state && callee.facts.owner === '';
      (callee.module === summary.module ? callee.stores : []).forEach(name => summary.stores.add(name));
    }
  }

  /** Is a free name, which a function of a project module changes, state of that module? `inside`: an attribute or item of it. */
  private isModuleState({ module, facts }: Summary, name: string, inside: boolean): boolean {
    return module !== '' && (inside || this.variables.get(module)?.has(name) === true) && !isMemo(facts.node, name);
  }

  /** Does a call change what a class, or the default of a parameter, holds? `value` tells what the caller's names are bound to. */
  setsHeld(site: CallSite, value: (name: string) => Py | undefined, owner = ''): boolean {
    const handed = site.args.flatMap(arg => (arg.plain === null ? [] : this.named(arg.plain, owner)));
    return (
      handed.some(({ state, defaults, changes }) => state || defaults.some(one => one > 0 && changes.has(one))) ||
      this.callees(site, owner).some(({ summary, shift }) => {
        const { defaults, changes, classState, state, facts } = summary;
        const kept = defaults.some(one => changes.has(one) && !isGiven(site, summary.facts, one, shift));
        const set = kept || classState || (state && facts.owner !== '');
        return set && (facts.owner === '' || facts.name === '__init__' || this.held.mayReceive(site, value));
      })
    );
  }

  /** Defaults of parameters that a call hands out as they are, by names that stand for them in groups. */
  handedDefaults(site: CallSite): string[] {
    return this.callees(site).flatMap(({ summary, shift }) =>
      summary.defaults
        .filter(one => handsOut(summary.facts, one) && !isGiven(site, summary.facts, one, shift))
        .map(one => `${DEFAULT_OF}${summary.module}:${summary.facts.name}:${one}`)
    );
  }

  /** Names that a call changes through the functions it runs or is given. */
  changedBy(site: CallSite, owner = ''): Change[] {
    const changed: Change[] = [];
    for (const { summary, shift } of this.callees(site, owner)) {
      summary.changes.forEach(position =>
        given(site, summary.facts, position, shift).forEach(name => changed.push({ name, draw: false, ...HANDED }))
      );
      summary.draws.forEach(position =>
        given(site, summary.facts, position, shift).forEach(name => changed.push({ name, draw: true, ...HANDED }))
      );
      summary.free.forEach(name => changed.push(freely(summary, name)));
    }
    for (const arg of site.args) {
      for (const summary of arg.plain === null ? [] : this.named(arg.plain, owner)) {
        summary.free.forEach(name => changed.push(freely(summary, name)));
        if (summary.changes.size > 0) {
          const others = [...site.receiver, ...site.args.filter(one => one !== arg).flatMap(one => one.names)];
          others.forEach(name => changed.push({ name, draw: false, ...HANDED }));
        }
      }
    }
    return changed;
  }

  /** Names whose objects the result of a call may share, through the bodies of the functions it runs. */
  handedOut(site: CallSite, owner = ''): string[] {
    return this.callees(site, owner).flatMap(({ summary, shift }) =>
      [...summary.returns].flatMap(position => given(site, summary.facts, position, shift))
    );
  }
}

function size(summary: Summary): number {
  const sets = [summary.changes, summary.draws, summary.free, summary.binds, summary.stores, summary.returns];
  return sets.reduce((sum, set) => sum + set.size, summary.state ? 1 : 0);
}
