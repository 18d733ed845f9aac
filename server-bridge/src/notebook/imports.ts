/** What the names mean that imports of project modules bind, in the notebook and in each module (N26, N35). */

/** A name of a project module, `name` '' for the module itself. */
export interface Target {
  /** The module's file in the project. */
  file: string;
  name: string;
}

const LONGEST = 8;

/** `owner` is the file of a module, '' for the notebook. */
export class Imports {
  private readonly names = new Map<string, Map<string, Target>>();
  private readonly stars = new Map<string, string[]>();

  alias(owner: string, name: string, target: Target): void {
    const known = this.names.get(owner) ?? new Map<string, Target>();
    this.names.set(owner, known);
    known.set(name, target);
  }

  /** `from file import *`. */
  star(owner: string, file: string): void {
    this.stars.set(owner, [...(this.stars.get(owner) ?? []), file]);
  }

  /**
   * Where `dotted`, as `owner` writes it, is defined: imports are followed from module to module until `defines` says yes;
   * null where they lead nowhere.
   */
  resolve(owner: string, dotted: string, defines: (target: Target) => boolean): Target | null {
    let at: Target = { file: owner, name: dotted };
    for (let step = 0; step < LONGEST; step++) {
      if (defines(at)) {
        return at;
      }
      const next = this.next(at);
      if (next === null) {
        break;
      }
      at = next;
    }
    for (const file of this.stars.get(at.file) ?? []) {
      const found = file === owner ? null : this.resolve(file, at.name, defines);
      if (found !== null) {
        return found;
      }
    }
    return null;
  }

  /** One import further: the longest imported beginning of the dotted name counts. */
  private next({ file, name }: Target): Target | null {
    const known = this.names.get(file);
    for (let end = name.length; known !== undefined && end > 0; end = name.lastIndexOf('.', end - 1)) {
      const found = known.get(name.slice(0, end));
      if (found !== undefined) {
        const rest = name.slice(end + 1);
        return { file: found.file, name: [found.name, rest].filter(part => part !== '').join('.') };
      }
    }
    return null;
  }
}
