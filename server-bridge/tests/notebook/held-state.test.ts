import { beforeAll, describe, expect, it } from 'vitest';
import { initPython } from '../../src/notebook/python/parse.js';
import { analysed, code, codes, type Tagged } from './notebooks.js';

beforeAll(() => initPython());

const HELPM = `import itertools
STATE = []
N = 0
CACHE = {}
ids = itertools.count()
def inc():
    global N
    N += 1
    STATE.append(N)
def outer():
    inc()
def keep(v):
    s = STATE
    s.append(v)
def load(k):
    if k not in CACHE:
        CACHE[k] = k * 2
    return CACHE[k]
def pure(v):
    out = []
    out.append(v)
    return out
class Log:
    lines = []
    def note(self, v):
        self.lines.append(v)
`;
const REG = `class Reg:
    items = {}
    n = 0
    @classmethod
    def add(cls, k):
        cls.items[k] = 1
    @classmethod
    def count(cls):
        cls.n += 1
    def put(self, k):
        self.items[k] = 2
    def both(self, k):
        self.put(k)
    def typed(self):
        type(self).n += 1
class Sub(Reg):
    def more(self, k):
        self.items.setdefault(k, []).append(1)`;
const ACC = 'def acc(v, store=[]):\n    store.append(v)\n    return list(store)';

/** Statements that set what later stages see: they run in these too (N17). */
const STATE: [rule: string, setup: string, statement: string][] = [
  ['a function of a module that rebinds and changes its names', 'import helpm', 'helpm.inc()'],
  ['one that calls it', 'import helpm', 'helpm.outer()'],
  ['one that was imported by name', 'from helpm import inc', 'inc()'],
  ['one that changes a name of its module through another name', 'import helpm', 'helpm.keep(1)'],
  ['a function of the notebook that calls one', 'import helpm\ndef go():\n    helpm.inc()', 'go()'],
  ['what a module holds, imported by name', 'from helpm import STATE', 'STATE.append(1)'],
  ['a method of a class of a module', 'import helpm', 'helpm.Log().note(1)'],
  ['a class method', REG, 'Reg.add("x")'],
  ['a class method that binds an attribute', REG, 'Reg.count()'],
  ['a method through an instance', REG, 'Reg().put("y")'],
  ['a method that calls another', REG, 'Reg().both("y")'],
  ['a method that stores through type(self)', REG, 'Reg().typed()'],
  ['a method of a subclass', REG, 'Sub().more("y")'],
  ['an attribute of the class through an instance', REG, 'Reg().items["k"] = 1'],
  ['a function of the notebook that calls a class method', `${REG}\ndef go():\n    Reg.add("x")`, 'go()'],
  ['a default that is changed', ACC, 'acc(1)'],
  ['a function that calls one with its default', `${ACC}\ndef go(v):\n    return acc(v)`, 'go(1)'],
  ['a function with such a default that is handed on', ACC, 'list(map(acc, [1, 2]))']
];

/** Statements of which later stages see nothing. */
const PLAIN: [rule: string, setup: string, statement: string][] = [
  ['a function of a module that changes its own list', 'import helpm', 'y = helpm.pure(x)'],
  ['a memo of a module', 'import helpm', 'y = helpm.load(x)'],
  ['a cached function', 'from functools import lru_cache\n@lru_cache\ndef f(v):\n    return v', 'y = f(x)'],
  [
    'a memo in a default',
    'def f(v, memo={}):\n    if v not in memo:\n        memo[v] = 1\n    return memo[v]',
    'y = f(x)'
  ],
  ['a default that is given', ACC, 'y = acc(x, [])'],
  ['a default that is handed out and only read', 'def f(v, store=[]):\n    return store', 'y = f(x)\nprint(y)'],
  ['a default that is only read', 'def f(v, names=["a"]):\n    return len(names) + v', 'y = f(x)'],
  [
    'an attribute that __init__ binds',
    'class K:\n    rows = []\n    def __init__(self):\n        self.rows = []\n    def add(self, v):\n        self.rows.append(v)',
    'k = K()\nk.add(x)\nk.rows.append(x)'
  ],
  [
    'a number of the class that a method counts on the instance',
    'class K:\n    n = 0\n    def add(self):\n        self.n += 1',
    'k = K()\nk.add()\ny = x'
  ],
  [
    'a field of a dataclass',
    'from dataclasses import dataclass, field\n@dataclass\nclass K:\n    rows: list = field(default_factory=list)\n    def add(self, v):\n        self.rows.append(v)',
    'k = K()\nk.add(x)'
  ],
  ['a set with a method of the same name', REG, 'seen = set()\nseen.add(x)\nfor s in [set()]:\n    s.add(x)'],
  [
    'a singleton',
    'class K:\n    one = None\n    @classmethod\n    def get(cls):\n        if cls.one is None:\n            cls.one = cls()\n        return cls.one',
    'k = K.get()\ny = x'
  ]
];

const files = { 'helpm.py': HELPM };
const book = (setup: string, statement: string, value = '1'): Tagged[] => [
  ['setup', setup],
  ['a', `x = ${value}`],
  ['b', statement],
  ['c', 'print(1)']
];

describe('state that is set through a call or an instance (N17)', () => {
  it.each(STATE)('%s', (_rule, setup, statement) => {
    const analysis = analysed(book(setup, statement), files);
    expect(codes(analysis)).toEqual([]);
    expect(code(analysis, 'c')).toContain(`\n${statement}\n# %%\nprint(1)`);
  });

  it.each(PLAIN)('not %s', (_rule, setup, statement) => {
    const analysis = analysed(book(setup, statement, 'load()'), files);
    expect(codes(analysis)).toEqual([]);
    expect(code(analysis, 'c')).toBe('# %%\nprint(1)\n');
  });

  it.each([
    ['a function of a module', 'import helpm', 'helpm.keep(x)'],
    ['an instance that the stage made', REG, 's = Reg()\ns.items["k"] = 1'],
    ['a method of such an instance', REG, 's = Reg()\ns.put(1)'],
    ['a default', ACC, 'y = acc(x)'],
    ['a default that is handed out', 'def f(v, store=[]):\n    return store', 'y = f(1)\ny.append(1)']
  ])('%s that uses a value of a stage is refused at the cell', (_rule, setup, statement) => {
    const analysis = analysed(book(setup, statement, 'load()'), files);
    expect(analysis.problems.map(one => [one.code, one.cell])).toEqual([['E_STATE_IN_STAGE', 2]]);
  });
});
