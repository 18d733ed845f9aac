import { beforeAll, describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/notebook/edits.js';
import { initPython } from '../../src/notebook/python/parse.js';
import { analysed, codes, notebook, stageOf, type Tagged } from './notebooks.js';

beforeAll(() => initPython());

/** Code as notebooks often hold it, which must not be refused (N35, N38). */
const ACCEPTED: [rule: string, cells: Tagged[]][] = [
  [
    'numbers that were unpacked',
    [
      ['a', 'x, y = 1, 2\nz = x'],
      ['b', 'x += 1\nprint(x, y, z)']
    ]
  ],
  [
    'items that a generator was unpacked into (N37)',
    [
      ['a', 'x, y = ([i] for i in range(2))'],
      ['b', 'print(x, y)']
    ]
  ],
  [
    'columns that zip was unpacked into (N37)',
    [
      ['a', 'pairs = [(1, 2), (3, 4)]\nx, y = zip(*pairs)'],
      ['b', 'print(x, y)']
    ]
  ],
  [
    'numbers that were swapped',
    [
      ['a', 'x = 1\ny = 2\nx, y = y, x'],
      ['b', 'x += y\nprint(x, y)']
    ]
  ],
  [
    'unknown values that were swapped share no more than before',
    [
      ['a', 'x = load()\ny = load()\nx, y = y, x'],
      ['b', 'x += y\nprint(x, y)']
    ]
  ],
  [
    'the parts of a shape',
    [
      ['a', 'import numpy as np\nX = np.zeros((3, 4))\nshape = X.shape\nn, m = shape'],
      ['b', 'n += 1\nprint(n, m, shape, X)']
    ]
  ],
  [
    'counters of a loop',
    [
      ['a', 'total = 0\nlast = 0\nfor i in range(3):\n    last = total\n    total += i'],
      ['b', 'total += 1\nprint(total, last, i)']
    ]
  ],
  [
    'numbers that a branch made',
    [
      ['a', 'n = 3\nm = n\nif n > 2:\n    n = m * 2\nelse:\n    n = len("abc")'],
      ['b', 'n -= 1\nprint(n, m)']
    ]
  ],
  [
    'names of columns',
    [
      ['a', 'df = load()\ncolumns = list(df.columns)\nfirst = df.columns[:2]'],
      ['b', 'df["sum"] = df[columns].sum(axis=1)\nprint(first)']
    ]
  ],
  [
    'a name that an inner loop binds, read after it',
    [
      ['a', 'for i in range(3):\n    for j in range(2):\n        e = i + j\n    print(e)'],
      ['b', 'e = 1\nprint(e)']
    ]
  ],
  [
    'parameters with formats and arithmetic that stand in no path',
    [
      ['params', 'lr = 0.1\nn = 3'],
      [
        'a',
        'title = f"lr={lr:.2f}"\nnext_n = n + 1\nprint("%d" % n, "{:03d}".format(n), title)\nfor i in range(n + 1):\n    open("a.txt")'
      ],
      ['b', 'def show(text, size):\n    print(text, size * 2)\nshow(f"{lr:.3f}", n * 2)']
    ]
  ],
  [
    'map and filter of frames are no generators',
    [
      ['a', 'df = load()\ns = df["x"].map({1: 2})\nt = df.filter(like="a")'],
      ['b', 'print(s, t)']
    ]
  ],
  [
    'a column beside its frame',
    [
      ['a', 'df = load()\ny = df["y"]'],
      ['b', 'df["z"] = df["x"] * 2\nprint(y)']
    ]
  ],
  [
    'data that an object keeps',
    [
      ['setup', 'class Mean:\n    def fit(self, y):\n        self.last = y[-1]\n        return self'],
      ['a', 'ts = load()\ntrain, test = ts[:-6], ts[-6:]'],
      ['b', 'for m in [Mean(), Mean()]:\n    m.fit(train)\n    print(score(test, m))'],
      ['c', 'print(ts, train, test)']
    ]
  ],
  [
    'results that are collected stage by stage',
    [
      ['a', 'results = {}\nfirst = load()\nresults["first"] = first'],
      ['b', 'second = load()\nresults["second"] = second\nprint(first)'],
      ['c', 'print(results, first, second)']
    ]
  ],
  [
    'what a call of a library gives is new',
    [
      ['a', 'df = load()\ny = df["y"]\nmodel = make()'],
      ['b', 'guess = model.predict(df)\nguess[guess < 0] = 0\nprint(score(y, guess))']
    ]
  ]
];

describe('accepted', () => {
  it.each(ACCEPTED)('%s', (_rule, cells) => {
    const errors = analysed(cells).problems.filter(problem => problem.severity === 'error');
    expect(errors.map(problem => `${problem.code}: ${problem.message}`)).toEqual([]);
  });
});

/** Environment variables that the notebook gave their value are no input (N27). */
const ENVIRON: [rule: string, cells: Tagged[], warned: boolean][] = [
  [
    'set in setup',
    [
      ['setup', 'import os\nos.environ["X"] = "1"'],
      ['s', 'x = os.environ["X"]']
    ],
    false
  ],
  [
    'a default in setup',
    [
      ['setup', 'import os\nos.environ.setdefault("X", "1")'],
      ['s', 'x = os.getenv("X")']
    ],
    false
  ],
  [
    'several in setup',
    [
      ['setup', 'import os\nos.environ.update({"X": "1"}, Y="2")'],
      ['s', 'x = os.environ["X"] + os.environ.get("Y")']
    ],
    false
  ],
  [
    'a magic',
    [
      ['setup', 'import os\n%env X=1'],
      ['s', 'x = os.environ["X"]']
    ],
    false
  ],
  ['in the stage itself', [['s', 'import os\nos.environ["X"] = "1"\nx = os.environ["X"]']], false],
  ['only further down', [['s', 'import os\nx = os.environ["X"]\nos.environ["X"] = "1"']], true],
  [
    'another one',
    [
      ['setup', 'import os\nos.environ["X"] = "1"'],
      ['s', 'x = os.environ["Z"]']
    ],
    true
  ],
  [
    'in another stage',
    [
      ['setup', 'import os'],
      ['a', 'os.environ["X"] = str(load())'],
      ['s', 'x = os.environ["X"]']
    ],
    true
  ]
];

describe('environment', () => {
  it.each(ENVIRON)('%s', (_rule, cells, warned) => {
    expect(codes(analysed(cells)).includes('W_ENVIRON')).toBe(warned);
  });
});

/** Inputs that may well be one object: the script says so, and what a run saw of them decides (N35, N38). */
const SHARED: [rule: string, producer: string, reader: string][] = [
  ['an alias', 'x = load()\ny = x', 'y.append(1)\nprint(x)'],
  ['unpacked parts of one list', 'x = [[1], [2]]\np, q = x', 'p.append(1)\nprint(x)'],
  ['an alias that was swapped', 'x = load()\ny = load()\nz = x\nx, y = y, x', 'y.append(1)\nprint(z)'],
  ['handed through a function', 'def same(v):\n    return v\nx = load()\ny = x\nx = same(x)', 'x.append(1)\nprint(y)'],
  ['augmented, of unknown kind', 'x = load()\ny = x', 'y += 1\nprint(x)'],
  ['a mean, which may be a series', 'x = load().mean()\ny = x', 'y[0] = 1\nprint(x)'],
  ['bound anew only after it was used', 'x = [1]\ny = x\nif f():\n    y = x\n    x = 1', 'y += [2]\nprint(x)'],
  ['plain in one branch alone', 'x = [1]\ny = x\nif f():\n    x = 1\n    y = x', 'y += x\nprint(x)']
];

describe('suspected to share', () => {
  it.each(SHARED)('%s', (_rule, producer, reader) => {
    const cells: Tagged[] = [
      ['a', producer],
      ['b', reader]
    ];
    const before = analysed(cells);
    expect(codes(before)).toEqual([]);
    const [suspected] = stageOf(before, 'b').header.apart ?? [];
    expect(suspected?.[2]).toBe('.cellar/nb/outputs/a.json');
    const [one = '', other = ''] = suspected ?? [];
    const script = stageOf(before, 'a').script.split('\n').slice(1).join('\n');
    const facts = (shared: [string, string][]) => ({
      recorded: (stage: string) => (stage === 'a' ? { script, mutated: [], shared } : null)
    });
    expect(codes(analysed(cells, {}, facts([[one, other]])))).toEqual(['E_SHARED_INPUTS']);
    expect(codes(analysed(cells, {}, facts([])))).toEqual([]);
  });

  it('the stage that makes one and takes in the other tells', () => {
    const cells: Tagged[] = [
      ['a', 'x = load()'],
      ['b', 'y = [x]'],
      ['c', 'x.append(1)\nprint(y)']
    ];
    expect(stageOf(analysed(cells), 'c').header.apart).toEqual([['x', 'y', '.cellar/nb/outputs/b.json']]);
  });

  it('where no stage has both, the text decides', () => {
    const cells: Tagged[] = [
      ['a', 'x = load()'],
      ['b', 'y = x'],
      ['c', 'z = x'],
      ['d', 'y.append(1)\nprint(z)']
    ];
    expect(codes(analysed(cells))).toEqual(['E_SHARED_INPUTS']);
  });
});

it('a writer of rows changes its file, not the rows that gave it its columns', () => {
  const cells: Tagged[] = [
    ['setup', 'import csv'],
    ['a', 'x = load()'],
    ['b', 'y = x'],
    ['c', 'rows = x'],
    ['d', 'with open("o.csv", "w") as f:\n    w = csv.DictWriter(f, list(rows[0]))\n    w.writerows(rows)\nprint(y)']
  ];
  expect(codes(analysed(cells))).toEqual([]);
});

it('a definition that reads a value of another stage when it is made: the stages are merged by one button (N14)', () => {
  const cells: Tagged[] = [
    ['a', 'n = load()'],
    ['b', 'def f(x, n=n):\n    return x + n\ny = f(1)'],
    ['c', 'z = f(2)\nprint(y)']
  ];
  const [problem] = analysed(cells).problems;
  expect(problem).toMatchObject({ code: 'E_DEFINITION_READS_VALUE', stage: 'c' });
  const [fix] = problem?.fixes ?? [];
  expect(fix?.label).toBe('Merge c into b');
  const { cells: fixed } = applyEdits(notebook(...cells), fix?.edits ?? []);
  const merged = analysed(fixed.map(({ tag, source }): Tagged => [(tag as { stage: string }).stage, source]));
  expect(codes(merged)).toEqual([]);
  expect(merged.stages.map(stage => stage.name)).toEqual(['a', 'b']);
});

/** Where stage `c` takes its names from: from `b` what `b` may have changed, from `a` what it left alone (N35). */
const LEFT_ALONE: [rule: string, a: string, b: string, c: string, from: Record<string, string>][] = [
  ['a frame that an object keeps', 'X = load()\nm = Model()', 'm.fit(X)', 'print(m, X)', { m: 'b', X: 'a' }],
  [
    'what a dict holds, when another item comes',
    'x = load()\nd = {}\nd["x"] = x',
    'd["y"] = 1',
    'print(d, x)',
    { d: 'b', x: 'a' }
  ],
  [
    'what a list holds, when it grows',
    'x = load()\nl = []\nl.append(x)',
    'l.append(2)',
    'print(l, x)',
    { l: 'b', x: 'a' }
  ],
  ['an item that is changed', 'x = load()\nd = {}\nd["x"] = x', 'd["x"].append(1)', 'print(d, x)', { d: 'b', x: 'b' }],
  [
    'an item taken out and changed',
    'x = load()\nd = {}\nd["x"] = x\nz = d["x"]',
    'z.append(1)',
    'print(d, x, z)',
    { d: 'b', x: 'b', z: 'b' }
  ],
  [
    'what was put in and is changed',
    'x = load()\nl = []\nl.append(x)',
    'x.append(1)',
    'print(l, x)',
    { l: 'b', x: 'b' }
  ],
  [
    'the list under another name',
    'x = load()\nl = []\nl.append(x)\nk = l',
    'k.append(1)',
    'print(l, k, x)',
    { l: 'b', k: 'b', x: 'a' }
  ],
  [
    'a column, when the frame gets another one',
    'df = load()\ny = df["y"]',
    'df["z"] = 1\ndel df["w"]',
    'print(df, y)',
    { df: 'b', y: 'a' }
  ],
  [
    'a column that is changed in place',
    'df = load()\ny = df["y"]',
    'df["y"] += 1',
    'print(df, y)',
    { df: 'b', y: 'b' }
  ],
  [
    'rows that are changed in place',
    'df = load()\ny = df["y"]',
    'df.loc[0, "y"] = 1',
    'print(df, y)',
    { df: 'b', y: 'b' }
  ],
  [
    'an item, changed through another name of it',
    'd = load()\ny = d["y"]\nz = d["y"]',
    'y.append(1)',
    'print(d, y, z)',
    { d: 'b', y: 'b', z: 'b' }
  ],
  [
    'an item whose dict was bound anew',
    'd = load()\ny = d["y"]\nz = d["y"]\nd = 1',
    'y.append(1)',
    'print(y, z)',
    { y: 'b', z: 'b' }
  ],
  [
    'an item put in and taken out',
    'y = load()\nd = {}\nd["y"] = y\nz = d["y"]',
    'y.append(1)',
    'print(d, y, z)',
    { d: 'b', y: 'b', z: 'b' }
  ],
  [
    'each of a list',
    'x = load()\ny = load()\nl = [x, y]',
    'for one in l:\n    one.append(1)',
    'print(x, y)',
    { x: 'b', y: 'b' }
  ],
  [
    'a pipeline that fits its parts',
    's = make()\np = Holder()\np.step = s',
    'p.fit(1)',
    'print(p, s)',
    { p: 'b', s: 'b' }
  ],
  [
    'a part whose container was bound anew',
    'x = load()\nd = {}\nd["x"] = x\ne = {}\ne["d"] = d\nd = 1',
    'e["d"]["x"].append(1)',
    'print(e, x)',
    { e: 'b', x: 'b' }
  ]
];

describe('changed or left alone', () => {
  const model =
    'class Model:\n    def fit(self, X):\n        self.X = X\n        self.mean = X[0]\n        return self\nclass Holder:\n    pass';
  it.each(LEFT_ALONE)('%s', (_rule, a, b, c, from) => {
    const analysis = analysed([
      ['setup', model],
      ['a', a],
      ['b', b],
      ['c', c]
    ]);
    const variables = stageOf(analysis, 'c').inputs.filter(one => one.kind === 'variable');
    expect(Object.fromEntries(variables.map(one => [one.name, one.how]))).toEqual(from);
  });
});

it('inputs that the last run saw shared and changed are refused, whatever the text shows (N38)', () => {
  const cells: Tagged[] = [
    ['a', 'x = load()\ny = wrap(x)'],
    ['b', 'z = wrap(x)\nz.append(1)\nprint(y)']
  ];
  const script = (stage: string): string => stageOf(analysed(cells), stage).script.split('\n').slice(1).join('\n');
  const facts = {
    a: { script: script('a'), mutated: [], shared: [['x', 'y'] as const] },
    b: { script: script('b'), mutated: ['x'], shared: [] }
  };
  expect(codes(analysed(cells))).toEqual([]);
  const seen = analysed(cells, {}, { recorded: stage => (stage === 'a' ? facts.a : facts.b) });
  expect(codes(seen)).toEqual(['E_SHARED_INPUTS']);
});

/** Functions that are handed on, and the value of the stage `a` that they read (N14). */
const HANDED: [rule: string, setup: string, use: string][] = [
  ['apply', 'def f(r):\n    return r * factor', 'print(df.apply(f))'],
  ['sorted', 'def f(r):\n    return r * factor', 'print(sorted(df, key=f))'],
  ['map', 'def f(r):\n    return r * factor', 'print(list(map(f, df)))'],
  ['partial', 'from functools import partial\ndef f(r, s):\n    return r * factor\ng = partial(f, 1)', 'print(g(2))'],
  ['a lambda of setup', 'f = lambda r: r * factor', 'print(df.apply(f))'],
  [
    'inside a function of setup',
    'def one(r):\n    return r * factor\ndef f(d):\n    return d.apply(one)',
    'print(f(df))'
  ],
  ['in a table of functions', 'def one(r):\n    return r * factor\nTABLE = {"one": one}', 'print(TABLE["one"](2))'],
  [
    'through a class',
    'class K:\n    def go(self, d):\n        return d.map(lambda r: r * factor)',
    'print(K().go(df))'
  ],
  [
    'through a decorator',
    'def deco(fn):\n    def inner(*a):\n        return fn(*a) * factor\n    return inner\n@deco\ndef f(r):\n    return r',
    'print(df.apply(f))'
  ]
];

describe('functions that are handed on', () => {
  it.each(HANDED)('%s', (_rule, setup, use) => {
    const analysis = analysed([
      ['setup', setup],
      ['a', 'factor = load()\ndf = load()'],
      ['b', use]
    ]);
    const names = stageOf(analysis, 'b').inputs.filter(one => one.kind === 'variable');
    expect(names.map(one => one.name)).toContain('factor');
  });
});

it('a stage that makes setup’s object anew is no witness of what shares it (N38)', () => {
  const analysis = analysed([
    ['setup', 'c = [[1], [2]]'],
    ['a', 'd = c[0]'],
    ['b', 'e = len(d)\nc = c[0]'],
    ['s', 'c.append(3)\nprint(d)']
  ]);
  expect(codes(analysis)).toContain('E_SHARED_INPUTS');
});
