/** Names that may share an object, followed statement by statement (N35). */
import type { ShareEdge } from './python/facts.js';

/** How a neighbour stands to a name: `holds` it as a part put in, is such a part (`within`), is the same, or any of these. */
type Kind = 'same' | 'holds' | 'within' | 'any';

const OPPOSITE: Record<Kind, Kind> = { same: 'same', holds: 'within', within: 'holds', any: 'any' };

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
    const holders = around.filter(([, kind]) => kind === 'within').map(([other]) => other);
    const parts = around.filter(([, kind]) => kind === 'holds').map(([other]) => other);
    const [first, ...rest] = holders;
    if (first !== undefined) {
      rest.forEach(other => this.link(first, other, 'any'));
      parts.forEach(part => this.link(first, part, 'holds'));
    }
  }

  join({ left, right, how }: ShareEdge): void {
    if (left !== right) {
      this.link(left, right, how === 'part' ? 'holds' : how === 'same' ? 'same' : 'any');
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

/** How a change goes on to a neighbour; null where it ends. */
function onward(reach: Reach, kind: Kind): Reach | null {
  switch (reach) {
    case 'full':
      return 'full';
    case 'self':
      // What is any of these may hold the object: then each of its parts may be the object.
      return kind === 'same' ? 'self' : kind === 'within' ? 'up' : kind === 'any' ? 'full' : null;
    case 'up':
      return kind === 'holds' ? null : 'up';
  }
}
