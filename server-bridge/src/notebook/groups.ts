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

  /** What a statement does to the groups; names of its inner scopes stay until `forgetInner`. */
  follow(unit: { renewed: readonly string[]; joined: readonly ShareEdge[] }): void {
    unit.renewed.forEach(name => this.renew(name));
    for (const edge of unit.joined) {
      this.join(edge);
      [edge.left, edge.right].filter(name => name.includes('#')).forEach(name => this.inner.add(name));
    }
  }

  /** Names of inner scopes end with their statement. */
  forgetInner(): void {
    this.inner.forEach(name => this.renew(name));
    this.inner.clear();
  }
}
