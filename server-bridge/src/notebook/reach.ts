/** Which definitions mean the same wherever they are called, so that following them once is enough. */
import { newestBinding, type Program, type Unit } from './program.js';

export class Reach {
  /** By unit: the last statement that anything it reaches was bound by; Infinity when a name it reaches is bound twice. */
  private readonly latest: number[];

  constructor(program: Program) {
    const uses = program.units.map(unit => usesOf(program, unit));
    this.latest = uses.map(use => use.latest);
    for (let grew = true; grew;) {
      grew = false;
      uses.forEach((use, index) => {
        for (const to of use.units) {
          const latest = this.latest[to] ?? 0;
          if (latest > (this.latest[index] ?? 0)) {
            this.latest[index] = latest;
            grew = true;
          }
        }
      });
    }
  }

  /** Does `unit` reach the same statements from `at` as from anywhere below? */
  settled(unit: Unit, at: number): boolean {
    return (this.latest[unit.index] ?? Infinity) < at;
  }
}

function usesOf(program: Program, unit: Unit): { latest: number; units: Set<number> } {
  const units = new Set<number>();
  let latest = 0;
  for (const name of unit.facts.deferred.keys()) {
    const list = program.bindings.get(name) ?? [];
    if (list.length > 1) {
      latest = Infinity;
    }
    list.forEach(binding => {
      latest = Math.max(latest, binding.unit.index);
      units.add(binding.unit.index);
    });
  }
  for (const name of unit.facts.reads.keys()) {
    const bound = newestBinding(program, name, unit.index);
    if (bound !== undefined) {
      units.add(bound.unit.index);
    }
  }
  return { latest, units };
}
