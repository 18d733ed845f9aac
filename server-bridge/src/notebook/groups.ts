/** Names that may share an object, followed statement by statement (N35). */
import type { ShareEdge } from './python/facts.js';

export class Groups {
  private readonly groups = new Map<string, Set<string>>();
  private readonly inner = new Set<string>();

  /** `name` is now a new object. */
  renew(name: string): void {
    this.groups.get(name)?.delete(name);
    this.groups.delete(name);
  }

  join({ left, right }: ShareEdge): void {
    const a = this.groups.get(left) ?? new Set([left]);
    const b = this.groups.get(right) ?? new Set([right]);
    if (a !== b) {
      b.forEach(name => a.add(name));
    }
    a.forEach(name => this.groups.set(name, a));
  }

  /** Names that may share an object with `name`, itself included. */
  of(name: string): string[] {
    return [...(this.groups.get(name) ?? [name])];
  }

  /**
   * What a statement does to the groups; names of its inner scopes stay until `forgetInner`. A right side that the statement
   * itself binds anew is what it was before: after `a, b = b, a` the two share no more than they did.
   */
  follow(unit: { renewed: readonly string[]; joined: readonly ShareEdge[] }): void {
    const before = new Map(unit.renewed.map(name => [name, { group: this.groups.get(name), rest: this.of(name) }]));
    const heirs = new Map<Set<string> | string, string>();
    unit.renewed.forEach(name => this.renew(name));
    for (const edge of unit.joined) {
      const old = before.get(edge.right);
      if (old === undefined) {
        this.join(edge);
      } else {
        const key = old.group ?? edge.right;
        const right = heirs.get(key) ?? old.rest.find(name => !before.has(name));
        if (right !== undefined) {
          this.join({ left: edge.left, right });
        }
        heirs.set(key, right ?? edge.left);
      }
      [edge.left, edge.right].filter(name => name.includes('#')).forEach(name => this.inner.add(name));
    }
  }

  /** Names of inner scopes end with their statement. */
  forgetInner(): void {
    this.inner.forEach(name => this.renew(name));
    this.inner.clear();
  }
}
