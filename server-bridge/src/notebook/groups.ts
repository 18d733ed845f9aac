/** Names that may share an object, followed statement by statement (N35). */
import type { ShareEdge } from './python/facts.js';

/**
 * What a name is to its neighbour: the `same`; a thing that `holds` it as a part put in, or such a part (`within`); a part
 * taken out of it by a key (`from`), or what it was taken out of (`gives`); or any of these.
 */
type Kind = 'same' | 'holds' | 'within' | 'from' | 'gives' | 'any';

const OPPOSITE: Record<Kind, Kind> = {
  same: 'same',
  holds: 'within',
  within: 'holds',
  from: 'gives',
  gives: 'from',
  any: 'any'
};
const KINDS = new Map<ShareEdge['how'], Kind>([
  ['part', 'holds'],
  ['taken', 'from'],
  ['same', 'same']
]);

/**
 * Which names a change reaches from a neighbour on. `self`: the object itself is changed at its top, so parts that were put
 * into it are not. `up`: it holds what is changed. `full`: what is changed in it is not known.
 */
type Reach = 'self' | 'up' | 'full';

export class Groups {
  private readonly edges = new Map<string, Map<string, Kind>>();
  private readonly inner = new Set<string>();

  /** `name` is now a new object; what it stood between stays related. */
  renew(name: string): void {
    const around = [...(this.edges.get(name) ?? [])];
    around.forEach(([other]) => this.edges.get(other)?.delete(name));
    this.edges.delete(name);
    const heir = around.find(([, kind]) => kind === 'same') ?? around.find(([, kind]) => kind === 'any');
    if (heir !== undefined) {
      const [to, how] = heir;
      around
        .filter(([other]) => other !== to)
        .forEach(([other, kind]) => this.link(to, other, how === 'same' ? kind : 'any'));
      return;
    }
    const [first, ...rest] = around;
    if (first === undefined || around.every(([, kind]) => kind === 'holds')) {
      return;
    }
    const holders = around.filter(([, kind]) => kind === 'within').map(([other]) => other);
    const parts = around.filter(([, kind]) => kind === 'holds').map(([other]) => other);
    const [holder] = holders;
    if (holder !== undefined && holders.length + parts.length === around.length) {
      holders.slice(1).forEach(other => this.link(holder, other, 'any'));
      parts.forEach(part => this.link(holder, part, 'holds'));
    } else {
      rest.forEach(([other]) => this.link(first[0], other, 'any'));
    }
  }

  join({ left, right, how }: ShareEdge): void {
    if (left !== right) {
      this.link(left, right, KINDS.get(how) ?? 'any');
    }
  }

  private link(from: string, to: string, kind: Kind): void {
    const known = this.edges.get(from)?.get(to);
    const both = known === undefined || known === kind ? kind : 'any';
    this.put(from, to, both);
    this.put(to, from, OPPOSITE[both]);
  }

  private put(from: string, to: string, kind: Kind): void {
    const around = this.edges.get(from) ?? new Map<string, Kind>();
    this.edges.set(from, around);
    around.set(to, kind);
  }

  /** Names that may share an object with `name`, itself included. */
  of(name: string): string[] {
    return this.reached(name, 'full');
  }

  /** Names whose value a change of `name` may change; `direct` changes leave the parts alone that were put into it. */
  changedWith(name: string, direct: boolean): string[] {
    return this.reached(name, direct ? 'self' : 'full');
  }

  private reached(start: string, how: Reach): string[] {
    const seen = new Map<string, Set<Reach>>();
    const queue: [string, Reach][] = [[start, how]];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [name, reach] = next;
      const before = seen.get(name) ?? new Set<Reach>();
      if (before.has('full') || before.has(reach)) {
        continue;
      }
      before.add(reach);
      seen.set(name, before);
      for (const [other, kind] of this.edges.get(name) ?? []) {
        const further = onward(reach, kind);
        if (further !== null) {
          queue.push([other, further]);
        }
      }
    }
    return [...seen.keys()];
  }

  /**
   * What a statement does to the groups; names of its inner scopes stay until `forgetInner`. A right side that the statement
   * itself binds anew is what it was before: after `a, b = b, a` the two share no more than they did.
   */
  follow(unit: { renewed: readonly string[]; joined: readonly ShareEdge[] }): void {
    const used = new Set(unit.joined.map(edge => edge.right));
    const ghosts = new Map<string, string>();
    for (const name of unit.renewed) {
      if (used.has(name)) {
        ghosts.set(name, `${name} before`);
        this.rename(name, `${name} before`);
      } else {
        this.renew(name);
      }
    }
    for (const edge of unit.joined) {
      this.join({ ...edge, right: ghosts.get(edge.right) ?? edge.right });
      [edge.left, edge.right].filter(name => name.includes('#')).forEach(name => this.inner.add(name));
    }
    ghosts.forEach(ghost => this.renew(ghost));
  }

  private rename(name: string, to: string): void {
    const around = [...(this.edges.get(name) ?? [])];
    around.forEach(([other]) => this.edges.get(other)?.delete(name));
    this.edges.delete(name);
    around.forEach(([other, kind]) => this.link(to, other, kind));
  }

  /** Names of inner scopes end with their statement. */
  forgetInner(): void {
    this.inner.forEach(name => this.renew(name));
    this.inner.clear();
  }
}

/** What is any of these, or was taken out, may stand beside others that are the object too. */
const ON_ITSELF: Record<Kind, Reach | null> = {
  same: 'self',
  within: 'up',
  from: 'full',
  any: 'full',
  holds: null,
  gives: null
};

/** How a change goes on to a neighbour; null where it ends. */
function onward(reach: Reach, kind: Kind): Reach | null {
  switch (reach) {
    case 'full':
      return 'full';
    case 'self':
      return ON_ITSELF[kind];
    case 'up':
      return kind === 'holds' ? null : 'up';
  }
}
