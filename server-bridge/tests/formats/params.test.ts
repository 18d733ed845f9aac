import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lookupParam, parseParams, pyEqual, selectParams } from '../../src/formats/params.js';
import { pythonJson } from '../../src/formats/pythonjson.js';
import type { Value } from '../../src/formats/value.js';
import { CellarError } from '../../src/protocol/errors.js';
import { anyMapping, anyValue, hardText, scalar } from './arbitrary.js';
import { startOracle, tag } from './oracle.js';

const ask = startOracle();

async function sameParams(name: string, text: string): Promise<void> {
  const answer = await ask('params', name, text);
  let ours: unknown;
  try {
    ours = tag(parseParams(text, name));
  } catch (error) {
    expect(error).toBeInstanceOf(CellarError);
    expect(answer.error, `we refuse: ${String(error)}`).toBeDefined();
    return;
  }
  expect(answer.error, `we accept ${text}`).toBeUndefined();
  expect(ours).toEqual(answer.ok);
}

const PYTHON = [
  'LR = 0.1\nN = 1_000\nHEX = 0x1F\nBIN = 0b101\nOCT = 0o17\nE = 1e3\nD = 1.\nF = .5\nBIG = 123456789012345678901234567890\n',
  'A = True\nB = None\nC = "x"\nD = \'it\\\'s\'\nE = r"\\n"\nF = "a" "b" \'c\'\nG = """two\nlines"""\nH = u"u"\n',
  'A = b"bytes"\nB = 1j\nC = {1, 2}\nD = f"x"\nE = ...\n',
  'A = [1, 2.0, "x", (3, 4), None]\nB = (1,)\nC = 1, 2\nD = ()\nE = []\nF = (1)\nG = ((2))\n',
  'A = {"a": 1, "b": {"c": [1]}, 3: 4, None: 5}\nB = {}\n',
  'A = -1\nB = +2.5\nC = --1\nD = -True\nE = ~1\nF = not True\nG = 1 + 2\nH = 1 + 2j\n',
  'a = b = 1\nx, y = 1, 2\nz: int = 3\nw: float\nv += 1\n(q) = 4\no.p = 5\nl[0] = 6\nself.s = 7\n',
  'A = call()\nB = name\nC = [name]\nD = {"a": call()}\nE = lambda: 1\nF = A if B else C\n',
  'class T:\n    lr = 0.1\n    class Inner:\n        deep = [1]\n    def __init__(self, a=1):\n        self.x = 5\n        y = 6\n        self.z = a\n        if True:\n            self.no = 1\n    def other(self):\n        self.q = 1\n    n: int = 7\n',
  'if True:\n    A = 1\nfor i in range(3):\n    B = 2\nC = 3\n',
  'def f():\n    X = 1\nY = 2\nasync def __init__(self):\n    self.q = 1\n',
  'A = 1; B = 2; C = "x;y"\nclass E: d = 4; e = 5\n',
  'A = [  # comment\n    1,\n    # more\n    2,\n]\nB = "a" \\\n    "b"\n',
  '# only comments\n\n"""docstring"""\n',
  'A = 1\nA = 2\nclass A:\n    b = 1\n',
  '\tA = 1\n',
  'A = "unterminated\n',
  'A = [1, 2\n',
  'A = 1)\n',
  'import os\nfrom a import (b,\n  c)\n@deco\nclass P(Base, metaclass=M):\n    """doc"""\n    k = "v"\n',
  'A = "\\x41\\u00e9\\101\\q"\n',
  'A = 1 # c\nB = "# no comment"\n',
  'A = """x"""   \nB = \'\'\'y\n# z\n\'\'\'\nC = 3\n',
  'É = 1\nnaïve_2 = 2\n',
  'match = 1\ntype = 2\nprint = 3\nclass_ = 4\n',
  'with open("x") as f: A = 1\nB = 2\n',
  'A: dict[str, int] = {"a": 1}\nB: "list" = [1]\n',
  'A = {"a": 1, **x}\nB = [*y]\nC = (1, *z)\n',
  'A = ("a"\n     "b")\n',
  'x = 1 if y else 2\nz == 3\nw = 4 == 4\n',
  'class A:\n\n  x = 1\n\n  # c\n  y = 2\nz = 3\n'
];

describe('python files', () => {
  test('a character by name is passed over, not misread', () => {
    expect(tag(parseParams('A = "\\N{BULLET}"\nB = r"\\N{x}"\n', 'p.py'))).toEqual(tag(new Map([['B', '\\N{x}']])));
  });
  test.each(PYTHON)('%j', text => sameParams('p.py', text));
  test('no code runs and no name leaks', () => {
    const value = parseParams('__proto__ = {"polluted": True}\nconstructor = 1\n', 'p.py');
    expect(value).toBeInstanceOf(Map);
    expect('polluted' in {}).toBe(false);
  });
  test('literals of any shape', async () => {
    const literal = fc.constantFrom(
      '1',
      '-2',
      '1.5',
      '"x"',
      "'y'",
      'None',
      'True',
      '1e5',
      '[]',
      '()',
      '{}',
      '"a" "b"',
      'name',
      'f()',
      '0x_1',
      '1__0',
      '(',
      '{1}',
      '1,',
      '-',
      '"'
    );
    const { expression } = fc.letrec<{ expression: string }>(tie => ({
      expression: fc.oneof(
        { maxDepth: 3 },
        literal,
        fc.array(tie('expression'), { maxLength: 3 }).map(items => `[${items.join(', ')}]`),
        fc.array(tie('expression'), { maxLength: 3 }).map(items => `(${items.join(', ')})`),
        fc
          .array(fc.tuple(fc.constantFrom('"a"', '"b"', '1', '1.0', 'True'), tie('expression')), { maxLength: 3 })
          .map(items => `{${items.map(([key, value]) => `${key}: ${value}`).join(', ')}}`)
      )
    }));
    await fc.assert(
      fc.asyncProperty(fc.array(expression, { minLength: 1, maxLength: 3 }), async values => {
        const text = values.map((value, index) => `V${index} = ${value}\n`).join('');
        const answer = await ask('params', 'p.py', text);
        // Text that Python cannot compile may be passed over by us; what it compiles must be equal.
        if (answer.error === undefined) expect(tag(parseParams(text, 'p.py'))).toEqual(answer.ok);
      }),
      { numRuns: 600 }
    );
  });
});

const JSON_TEXTS = [
  '{"a": 1, "b": 1.0, "c": 1e5, "d": 12345678901234567890, "e": -0, "f": -0.0, "g": NaN, "h": -Infinity}',
  '{"a": "x\\u00e9\\ud83d\\ude00\\n\\/", "b": [true, false, null], "c": {}}',
  '[]',
  '{}',
  'null',
  '0',
  '""',
  '[1]',
  '',
  '{"a": 1,}',
  "{'a': 1}",
  '{"a": 01}',
  '{"a": .5}',
  '{"a": 1.}',
  '{"a": +1}',
  '{"a": "\t"}',
  '{"a": 1} x',
  '{"a": 1, "a": 2}',
  '{"__proto__": {"polluted": 1}}',
  '{"a": "\\x"}',
  '// c\n{}',
  '{"a" 1}',
  '[1 2]',
  '"\\ud800"',
  ' \n {"a"\t:\r 1}\n'
];

test.each(JSON_TEXTS)('json %j', text => sameParams('p.json', text));

test('json of any value', async () => {
  await fc.assert(
    fc.asyncProperty(anyMapping, async value => {
      const text = pythonJson(value);
      await sameParams('p.json', text);
    }),
    { numRuns: 300 }
  );
});

const TOML_TEXTS = [
  'a = 1\nb = 1.0\nc = 1e5\nd = 0x1F\ne = 1_000\nf = inf\ng = "x"\nh = true\n[t]\nx = [1, 2.5]\n[t.u]\ny = {z = 1}\n[[l]]\nn = 1\n[[l]]\nn = 2\n',
  'big = 9223372036854775807\nneg = -17\nzero = 0.0\nnzero = -0.0\n',
  'd = 2020-01-01\nt = 2020-01-01T10:00:00Z\n',
  'a = \n',
  '[a]\nb = 1\n[a]\nc = 2\n',
  '',
  '\'quoted key\' = 1\n"a.b" = 2\na.c = 3\n',
  '__proto__ = 1\n'
];
test.each(TOML_TEXTS)('toml %j', text => sameParams('p.toml', text));

describe('dotted keys', () => {
  const value = new Map<string, Value>([
    [
      'a',
      new Map<string, Value>([
        ['b', [1n, new Map([['c', 'x']]), 3n]],
        ['n', null]
      ])
    ],
    ['l', [10n, 20n]],
    ['x.y', 1n],
    ['1', 'text key'],
    ['star', new Map([['only', 5n]])]
  ]);
  const KEYS = [
    'a',
    'a.b',
    'a.b.0',
    'a.b.1.c',
    'a.b.-1',
    'a.n',
    'l.-2',
    'l.2',
    'l.-3',
    'l[0]',
    'x.y',
    'zz',
    'a.zz',
    'a.b.c',
    '1',
    'star.*',
    'a.*',
    'l.*',
    's*r',
    'st?r.on[l]y',
    '**.c',
    'a.**',
    '.a',
    'a.',
    'a..b',
    '',
    '/',
    'l.00',
    '[!a]',
    'a.b.[0-1]'
  ];
  test.each(KEYS)('%j', async key => {
    const answer = await ask('lookup', tag(value), key);
    let ours: unknown;
    try {
      const found = lookupParam(value, key);
      ours = found === undefined ? 'KeyError' : { ok: tag(found) };
    } catch (error) {
      expect(error).toBeInstanceOf(CellarError);
      ours = 'ValueError';
    }
    expect(ours).toEqual(answer.error === undefined ? { ok: answer.ok } : answer.error);
  });
  test('integer keys answer to their digits', async () => {
    const map: Value = new Map([[1n, 'int']]);
    expect((await ask('lookup', tag(map), '1')).ok).toBe('int');
    expect(lookupParam(map, '1')).toBe('int');
  });
  test('a stage gets the keys it lists, or all', () => {
    expect([...selectParams(value, ['a.b.0', 'zz', 'l']).keys()]).toEqual(['a.b.0', 'l']);
    expect(selectParams(value, [])).toBe(value);
  });
});

describe('equality is that of Python', () => {
  test('of related values', async () => {
    const numeric = fc.constantFrom<Value>(
      0n,
      1n,
      0,
      1,
      -0,
      true,
      false,
      1.5,
      NaN,
      Infinity,
      10n ** 20n,
      1e20,
      2n ** 53n + 1n,
      2 ** 53,
      '1',
      null,
      ''
    );
    const { pair } = fc.letrec<{ pair: Value }>(tie => ({
      pair: fc.oneof(
        { maxDepth: 2 },
        numeric,
        fc.array(tie('pair'), { maxLength: 2 }),
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), tie('pair')), { maxLength: 2 }).map(entries => new Map(entries))
      )
    }));
    await fc.assert(
      fc.asyncProperty(pair, pair, async (a, b) => {
        expect(pyEqual(a, b)).toBe((await ask('equal', tag(a), tag(b))).ok);
      }),
      { numRuns: 1000 }
    );
  });
});

describe('json bytes are those of Python', () => {
  test('of any mapping', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyValue, scalar, hardText), async value => {
        const answer = await ask('json_print', tag(value));
        if (answer.error !== undefined) expect(() => pythonJson(value, { sortKeys: true })).toThrow();
        else expect(pythonJson(value, { sortKeys: true })).toBe(answer.ok);
      }),
      { numRuns: 1000 }
    );
  });
});
