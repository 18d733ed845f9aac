/** Names that may share an object, followed statement by statement (N35). */
import type { ShareEdge } from './python/facts.js';

export class Groups {
  private readonly all = new Map<string, Set<string>>();
  /** Without parts: augmented assignment of a part rebinds the name alone. */
  private readonly close = new Map<string, Set<string>>();

  /** `name` is now a new object. */
  renew(name: string): void {
    for (const groups of [this.all, this.close]) {
      groups.get(name)?.delete(name);
      groups.delete(name);
    }
  }

  join(edge: ShareEdge): void {
    unite(this.all, edge.left, edge.right);
    if (edge.kind !== 'part') {
      unite(this.close, edge.left, edge.right);
    }
  }

  /** Names that may share an object with `name`, itself included. */
  of(name: string, closely = false): string[] {
    return [...((closely ? this.close : this.all).get(name) ?? [name])];
  }

  /** Names of inner scopes end with their statement. */
  forgetInner(): void {
    for (const name of [...this.all.keys()].filter(one => one.includes('#'))) {
      this.renew(name);
    }
  }

  copy(): Map<string, Set<string>> {
    return new Map([...this.all].map(([name, set]) => [name, new Set(set)]));
  }
}

function unite(groups: Map<string, Set<string>>, left: string, right: string): void {
  const a = groups.get(left) ?? new Set([left]);
  const b = groups.get(right) ?? new Set([right]);
  if (a !== b) {
    b.forEach(name => a.add(name));
  }
  a.forEach(name => groups.set(name, a));
}
