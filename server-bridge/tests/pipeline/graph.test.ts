import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCycle } from '../../src/pipeline/cycle.js';
import { buildGraph } from '../../src/pipeline/graph.js';
import { globMatcher } from '../../src/pipeline/glob.js';
import { allDependents, orderOf } from '../../src/pipeline/order.js';
import { pipelineStage } from '../../src/pipeline/read-stage.js';
import { schedule } from '../../src/pipeline/schedule.js';
import { addressOf, type Stage } from '../../src/pipeline/stage.js';
import { splitTarget } from '../../src/pipeline/targets.js';
import { parseYaml } from '../../src/formats/yaml.js';
import type { ValueMap } from '../../src/formats/value.js';

const options = { cwd: '/p', shown: (abs: string) => abs.slice(3) };

/** `name: deps -> outs` lines as stages of `/p/dvc.yaml`. */
function stages(...lines: string[]): Stage[] {
  return lines.map(line => {
    const [, name = '', deps = '', outs = '', more = ''] = /^(\w+): (.*?) ?-> ?([^|]*?)(?: \| (.*))?$/.exec(line) ?? [];
    const list = (text: string): string => `[${text.trim().split(/\s+/).filter(Boolean).join(', ')}]`;
    const map = parseYaml(`cmd: x\ndeps: ${list(deps)}\nouts: ${list(outs)}\n${more}\n`, 'dvc.yaml') as ValueMap;
    return pipelineStage({ file: '/p/dvc.yaml', root: '/p' }, name, null, map, null);
  });
}

const names = (list: readonly Stage[]): (string | null)[] => list.map(stage => stage.name);

describe('edges (spec/dvc-pipelines.md §4.1)', () => {
  it('joins a dep with an equal out, an out that holds it, and outs inside of it', () => {
    const all = stages('a: -> x', 'b: -> d', 'c: -> e/f', 'last: x d/in/side e ->');
    const graph = buildGraph(all, options);
    expect(names(graph.upstream.get(all[3] as Stage) ?? [])).toEqual(['a', 'b', 'c']);
    expect(names(graph.downstream.get(all[0] as Stage) ?? [])).toEqual(['last']);
  });

  it('does not join names of which one begins like the other', () => {
    const all = stages('a: -> data', 'b: database data2 ->');
    expect(buildGraph(all, options).upstream.get(all[1] as Stage)).toEqual([]);
  });

  it('counts parameter files like other deps', () => {
    const all = stages('make: -> params.yaml', 'use: -> y | params: [lr]');
    expect(names(buildGraph(all, options).upstream.get(all[1] as Stage) ?? [])).toEqual(['make']);
  });
});

describe('what no graph may hold (§4.2)', () => {
  const refusal = (...lines: string[]): string => {
    try {
      buildGraph(stages(...lines), options);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('says it in the words of dvc', () => {
    expect(refusal('a: -> x', 'b: -> x')).toBe(
      "output 'x' is specified in:\n\t- b\n\t- a\nUse `dvc remove` with any of the above targets to stop tracking the overlapping output."
    );
    expect(refusal('a: -> b', 'b: -> b/c')).toBe(
      "The output paths:\n'b'('a')\n'b/c'('b')\noverlap and are thus in the same tracked directory.\nTo keep reproducibility, outputs should be in separate tracked directories or tracked individually."
    );
    expect(refusal('a: z -> x', 'b: x -> y', 'c: y -> z')).toMatch(
      /^Same item\(s\) are defined as both a dependency and an output in stages: \w, \w, \w\.$/
    );
    expect(refusal('a: x -> x')).toBe('Same item(s) are defined as both a dependency and an output in stage: a.');
    expect(refusal('a: d -> d/own')).toContain('in stage: a.');
  });
});

describe('order (§5.1)', () => {
  const diamond = ['d: b c -> d', 'b: a -> b', 'c: a -> c', 'a: -> a', 'alone: -> z'];

  it('puts deps first and keeps the order of the file otherwise', () => {
    const all = stages(...diamond);
    const graph = buildGraph(all, options);
    expect(names(orderOf(graph, null))).toEqual(['a', 'b', 'c', 'd', 'alone']);
    expect(names(orderOf(graph, [all[1] as Stage]))).toEqual(['a', 'b']);
    expect(names(orderOf(graph, [all[1] as Stage], { downstream: true }))).toEqual(['b', 'd']);
    expect(names(orderOf(graph, [all[1] as Stage], { pipeline: true }))).toEqual(['a', 'b', 'c', 'd']);
    expect(names(allDependents(graph, all[3] as Stage)).sort()).toEqual(['b', 'c', 'd']);
  });

  it('does not look above a frozen stage', () => {
    const all = stages('a: -> a', 'b: a -> b | frozen: true', 'c: b -> c');
    const graph = buildGraph(all, options);
    expect(names(orderOf(graph, [all[2] as Stage]))).toEqual(['b', 'c']);
    expect(allDependents(graph, all[0] as Stage)).toEqual([]);
  });

  it('is a topological order of any graph without circles, and a circle is found in any other', () => {
    const edges = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 30 });
    fc.assert(
      fc.property(edges, list => {
        const next = (n: number): number[] => list.filter(([from]) => from === n).map(([, to]) => to);
        const cycle = findCycle(
          Array.from({ length: 12 }, (_, n) => n),
          next
        );
        if (cycle !== null) {
          cycle.forEach((n, i) => expect(next(n)).toContain(cycle[(i + 1) % cycle.length]));
          return;
        }
        const all = stages(
          ...Array.from(
            { length: 12 },
            (_, n) =>
              `s${n}: ${next(n)
                .map(to => `o${to}`)
                .join(' ')} -> o${n}`
          )
        );
        const order = names(orderOf(buildGraph(all, options), null));
        expect(new Set(order).size).toBe(12);
        for (const [from, to] of list) {
          expect(order.indexOf(`s${to}`)).toBeLessThan(order.indexOf(`s${from}`));
        }
      })
    );
  });
});

describe('a deep pipeline', () => {
  it('of 3,000 stages needs no recursion', () => {
    const all = stages(...Array.from({ length: 3000 }, (_, n) => `s${n}: o${n + 1} -> o${n}`));
    expect(orderOf(buildGraph(all, options), null)[0]?.name).toBe('s2999');
  });
});

describe('schedule', () => {
  it('with one job follows the list; with more, nothing begins before what it waits for has ended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.array(fc.nat(9), { maxLength: 3 }), { maxLength: 10 }),
        async (jobs, raw) => {
          const after = raw.map((list, i) => list.filter(each => each < i));
          const items = after.map((_, i) => i);
          const ended = new Set<number>();
          const began: number[] = [];
          let running = 0;
          await schedule(items, {
            jobs,
            after: item => after[item] ?? [],
            stopped: () => false,
            work: async item => {
              running += 1;
              began.push(item);
              expect(running).toBeLessThanOrEqual(jobs);
              expect((after[item] ?? []).every(each => ended.has(each))).toBe(true);
              await new Promise(resolve => setImmediate(resolve));
              ended.add(item);
              running -= 1;
            }
          });
          expect([...ended].sort((a, b) => a - b)).toEqual(items);
          if (jobs === 1) {
            expect(began).toEqual(items);
          }
        }
      )
    );
  });

  it('begins nothing more once it is stopped', async () => {
    const began: number[] = [];
    await schedule([1, 2, 3], {
      jobs: 1,
      after: () => [],
      stopped: () => began.length === 2,
      work: item => Promise.resolve(void began.push(item))
    });
    expect(began).toEqual([1, 2]);
  });
});

describe('targets (§4.3)', () => {
  it.each([
    ['train', false, 'dvc.yaml', 'train'],
    [':train', false, 'dvc.yaml', 'train'],
    ['sub/dvc.yaml', false, 'sub/dvc.yaml', null],
    ['sub/dvc.yaml:train', false, 'sub/dvc.yaml', 'train'],
    ['data.csv.dvc', false, 'data.csv.dvc', null],
    ['fit@a:b/c', false, 'dvc.yaml', 'fit@a:b/c'],
    ['sub/dvc.yaml:fit@0', false, 'sub/dvc.yaml', 'fit@0'],
    ['C:\\p\\dvc.yaml', false, 'C:\\p\\dvc.yaml', null],
    ['tr*', true, 'dvc.yaml', 'tr*'],
    ['sub/dvc.yaml:tr*', true, 'sub/dvc.yaml', 'tr*']
  ])('splits %s', (target, glob, path, name) => {
    // A drive and a backslash are a path on Windows only; elsewhere the whole is a name.
    const drive = target.startsWith('C:') && process.platform !== 'win32';
    expect(splitTarget(target, glob)).toEqual(drive ? { path: 'dvc.yaml', name: target } : { path, name });
  });

  it('asks for the pipeline file when the lock is named', () => {
    expect(() => splitTarget('sub/dvc.lock:x', false)).toThrow('Did you mean: `sub/dvc.yaml:x`?');
  });

  it('shows a stage from where the user stands', () => {
    expect(addressOf({ file: '/p/dvc.yaml', name: 'a' }, '/p')).toBe('a');
    expect(addressOf({ file: '/p/sub/dvc.yaml', name: 'a' }, '/p')).toBe('sub/dvc.yaml:a');
    expect(addressOf({ file: '/p/dvc.yaml', name: 'a' }, '/p/sub')).toBe('../dvc.yaml:a');
    expect(addressOf({ file: '/p/x.dvc', name: null }, '/p/sub')).toBe('../x.dvc');
  });
});

describe('globs', () => {
  it.each([
    ['tr*', 'train', true],
    ['tr*', 'atr', false],
    ['*@[ab]', 'fit@a', true],
    ['*@[!ab]', 'fit@a', false],
    ['[]x]', ']', true],
    ['a.c', 'abc', false],
    ['a?c', 'abc', true],
    ['[', '[', true]
  ])('%s and %s', (pattern, text, hit) => {
    expect(globMatcher(pattern)(text)).toBe(hit);
  });

  it('take linear time on a row of stars', () => {
    expect(globMatcher('*'.repeat(2000) + 'b')('a'.repeat(5000))).toBe(false);
  });
});
