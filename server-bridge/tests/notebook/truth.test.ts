import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { initPython } from '../../src/notebook/python/parse.js';
import type { StageResult } from '../../src/notebook/context.js';
import { analysed, type Tagged } from './notebooks.js';

beforeAll(() => initPython());

const name = fc.constantFrom('a', 'b', 'c', 'd');
const fun = fc.constantFrom('f', 'g', 'h');
const digit = fc.integer({ min: 0, max: 9 });

/** Small statements over lists, so that most orders of them run. */
const statement = fc.oneof(
  fc.tuple(name, digit).map(([x, n]) => `${x} = [${n}]`),
  fc.tuple(name, digit).map(([x, n]) => `${x} = [[${n}], [${n}, 1]]`),
  fc.tuple(name, name).map(([x, y]) => `${x} = ${y}`),
  fc.tuple(name, name).map(([x, y]) => `${x} = list(${y})`),
  fc.tuple(name, name).map(([x, y]) => `${x} = [len(${y})] + [1]`),
  fc.tuple(name, digit).map(([x, n]) => `${x}.append(${n})`),
  fc.tuple(name, name).map(([x, y]) => `${x}.append(len(${y}))`),
  fc.tuple(name, digit).map(([x, n]) => `${x} += [${n}]`),
  fc.tuple(name, name, digit).map(([x, y, n]) => `if len(${y}) > ${n % 4}:\n    ${x} = [${n}]`),
  fc.tuple(name, name).map(([x, y]) => `for v in list(${y}):\n    ${x}.append(len(${x}))`),
  fc.tuple(name, name).map(([x, y]) => `${x} = [len(${y}) for ${y} in [${y}, ${y}]]`),
  fc.tuple(name, name).map(([x, y]) => `for e in ${y}:\n    if isinstance(e, list):\n        e.append(len(${x}))`),
  fc.tuple(name, name).map(([x, y]) => `${x} = ${y}[0] if isinstance(${y}[0], list) else [0]`),
  fc.tuple(name, name).map(([x, y]) => `${x} = dict(k=${y})["k"]`),
  fc.tuple(fun, name).map(([f, x]) => `def ${f}(t=1):\n    return len(${x})`),
  fc.tuple(fun, fun).map(([f, g]) => `def ${f}(t=1):\n    return ${g}(t) if ${g} is not ${f} else 0`),
  fc
    .tuple(fun, digit)
    .map(([f, n]) => `def ${f}(t=1):\n    if isinstance(t, list):\n        t.append(${n})\n    return ${n}`),
  fc.tuple(fun, digit).map(([f, n]) => `${f} = lambda t=1: ${n}`),
  fc.tuple(fun, name).map(([f, x]) => `def ${f}(t=1):\n    global ${x}\n    ${x} = [7]\n    return 7`),
  fc.tuple(name, fun).map(([x, f]) => `${x} = [${f}()]`),
  fc.tuple(name, fun).map(([x, f]) => `${f}(${x})`),
  fc.tuple(name, fun).map(([x, f]) => `${x} = [q for q in map(${f}, ${x})]`),
  fc.tuple(name, name).map(([x, y]) => `print(${x}, ${y})`),
  name.map(x => `print(len(${x}), ${x})`),
  fc.tuple(name, fun).map(([x, f]) => `print(${x}, ${f}())`),
  fc.tuple(name, name).map(([x, y]) => `try:\n    ${x} = [${y}[0]]\nexcept IndexError:\n    ${x} = []`),
  name.map(x => `print(${x}, k1, [k1 for _ in ${x}])`)
);

const cell = (role: fc.Arbitrary<string>, most: number): fc.Arbitrary<Tagged> =>
  fc
    .tuple(role, fc.array(statement, { minLength: 1, maxLength: most }))
    .map(([tag, lines]): Tagged => [tag, lines.join('\n')]);

const BEGIN: Tagged[] = [
  [
    'setup',
    'a = [1]\nb = [2]\nc = [[3], [4]]\nd = [5]\ndef f(t=1):\n    return 1\ndef g(t=1):\n    return f(t)\ndef h(t=1):\n    return len(d)'
  ],
  ['params', 'k1 = 3']
];

/** Mostly stages in order, as people write them; now and then a stage in pieces, setup in between, scratch. */
const notebooks = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: cell(fc.constant('next'), 4) },
      { weight: 2, arbitrary: cell(fc.constantFrom('s1', 's2', 's3'), 3) },
      { weight: 1, arbitrary: cell(fc.constant('setup'), 2) },
      { weight: 1, arbitrary: cell(fc.constant('scratch'), 2) }
    ),
    { minLength: 2, maxLength: 7 }
  )
  // Definitions of untagged cells are setup (N3), which the truth does not run: leave them out here.
  .filter(cells => cells.every(([role, source]) => role !== 'scratch' || !/def /.test(source)))
  .map((cells): Tagged[] => [
    ...BEGIN,
    ...cells.map(([role, source], at): Tagged => [role === 'next' ? `s${at}` : role, source])
  ]);

function order(stages: readonly StageResult[]): StageResult[] {
  const done: StageResult[] = [];
  const visit = (stage: StageResult): void => {
    if (!done.includes(stage)) {
      stage.needs.forEach(need => stages.filter(one => one.name === need).forEach(visit));
      done.push(stage);
    }
  };
  stages.forEach(visit);
  return done;
}

interface Answer {
  valid: boolean;
  difference: string | null;
  /** Stages that the runner refuses, and those below them. */
  refused: number;
}

function compare(cases: readonly Tagged[][]): { answers: Answer[]; blocked: number; stages: number } {
  let blocked = 0;
  let count = 0;
  const input = cases.map(cells => {
    const analysis = analysed(cells);
    const ready = analysis.stages.filter(stage => !stage.blocked && stage.blockedBy.length === 0);
    blocked += analysis.stages.length - ready.length;
    count += analysis.stages.length;
    return {
      params: { k1: 3 },
      cells: cells.map(([role, source]) => ({ role: /^s\d$/.test(role) ? 'stage' : role, stage: role, source })),
      stages: order(ready).map(stage => ({
        name: stage.name,
        script: stage.script,
        cells: stage.blockCells,
        before: stage.blockCells.map(() => [])
      }))
    };
  });
  const out = execFileSync('python', [join(import.meta.dirname, 'truth.py')], {
    input: JSON.stringify(input),
    maxBuffer: 1 << 28,
    timeout: 120_000
  });
  return { answers: JSON.parse(out.toString()) as Answer[], blocked, stages: count };
}

describe('scripts against the whole notebook', () => {
  it('prints the same and saves the same values', { timeout: 180_000 }, () => {
    const seed = Number(process.env.CELLAR_SEED ?? 20261124);
    const cases = fc.sample(notebooks, { numRuns: Number(process.env.CELLAR_RUNS ?? 600), seed });
    const { answers, blocked, stages } = compare(cases);
    const valid = answers.filter(answer => answer.valid).length;
    const wrong = cases.flatMap((cells, at) => {
      const difference = answers[at]?.difference ?? null;
      return difference === null
        ? []
        : [
            `${difference}\n${cells
              .slice(2)
              .map(([role, source]) => `--- ${role}\n${source}`)
              .join('\n')}`
          ];
    });
    const refused = answers.reduce((sum, answer) => sum + answer.refused, 0);
    console.log(
      `${valid} of ${cases.length} notebooks run; of ${stages} stages ${blocked} blocked, ${refused} refused in a run; ${wrong.length} differ`
    );
    expect(wrong.slice(0, Number(process.env.CELLAR_SHOW ?? 3)).join('\n\n')).toBe('');
    expect(valid).toBeGreaterThan(cases.length / 3);
  });
});
