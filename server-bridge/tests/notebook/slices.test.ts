import { beforeAll, describe, expect, it } from 'vitest';
import { initPython } from '../../src/notebook/python/parse.js';
import { analysed, code, codes, stageOf, type Tagged } from './notebooks.js';

beforeAll(() => initPython());

/** What a stage's script holds, by rule. */
const SLICES: [rule: string, cells: Tagged[], stage: string, script: string][] = [
  [
    'N13 functions travel transitively, others do not',
    [
      [
        'setup',
        'import math\nimport json\ndef a(x):\n    return b(x)\n\ndef b(x):\n    # how\n    return math.floor(x)\n\ndef unused():\n    pass'
      ],
      ['s', 'y = a(1.5)']
    ],
    's',
    'import math\ndef a(x):\n    return b(x)\ndef b(x):\n    return math.floor(x)\n# %%\ny = a(1.5)\n'
  ],
  [
    'N22e the statement behind the options of timers and profilers runs',
    [
      ['setup', 'def f(n):\n    return n'],
      ['s', '%timeit -n 10 -r3 f(1)\n%prun -s cumulative -q f(2)\n%lprun -f f -f g f(-3)\n%memit f(4)\n%time y = f(5)']
    ],
    's',
    'def f(n):\n    return n\n# %%\nf(1);\nf(2);\nf(-3);\nf(4);\ny = f(5)\n'
  ],
  [
    'N17 a function that stores into a class, through another one, runs in all later stages',
    [
      ['setup', 'class C:\n    n = 1\ndef inner():\n    C.n = 2\ndef act():\n    inner()'],
      ['one', 'act()\nx = load()'],
      ['two', 'y = C.n']
    ],
    'two',
    'class C:\n    n = 1\ndef inner():\n    C.n = 2\ndef act():\n    inner()\nact()\n# %%\ny = C.n\n'
  ],
  [
    'N17 a function that stores into a module, or into what it holds, runs in all later stages',
    [
      ['setup', 'import matplotlib.pyplot as plt\ndef style():\n    plt.rcParams["font.size"] = 5'],
      ['one', 'style()'],
      ['two', 'plt.plot([1])']
    ],
    'two',
    'import matplotlib.pyplot as plt\ndef style():\n    plt.rcParams["font.size"] = 5\nstyle()\n# %%\nplt.plot([1])\n'
  ],
  [
    'N17 a function that stores into its own attributes, or into what it is given, sets no state',
    [
      ['setup', 'def f(v):\n    f.n = 1\n    v.n = 2\n    w = {}\n    w["k"] = 1'],
      ['one', 'x = load()\nf(x)'],
      ['two', 'y = 1']
    ],
    'two',
    '# %%\ny = 1\n'
  ],
  [
    'N13 constants travel by name, others stay',
    [
      ['setup', 'A = 1\nB = A + 1\nC = 3'],
      ['s', 'y = B']
    ],
    's',
    'A = 1\nB = A + 1\n# %%\ny = B\n'
  ],
  [
    'N13 definitions of an earlier stage cell travel as code',
    [
      [
        'one',
        'import numpy as np\nfrom pathlib import Path\nDIR = Path("data")\ndef f(v):\n    return np.sum(v)\nz = [1]'
      ],
      ['two', 'w = f([1, 2])\np = DIR / "x"']
    ],
    'two',
    'import numpy as np\nfrom pathlib import Path\nDIR = Path("data")\ndef f(v):\n    return np.sum(v)\n# %%\nw = f([1, 2])\np = DIR / "x"\n'
  ],
  [
    'N13 redefined: the one in force at the stage',
    [
      ['setup', 'def f():\n    return 1'],
      ['one', 'a = f()'],
      ['setup', 'def f():\n    return 2'],
      ['two', 'b = f()']
    ],
    'two',
    'def f():\n    return 2\n# %%\nb = f()\n'
  ],
  [
    'N13 redefined below: the first one is not touched',
    [
      ['setup', 'def f():\n    return 1'],
      ['one', 'a = f()'],
      ['setup', 'def f():\n    return 2'],
      ['two', 'b = f()']
    ],
    'one',
    'def f():\n    return 1\n# %%\na = f()\n'
  ],
  [
    'N15 a decorated function that registers goes to every later stage',
    [
      ['setup', 'import app\n@app.route("/")\ndef h():\n    return 1'],
      ['s', 'y = 1']
    ],
    's',
    'import app\n@app.route("/")\ndef h():\n    return 1\n# %%\ny = 1\n'
  ],
  [
    'N15 pure decorators are sliced by name',
    [
      ['setup', 'from functools import lru_cache\n@lru_cache(None)\ndef h():\n    return 1'],
      ['s', 'y = 1']
    ],
    's',
    '# %%\ny = 1\n'
  ],
  [
    'N16 an import that nobody names: kept unless it is known to be pure',
    [
      ['setup', 'import os\nimport seaborn\nimport mymodule'],
      ['s', 'y = 1']
    ],
    's',
    'import seaborn\nimport mymodule\n# %%\ny = 1\n'
  ],
  [
    'N17 state setters of setup and of a stage go to all later stages',
    [
      ['setup', 'import numpy as np\nimport pandas as pd\nnp.random.seed(0)'],
      ['one', 'pd.set_option("display.width", 80)\na = 1'],
      ['two', 'b = 2']
    ],
    'two',
    'import numpy as np\nimport pandas as pd\nnp.random.seed(0)\npd.set_option("display.width", 80)\n# %%\nb = 2\n'
  ],
  [
    'N17 N46 a seed in a stage cell counts in that stage only',
    [
      ['setup', 'import random'],
      ['one', 'random.seed(1)\na = random.random()'],
      ['two', 'b = 2']
    ],
    'two',
    '# %%\nb = 2\n'
  ],
  [
    'N18 a star import brings all of setup above',
    [
      ['setup', 'A = 1\ndef f():\n    return A\nfrom math import *'],
      ['s', 'y = sqrt(2)']
    ],
    's',
    'A = 1\ndef f():\n    return A\nfrom math import *\n# %%\ny = sqrt(2)\n'
  ],
  [
    'N3 definitions and named imports of an untagged cell are automatic setup, the rest is scratch',
    [
      ['scratch', 'import math\nx = 5\ndef f():\n    return math.pi\nprint(f())'],
      ['s', 'y = f()']
    ],
    's',
    'import math\ndef f():\n    return math.pi\n# %%\ny = f()\n'
  ],
  [
    'N3 nothing of an excluded cell is used',
    [
      ['exclude', 'def f():\n    return 1'],
      ['s', 'y = 2']
    ],
    's',
    '# %%\ny = 2\n'
  ],
  [
    'N22a a future import is hoisted into every script that uses the cell',
    [['s', 'from __future__ import annotations\ndef f(x: A): pass\ny = 1']],
    's',
    'from __future__ import annotations\n# %%\ndef f(x: A): pass\ny = 1\n'
  ],
  [
    'N22d N22e N22f magics',
    [
      [
        's',
        '%matplotlib inline\n%time x = f"""\n%kept\n"""\n!pip install x\nif x:\n    %pip list\nfiles = !ls\n%env A=1\ny = 2\nx?'
      ]
    ],
    's',
    '# %%\nx = f"""\n%kept\n"""\nif x:\n    pass\nfiles = !ls\n__import__("os").environ["A"] = "1"\ny = 2\n'
  ],
  [
    'N22f other cell magics run as they are',
    [['s', '%%bash -e\nls\n\necho 1\n']],
    's',
    '# %%\n%%bash -e\nls\n\necho 1\n'
  ],
  [
    'N22f a written cell is a write',
    [['s', '%%writefile out.txt\nhello\n']],
    's',
    '# %%\nopen("out.txt", "w", encoding="utf-8").write("hello\\n")\n'
  ],
  [
    'N9 comments and blank lines outside strings are dropped',
    [
      [
        's',
        '# top\n\nx = 1  # one\ny = """a # no comment\n\n# none\n"""\n\nif x:  # c\n    # d\n    z = [\n        1,  # e\n\n        2\n    ]\nw = 1 \\\n\n'
      ]
    ],
    's',
    '# %%\nx = 1\ny = """a # no comment\n\n# none\n"""\nif x:\n    z = [\n        1,\n        2\n    ]\nw = 1 \\\n\n'
  ],
  [
    'N9 a cell of comments alone makes no block',
    [
      ['s', '# nothing'],
      ['s', 'x = 1']
    ],
    's',
    '# %%\nx = 1\n'
  ],
  [
    'setup between two cells of a stage runs between them',
    [
      ['s', 'a = 1'],
      ['setup', 'B = 2\nprint(B)'],
      ['s', 'c = a + B']
    ],
    's',
    '# %%\na = 1\n# %%\nB = 2\nprint(B)\nc = a + B\n'
  ],
  [
    'N14 a function that reads a stage value',
    [
      ['setup', 'def f():\n    return df + k'],
      ['one', 'df = [1]\nk = len(df)'],
      ['two', 'r = f()']
    ],
    'two',
    'def f():\n    return df + k\n# %%\nr = f()\n'
  ],
  [
    'N35 pandas queries read the names in them',
    [
      ['setup', 'LIMIT = 3'],
      ['s', 'd = table.query("x > @LIMIT")']
    ],
    's',
    'LIMIT = 3\n# %%\nd = table.query("x > @LIMIT")\n'
  ],
  [
    'N40 the slice of a reader holds the classes of its producers',
    [
      ['setup', 'class M:\n    def go(self):\n        return help_(self)\ndef help_(m):\n    return 1'],
      ['one', 'm = M()'],
      ['two', 'r = m.go()']
    ],
    'two',
    'class M:\n    def go(self):\n        return help_(self)\ndef help_(m):\n    return 1\n# %%\nr = m.go()\n'
  ]
];

describe('slices', () => {
  it.each(SLICES)('%s', (_rule, cells, stage, script) => {
    const analysis = analysed(cells);
    expect(analysis.problems.filter(problem => problem.severity === 'error')).toEqual([]);
    expect(code(analysis, stage)).toBe(script);
  });
});

/** Variables in, by rule: name → producer. */
const VARIABLES: [rule: string, cells: Tagged[], stage: string, variables: Record<string, string>][] = [
  [
    'N34 the nearest earlier stage that binds it',
    [
      ['a', 'x = [1]'],
      ['b', 'x = [2]'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'b' }
  ],
  [
    'N34 a stage that only may bind passes it on',
    [
      ['a', 'x = [1]'],
      ['b', 'if c():\n    x = [2]'],
      ['d', 'y = x']
    ],
    'b',
    { x: 'a' }
  ],
  [
    'N34 the reader takes it from there',
    [
      ['a', 'x = [1]'],
      ['b', 'if c():\n    x = [2]'],
      ['d', 'y = x']
    ],
    'd',
    { x: 'b' }
  ],
  [
    'N34 what both branches bind is bound',
    [
      ['a', 'x = [1]'],
      ['b', 'if c():\n    x = [2]\nelse:\n    x = [3]'],
      ['d', 'y = x']
    ],
    'b',
    {}
  ],
  [
    'N35 mutation by method',
    [
      ['a', 'x = [1]'],
      ['b', 'x.append(2)'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'b' }
  ],
  [
    'N35 mutation by item',
    [
      ['a', 'x = [1]'],
      ['b', 'x[0] = 2'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'b' }
  ],
  [
    'N35 mutation by attribute',
    [
      ['a', 'x = T()'],
      ['b', 'x.k = 2'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'b' }
  ],
  [
    'N35 mutation by del',
    [
      ['a', 'x = dict(a=[1])'],
      ['b', 'del x["a"]'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'b' }
  ],
  [
    'N35 inplace=True',
    [
      ['a', 'x = load()'],
      ['b', 'x.dropna(inplace=True)'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'b' }
  ],
  [
    'N35 a pure call',
    [
      ['a', 'x = load()'],
      ['b', 'x.plot()\nz = g(x)'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'a' }
  ],
  [
    'N35 a function of the notebook that mutates',
    [
      ['setup', 'def f(t):\n    t["k"] = 1\ndef g(t):\n    f(t)'],
      ['a', 'x = load()'],
      ['b', 'g(x)'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'b' }
  ],
  [
    'N35 a function that copies first does not',
    [
      ['setup', 'def f(t):\n    t = t.copy()\n    t["k"] = 1\n    return t'],
      ['a', 'x = load()'],
      ['b', 'z = f(x)'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'a' }
  ],
  [
    'N35 a method of a notebook class that mutates its argument',
    [
      ['setup', 'class P:\n    def run(self, t):\n        t.append(1)'],
      ['a', 'x = [1]'],
      ['b', 'P().run(x)'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'b' }
  ],
  [
    'N35 an element of a loop',
    [
      ['a', 'rows = load()'],
      ['b', 'for r in rows:\n    r["k"] = 1'],
      ['c', 'y = rows']
    ],
    'c',
    { rows: 'b' }
  ],
  [
    'N35 an alias',
    [
      ['a', 'x = load()'],
      ['b', 'z = x\nz.append(1)'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'b' }
  ],
  [
    'N35 a list of columns is a copy',
    [
      ['a', 'x = load()'],
      ['b', 'z = x[["p", "q"]]\nz["n"] = 1'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'a' }
  ],
  [
    'N35 a mask is a copy',
    [
      ['a', 'x = load()'],
      ['b', 'z = x[x.p > 1]\nz["n"] = 1'],
      ['c', 'y = x']
    ],
    'c',
    { x: 'a' }
  ],
  [
    'N35 fit',
    [
      ['a', 'm = make()\nX = load()'],
      ['b', 'm.fit(X)'],
      ['c', 'y = m.predict(X)']
    ],
    'c',
    { m: 'b', X: 'a' }
  ],
  [
    'N20 a setup name that a stage mutates',
    [
      ['setup', 'x = []'],
      ['a', 'x.append(1)'],
      ['b', 'y = x']
    ],
    'b',
    { x: 'a' }
  ],
  [
    'N46 drawing from a generator of setup hands nothing on',
    [
      ['setup', 'import numpy as np\nrng = np.random.default_rng(0)'],
      ['a', 'x = rng.normal()'],
      ['b', 'y = rng.normal()']
    ],
    'b',
    {}
  ],
  [
    'N46 drawing from a generator of a stage is a mutation',
    [
      ['z', 'import numpy as np\nrng = np.random.default_rng(0)'],
      ['a', 'x = rng.normal()'],
      ['b', 'y = rng.normal()']
    ],
    'b',
    { rng: 'a' }
  ],
  [
    'comprehension names are its own',
    [
      ['a', 'i = [1]'],
      ['b', 'y = [i for i in range(3)]']
    ],
    'b',
    {}
  ],
  [
    'the first iterable of a comprehension is read outside',
    [
      ['a', 'i = [1]'],
      ['b', 'y = [i for i in i]']
    ],
    'b',
    { i: 'a' }
  ],
  [
    'walrus binds',
    [
      ['a', 'n = [1]'],
      ['b', 'if (n := f()):\n    z = n']
    ],
    'b',
    {}
  ],
  [
    'loop variable that a loop binds before it reads',
    [
      ['a', 'r = [1]'],
      ['b', 'for r in q():\n    z = r']
    ],
    'b',
    {}
  ],
  [
    'a parameter shadows',
    [
      ['a', 't = [1]'],
      ['b', 'def f(t):\n    return t\nz = f(3)']
    ],
    'b',
    {}
  ],
  [
    'a global statement rebinds',
    [
      ['a', 'n = [1]'],
      ['b', 'def f():\n    global n\n    n = [2]\nf()'],
      ['c', 'y = n']
    ],
    'c',
    { n: 'b' }
  ],
  [
    'class bodies read while they are made',
    [
      ['a', 'n = [1]'],
      ['b', 'class K:\n    k = n']
    ],
    'b',
    { n: 'a' }
  ],
  [
    'match captures',
    [
      ['a', 'v = [1]\nq = load()'],
      ['b', 'match q:\n    case {"k": v}:\n        z = v\n    case _:\n        z = 0']
    ],
    'b',
    { q: 'a' }
  ],
  [
    'except names end with their handler',
    [
      ['a', 'e = [1]'],
      ['b', 'try:\n    g()\nexcept E as e:\n    pass\nz = e']
    ],
    'b',
    { e: 'a' }
  ],
  [
    'with targets',
    [
      ['a', 'f = [1]'],
      ['b', 'with g() as f:\n    z = f']
    ],
    'b',
    {}
  ],
  [
    'N18 names in strings that are evaluated',
    [
      ['setup', 'def show(*names):\n    return [eval(name) for name in names]'],
      ['a', 'x = load()\ny = load()\nz = load()'],
      ['b', 'show("x", "y.T")']
    ],
    'b',
    { x: 'a', y: 'a' }
  ],
  [
    'N18 names in a template of globals()',
    [
      ['a', 'x = load()\nz = load()'],
      ['b', 'print("{x}".format(**globals()))']
    ],
    'b',
    { x: 'a' }
  ],
  [
    'names in pd.eval',
    [
      ['setup', 'import pandas as pd'],
      ['a', 'x = load()\ny = load()\nz = load()'],
      ['b', 'print(pd.eval("x + y and 1"))']
    ],
    'b',
    { x: 'a', y: 'a' }
  ],
  [
    'N22f names in shell lines',
    [
      ['a', 'x = load()\ny = load()\nz = load()'],
      ['b', '!echo $x {y + 1} $HOME']
    ],
    'b',
    { x: 'a', y: 'a' }
  ],
  [
    'augmented assignment reads',
    [
      ['a', 'n = load()'],
      ['b', 'n += 1']
    ],
    'b',
    { n: 'a' }
  ],
  [
    'f-strings read',
    [
      ['a', 'n = load()'],
      ['b', 'print(f"{n:>{w}}")'],
      ['c', 'w = load()']
    ],
    'b',
    { n: 'a' }
  ],
  [
    'lambda bodies read',
    [
      ['a', 'n = load()'],
      ['b', 'z = map(lambda v: v + n, q)']
    ],
    'b',
    { n: 'a' }
  ]
];

describe('variables', () => {
  it.each(VARIABLES)('%s', (_rule, cells, stage, variables) => {
    const found = stageOf(analysed(cells), stage).inputs.filter(one => one.kind === 'variable');
    expect(Object.fromEntries(found.map(one => [one.name, one.how]))).toEqual(variables);
  });
});

/** Problems, by rule: the codes of errors and the cell of the first. */
const PROBLEMS: [rule: string, cells: Tagged[], code: string, cell: number][] = [
  [
    'N21 bound in scratch',
    [
      ['scratch', 'x = 1'],
      ['s', 'y = x']
    ],
    'E_BOUND_IN_SCRATCH',
    1
  ],
  [
    'N21 bound only further down',
    [
      ['s', 'y = x'],
      ['t', 'x = 1']
    ],
    'E_BOUND_BELOW',
    0
  ],
  [
    'N21 bound in an excluded cell',
    [
      ['exclude', 'x = 1'],
      ['s', 'y = x']
    ],
    'E_BOUND_IN_SCRATCH',
    1
  ],
  ['N22b results of the session', [['s', 'y = _']], 'E_SESSION_NAME', 0],
  ['N22b Out', [['s', 'y = Out[3]']], 'E_SESSION_NAME', 0],
  ['N22b input()', [['s', 'y = input()']], 'E_REFUSED', 0],
  ['N22b relative imports', [['s', 'from . import k']], 'E_REFUSED', 0],
  ['N22b %store', [['s', 'y = 1\n%store y']], 'E_MAGIC', 0],
  ['N22c os.chdir in a stage', [['s', 'import os\nos.chdir("x")']], 'E_CHDIR', 0],
  ['N22g unparsable', [['s', 'y = = 1']], 'E_SYNTAX', 0],
  ['N1 an illegal name', [['my stage', 'y = 1']], 'E_STAGE_NAME', 0],
  [
    'N6 names that differ in case',
    [
      ['Fit', 'y = 1'],
      ['fit', 'z = 1']
    ],
    'E_STAGE_NAME_CASE',
    1
  ],
  [
    'N17 state in a stage that needs its values',
    [
      ['a', 'w = load()\nimport pandas as pd\npd.set_option("x", w)'],
      ['b', 'y = 1']
    ],
    'E_STATE_IN_STAGE',
    0
  ],
  [
    'N19 setup that writes',
    [
      ['setup', 'open("x.txt", "w").write("a")'],
      ['s', 'y = 1']
    ],
    'E_SETUP_WRITES',
    0
  ],
  [
    'setup that reads a stage value',
    [
      ['a', 'x = load()'],
      ['setup', 'K = len(x)\nprint(K)'],
      ['b', 'y = K']
    ],
    'E_SETUP_READS_STAGE',
    1
  ],
  [
    'setup that runs a function which reads a stage value through another one',
    [
      ['setup', 'def g():\n    return f()\ndef f():\n    return 1'],
      ['a', 'x = load()\ndef f():\n    return len(x)'],
      ['setup', 'k = [g()]'],
      ['b', 'y = k']
    ],
    'E_SETUP_READS_STAGE',
    2
  ],
  [
    'N36 split around a reader',
    [
      ['a', 'x = [1]'],
      ['b', 'y = x'],
      ['a', 'x.append(2)']
    ],
    'E_SPLIT_AROUND_READER',
    2
  ],
  [
    'a stage torn by another',
    [
      ['a', 'x = [1]'],
      ['b', 'x = [2]'],
      ['a', 'y = x']
    ],
    'E_STAGE_TORN',
    2
  ],
  [
    'N37 a figure',
    [
      ['a', 'import matplotlib.pyplot as plt\nfig, ax = plt.subplots()'],
      ['b', 'ax.plot(1)']
    ],
    'E_CANNOT_CROSS',
    0
  ],
  [
    'N37 a generator',
    [
      ['a', 'g = (i for i in range(3))'],
      ['b', 'y = list(g)']
    ],
    'E_CANNOT_CROSS',
    0
  ],
  ['N25 append mode', [['s', 'open("x.txt", "a").write("a")']], 'E_APPEND', 0],
  [
    'N25 rewriting the own input',
    [['s', 't = open("x.txt").read()\nopen("x.txt", "w").write(t)']],
    'E_REWRITES_INPUT',
    0
  ],
  [
    'N24 a format in a path',
    [
      ['params', 'lr = 0.1'],
      ['s', 'open(f"m_{lr:.2f}.txt", "w")']
    ],
    'E_PATH_PARAM',
    1
  ],
  [
    'N24 arithmetic on its way into a path',
    [
      ['params', 'n = 3'],
      ['s', 'k = n + 1\nname = f"m_{k}"\nopen(name + ".txt", "w")']
    ],
    'E_PATH_PARAM',
    1
  ],
  [
    'two makers of one file',
    [
      ['a', 'open("x", "w")'],
      ['b', 'open("x", "w")']
    ],
    'E_TWO_MAKERS',
    1
  ],
  [
    'a reader above the writer',
    [
      ['a', 't = open("x").read()'],
      ['b', 'open("x", "w")']
    ],
    'E_READ_ABOVE_WRITE',
    0
  ],
  [
    'N29 a folder that holds the own out',
    [['a', 'import os\nfor f in os.listdir("d"):\n    pass\nopen("d/x", "w")']],
    'E_DEP_HOLDS_OUT',
    0
  ],
  [
    'a circle',
    [
      ['a', 'x = [1]'],
      ['b', 'y = x + [1]'],
      ['a', 'z = y']
    ],
    'E_CYCLE',
    2
  ],
  [
    'N31 a parameter set twice',
    [
      ['params', 'a = 1\na = 2'],
      ['s', 'y = a']
    ],
    'E_PARAM_TWICE',
    0
  ],
  [
    'a parameter that setup above hides',
    [
      ['setup', 'a = 1\nprint(a)'],
      ['params', 'a = 2'],
      ['s', 'y = a']
    ],
    'E_PARAM_HIDDEN',
    0
  ],
  ['a stage without code', [['s', '# nothing']], 'E_STAGE_EMPTY', 0],
  ['N22b a stage of a refused line alone', [['s', '%cd data']], 'E_MAGIC', 0]
];

describe('problems', () => {
  it.each(PROBLEMS)('%s', (_rule, cells, wanted, cell) => {
    const analysis = analysed(cells);
    const errors = analysis.problems.filter(problem => problem.severity === 'error');
    expect(errors.map(problem => problem.code)).toEqual([wanted]);
    expect(errors[0]?.cell).toBe(cell);
    expect(errors[0]?.next).toBeTruthy();
  });

  it('hints do not block', () => {
    const analysis = analysed([['s', '!pip install x\nimport os\nk = os.environ["HOME"]\n!ls']]);
    expect(codes(analysis).sort()).toEqual(['W_ENVIRON', 'W_MAGIC_DROPPED', 'W_UNKNOWN_READS']);
    expect(stageOf(analysis, 's').blocked).toBe(false);
  });
});

it('a circle through a folder names it', () => {
  const { problems } = analysed([
    ['a', 'import os\nfor f in os.listdir("d"):\n    print(f)\nX = load()'],
    ['b', 'with open("d/x.txt", "w") as f:\n    f.write(str(X))']
  ]);
  expect(problems.find(problem => problem.code === 'E_CYCLE')?.message).toContain('`a` needs `d` of `b`');
});

describe('names that a call binds through global (N34)', () => {
  it.each([
    ['a call', 'def inner():\n    global last\n    last = x + 1\ninner()'],
    [
      'a function that another one calls',
      'def inner():\n    global last\n    last = x\ndef outer():\n    inner()\nouter()'
    ],
    ['a function that is handed on', 'def cb(v):\n    global last\n    last = v\nlist(map(cb, [x, 2]))']
  ])('%s', (_rule, source) => {
    const analysis = analysed([
      ['a', 'x = load()'],
      ['b', source],
      ['c', 'print(last)']
    ]);
    expect(codes(analysis)).toEqual([]);
    expect(stageOf(analysis, 'c').header.vars_in).toEqual({ last: '.cellar/nb/vars/b/last.var' });
  });

  it('setup runs the call for the stages that read the name', () => {
    const analysis = analysed([
      ['setup', 'def start():\n    global last\n    last = 1\nstart()'],
      ['a', 'print(last)']
    ]);
    expect(code(analysis, 'a')).toContain('start()\n# %%');
  });
});

it.each([
  [
    'an annotation that is not evaluated',
    'from __future__ import annotations\nq: foo = 1\ndef f(v: foo) -> foo:\n    return v',
    []
  ],
  ['one that is evaluated', 'q: foo = 1', ['E_BOUND_BELOW']]
])('%s needs its names or not (N22a)', (_rule, source, told) => {
  expect(
    codes(
      analysed([
        ['a', source],
        ['b', 'foo = load()']
      ])
    )
  ).toEqual(told);
});
