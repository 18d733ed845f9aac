import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYaml, printYaml } from '../../src/formats/yaml.js';
import { readQuickly } from '../../src/formats/yaml/quick.js';
import { documentValue, parseSyntax } from '../../src/formats/yaml/read.js';
import type { Value } from '../../src/formats/value.js';
import { CellarError } from '../../src/protocol/errors.js';
import { anyMapping, commandText, hardText } from './arbitrary.js';
import { startOracle, tag } from './oracle.js';

const ask = startOracle();

/** The pinned reader takes these for line breaks; YAML 1.2 and we do not. */
const OTHER_BREAKS = /[\x85\u2028\u2029]/;

/**
 * What dvc reads we read, and find the same. We may be more lenient with text that dvc refuses, except where `strict`.
 */
async function sameReading(text: string, strict: boolean): Promise<void> {
  if (OTHER_BREAKS.test(text)) return;
  const answer = await ask('yaml_read', text);
  let ours: unknown;
  try {
    ours = tag(parseYaml(text, 'x.yaml'));
  } catch (error) {
    expect(error).toBeInstanceOf(CellarError);
    expect(answer.error, `we refuse ${JSON.stringify(text)}: ${String(error)}`).toBeDefined();
    return;
  }
  if (!strict && answer.error !== undefined) return;
  expect(answer.error, `we accept ${JSON.stringify(text)}`).toBeUndefined();
  expect(ours).toEqual(answer.ok);
}

const TEXTS = [
  '',
  '# only a comment\n',
  'a: 1_000\nb: 0b101\nc: 0o17\nd: 010\ne: 0x1F\nf: 1e3\ng: 1.\nh: .5\ni: +12\nj: -0x10\nk: 0777\n',
  'a: yes\nb: on\nc: True\nd: TRUE\ne: ~\nf:\ng: null\nh: "true"\n',
  'a: 2020-01-01\n',
  'a: 2020-01-01T10:20:30Z\nb: 12:30:00\nc: 2020-1-1\n',
  'a: .inf\nb: -.INF\nc: .nan\nd: 1e400\n',
  'a: 1\na: 2\n',
  'a: 1\n1: x\n1.0: y\n',
  'base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n  z: 4\n',
  'base: &b {x: 1}\nother: &o {x: 5, w: 2}\nuse:\n  <<: [*b, *o]\n  z: 4\n',
  'a: <<\n',
  'a: =\n=: 1\n',
  'a: &x [1, 2]\nb: *x\n',
  'a: *nope\n',
  'a: &x\n  b: *x\n',
  'a: !!str 1\nb: !!int "3"\nc: !!float "3"\nd: ! 12\n',
  'a: !foo bar\n',
  'a: |\n  one\n   two\nb: >-\n  x\n  y\n\n  z\n',
  "a: \"x\\ty\\u00e9\\x41\"\nb: 'it''s'\n",
  'a: one\n  two\n\n  three\n',
  '- 1\n- a: b\n  c: d\n-\n',
  '[1, {a: b}, [c]]\n',
  'a: [1, 2\n',
  'a: b: c\n',
  '{a: 1, b}\n',
  '? a\n: b\n',
  '\ta: b\n',
  '---\na: 1\n...\n',
  '---\na: 1\n---\nb: 2\n',
  '%YAML 1.2\n---\na: 1\n',
  'just text\n',
  '[]\n',
  '{}\n',
  '12\n',
  'false\n',
  'a: @x\n',
  'a: `x`\n',
  'a: %x\n',
  'key with space: v\n"quoted": v\n',
  'a: 0b\nb: 2\n',
  'a: 1__0\n',
  'a: "unterminated\n',
  'a:\n  b: 1\n c: 2\n',
  "a: 'x' y\n",
  'a: - b\n',
  'url: http://x.y/z#frag\nb: a#b\nc: a #b\n',
  'a: "\\/"\n',
  'a: x\r\nb: y\r\n'
];

test.each(TEXTS)('reads like the pinned dvc: %j', async text => {
  await sameReading(text, true);
});

test('plain words, numbers and dates of any form', async () => {
  const word = fc.oneof(
    hardText.filter(text => !/[\n\r]/.test(text)),
    fc.stringMatching(/^[-+]?[0-9_.eExob:-]{1,10}$/),
    fc.stringMatching(/^[-+.]?(inf|nan|INF|NaN)$/)
  );
  await fc.assert(
    fc.asyncProperty(word, async text => sameReading(`a: ${text}\n`, false)),
    { numRuns: 1500 }
  );
});

test('lines put together at random', async () => {
  const line = fc.constantFrom(
    'a:',
    'b: 1',
    '- x',
    '- a: 1',
    '  c: 2',
    '  - y',
    '# note',
    '',
    'd: [1, 2]',
    "e: 'q'",
    '  f: |',
    '    text',
    '? k',
    ': v',
    'b: 2 # end'
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), async lines => sameReading(`${lines.join('\n')}\n`, false)),
    { numRuns: 1000 }
  );
});

describe('the quick reader', () => {
  const full = (text: string) => documentValue(parseSyntax(text, 'x'), text, 'x');
  const same = (text: string) => {
    const quick = readQuickly(text, full);
    if (quick !== undefined) expect(tag(quick), text).toEqual(tag(full(text)));
    return quick !== undefined;
  };
  test('agrees with the full one on any value', () => {
    fc.assert(
      fc.property(anyMapping, value => {
        same(printYaml(value));
      }),
      { numRuns: 300 }
    );
  });
  test('reads what machines write', () => {
    const key = fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,10}$/);
    const leaf = fc.oneof(
      fc.stringMatching(/^[0-9a-f]{32}$/),
      fc.bigInt(),
      fc.constantFrom(true, null, 0.5, 'a b', "it's", '2.0'),
      commandText
    );
    const entry = fc
      .array(fc.tuple(key, fc.oneof(leaf, fc.array(leaf, { minLength: 1, maxLength: 3 }))))
      .map(pairs => new Map<string, Value>(pairs));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, fc.array(entry, { minLength: 1, maxLength: 2 })), { minLength: 1, maxLength: 4 }),
        stages => {
          const words = ['true', 'null', 'inf', 'nan', 'no'];
          fc.pre(!stages.flat(9).some(item => typeof item === 'string' && words.includes(item)));
          expect(same(printYaml(new Map<string, Value>(stages)))).toBe(true);
        }
      ),
      { numRuns: 300 }
    );
  });
  test('agrees with the full one on random lines', () => {
    const line = fc.constantFrom(
      'a:',
      'b: 1',
      'a.b: x',
      '- x',
      '- a: 1',
      '  b: 2',
      '  c: 2',
      '  - y',
      '    - z',
      '# note',
      '',
      '  # in',
      "e: 'q'",
      "e: 'q",
      "f: 'it''s'",
      'f: "d"',
      'f: "d\\n"',
      '  more words',
      '    still: more',
      'g: |',
      '  text',
      'g: >-',
      'h: [1,',
      '  2]',
      'i: {a: b}',
      'x: &a 1',
      'y: *a',
      '? k',
      ': v',
      'b: 2 # end',
      'c: ~',
      'd: 2020-01-01',
      'true: 1',
      '1: 2',
      'a b: c',
      '-',
      '- -',
      '- - x',
      'z: -',
      'z: - a',
      'z: a: b',
      '---',
      '...',
      'k:  padded  ',
      '<<: {a: 1}',
      'k: <<',
      'k: =',
      '=: 1',
      '\tb: 1',
      'é: ü',
      'k: "x" y',
      "k: 'x' # c",
      '  - a: 1',
      '    b: 2',
      '   odd: 3',
      'k: #c',
      'k:#c',
      'k :v'
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 7 }), lines => {
        const text = `${lines.join('\n')}\n`;
        let quick: unknown;
        try {
          same(text);
        } catch (error) {
          // What the full reader refuses the quick one must leave alone.
          if (!(error instanceof CellarError)) throw error;
          quick = readQuickly(text, full);
          expect(quick, text).toBeUndefined();
        }
      }),
      { numRuns: 20_000 }
    );
  });
});

describe('limits', () => {
  test('deep nesting is refused, not crashed into', () => {
    expect(() => parseYaml('['.repeat(100_000), 'x')).toThrow(CellarError);
    expect(() => parseYaml(`${'['.repeat(70)}${']'.repeat(70)}`, 'x')).toThrow(/Nested deeper than 64/);
  });
  test('aliases that unfold without end are refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 10; level++) {
      const targets = Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ');
      lines.push(`a${level}: &a${level} [${targets}]`);
    }
    expect(() => parseYaml(lines.join('\n'), 'x')).toThrow(/unfold to too many values/);
  });
  test('two hundred stages may share one anchor', () => {
    const stages = Array.from({ length: 200 }, (_, index) => `s${index}: {<<: *base, n: ${index}}`);
    expect(parseYaml(`base: &base {a: 1, b: 2}\n${stages.join('\n')}\n`, 'x')).toBeInstanceOf(Map);
  });
  test('__proto__ is a key like any other', () => {
    const value = parseYaml('__proto__: {polluted: true}\nconstructor: 1\n', 'x') as Map<string, unknown>;
    expect([...value.keys()]).toEqual(['__proto__', 'constructor']);
    expect('polluted' in {}).toBe(false);
  });
});

test('an error says line and column, and sees merge conflicts', () => {
  const text = 'a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: [\n>>>>>>> other\n';
  expect(() => parseYaml(text, './dvc.lock')).toThrow(
    /'\.\/dvc\.lock' is invalid \(possible merge conflicts\)\..* in line \d+, column \d+/
  );
});

test('commands read back as they are', async () => {
  await fc.assert(fc.asyncProperty(commandText, async text => sameReading(`cmd: ${JSON.stringify(text)}\n`, true)));
});
