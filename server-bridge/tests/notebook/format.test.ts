import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { braces, formatted, percent, type Known } from '../../src/notebook/python/format.js';

const value: fc.Arbitrary<Known> = fc.oneof(
  fc.bigInt({ min: -100_000n, max: 10_000_000n }),
  fc.constantFrom(0.5, 1.25, -2.5, 0.1, 1e-7, 123456.789, 3),
  fc.constantFrom('', 'a', 'train', 'übung')
);
const spec = fc
  .tuple(
    fc.constantFrom('', '<', '>', '^', '=', '*<', '0>', '_^'),
    fc.constantFrom('', '+', '-', ' '),
    fc.constantFrom('', '0'),
    fc.constantFrom('', '1', '4', '9'),
    fc.constantFrom('', ',', '_'),
    fc.constantFrom('', '.0', '.2', '.3'),
    fc.constantFrom('', 'd', 'f', 's', 'x', 'X', 'o', 'b', 'e')
  )
  .map(parts => parts.join(''));

/** What Python gives; null where it raises. */
function python(expressions: string[]): (string | null)[] {
  const program = `
import json, sys
def value(text):
    try:
        return eval(text)
    except Exception:
        return None
print(json.dumps([value(text) for text in json.load(sys.stdin)]))`;
  const { stdout } = spawnSync('python3', ['-c', program], { input: JSON.stringify(expressions), encoding: 'utf8' });
  return JSON.parse(stdout) as (string | null)[];
}

const literal = (one: Known): string =>
  typeof one === 'string' ? JSON.stringify(one) : typeof one === 'number' ? `float(${one})` : String(one);

it('what is formatted is what Python gives', () => {
  const cases = fc.sample(fc.tuple(value, spec), { numRuns: 3000, seed: 7 });
  const truth = python(cases.map(([one, how]) => `format(${literal(one)}, ${JSON.stringify(how)})`));
  const wrong = cases.flatMap(([one, how], at) => {
    const got = formatted(one, how);
    return got !== null && got !== truth[at] ? [`${literal(one)} ${how}: ${got} ≠ ${truth[at] ?? 'error'}`] : [];
  });
  expect(wrong).toEqual([]);
  const told = cases.filter(([one, how], at) => truth[at] !== null && formatted(one, how) !== null);
  expect(told.length).toBeGreaterThan(200);
});

it('templates with % and braces are what Python gives', () => {
  const cases: [string, string | null][] = [
    ['"w_%04d.csv" % 7', percent('w_%04d.csv', [7n])],
    ['"%s-%5.1f-%-4d|%%" % ("a", 2.3, 3)', percent('%s-%5.1f-%-4d|%%', ['a', 2.3, 3n])],
    ['"%+d %x %6s" % (3, 255, "ab")', percent('%+d %x %6s', [3n, 255n, 'ab'])],
    ['"{:03d}_{}.csv".format(7, "a")', braces('{:03d}_{}.csv', [7n, 'a'], new Map())],
    ['"{1}{0}{n:>4}{{}}".format(1, 0.5, n="x")', braces('{1}{0}{n:>4}{{}}', [1n, 0.5], new Map([['n', 'x']]))]
  ];
  expect(cases.map(([, got]) => got)).toEqual(python(cases.map(([text]) => text)));
  expect(percent('%d %d', [1n])).toBeNull();
  expect(percent('%d', ['a'])).toBeNull();
  expect(braces('{0.name}', ['a'], new Map())).toBeNull();
  expect(braces('{}', [], new Map())).toBeNull();
});
