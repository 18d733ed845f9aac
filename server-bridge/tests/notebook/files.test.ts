import { beforeAll, describe, expect, it } from 'vitest';
import { initPython } from '../../src/notebook/python/parse.js';
import { applyEdits } from '../../src/notebook/edits.js';
import { analysed, codes, notebook, stageOf, type Tagged } from './notebooks.js';

beforeAll(() => initPython());

/** Files in and out of stage `s`; a `*` before an out marks a metric, a `+` a plot. */
const FILES: [rule: string, cells: Tagged[], reads: string[], writes: string[]][] = [
  [
    'pandas',
    [['s', 'd = pd.read_csv("a.csv")\nd.to_parquet("b.parquet")\npd.read_json(path_or_buf="c.json")']],
    ['a.csv', 'c.json'],
    ['b.parquet']
  ],
  [
    'what a stage makes and takes away again is no out; what it makes once more is',
    [
      [
        's',
        'import os, shutil\nfrom pathlib import Path\nopen("tmp.txt", "w")\nos.remove("tmp.txt")\nopen("work/a", "w")\nshutil.rmtree("work")\np = Path("b.bin")\np.write_bytes(b"")\np.unlink()\nos.remove("out.txt")\nopen("out.txt", "w")'
      ]
    ],
    [],
    ['out.txt']
  ],
  [
    'what is taken away under a condition may stay',
    [['s', 'import os\nopen("tmp.txt", "w")\nif tidy:\n    os.remove("tmp.txt")']],
    [],
    ['tmp.txt']
  ],
  [
    'memmap by its mode',
    [['s', 'a = np.memmap("a.bin", "u1", "w+")\nb = np.memmap("b.bin", mode="r")\nc = np.memmap("c.bin")']],
    ['b.bin', 'c.bin'],
    ['a.bin']
  ],
  [
    'a name has the values of every branch',
    [
      [
        'setup',
        'def load(sample):\n    path = "full.csv"\n    if sample:\n        path = "sample.csv"\n    return open(path)'
      ],
      ['s', 'd = load(wanted)']
    ],
    ['full.csv', 'sample.csv'],
    []
  ],
  [
    'both sides of an else',
    [['s', 'if wanted:\n    path = "a.csv"\nelse:\n    path = "b.csv"\n    open(path)\nd = 1']],
    ['b.csv'],
    []
  ],
  [
    'a name that was added to, or that a loop binds, is not told',
    [
      ['setup', 'def load(name):\n    path = "data/" + name\n    path += ".csv"\n    return open(path)'],
      [
        's',
        'd = load("a")\nn = 0\nfor row in d:\n    n += 1\n    open(f"out{n}.txt", "w")\ni = 0\nwhile i < 3:\n    open(f"f{i}.csv")\n    i += 1'
      ]
    ],
    [],
    []
  ],
  [
    'a flag that the loop changes decides nothing',
    [
      [
        's',
        'first = True\nwhile more():\n    if first:\n        first = False\n    else:\n        open("out.txt", "w")'
      ]
    ],
    [],
    ['out.txt']
  ],
  [
    'a parameter decides nothing: its file may say otherwise (N31)',
    [
      ['params', 'SAVE = False'],
      ['s', 'if SAVE:\n    open("out.txt", "w")']
    ],
    [],
    ['out.txt']
  ],
  [
    'an attribute that is stored into is not told',
    [
      ['setup', 'class Config:\n    DATA = "a.csv"\nConfig.DATA = pick()'],
      ['s', 'open(Config.DATA)']
    ],
    [],
    []
  ],
  ['text is not a file', [['s', 'd.to_dict("records")\nd.to_json()\nd.replace("a", "b")']], [], []],
  [
    'open',
    [
      [
        's',
        'open("a")\nopen("b", "rb")\nopen("c", mode="w")\nopen("d", "x")\nwith gzip.open("e.gz", "wt") as f:\n    pass'
      ]
    ],
    ['a', 'b'],
    ['c', 'd', 'e.gz']
  ],
  [
    'json, pickle and joblib',
    [
      [
        's',
        'json.load(open("a.json"))\njson.dump(x, open("b.json", "w"))\njoblib.load("c.joblib")\njoblib.dump(x, "d.joblib")'
      ]
    ],
    ['a.json', 'c.joblib'],
    ['b.json', 'd.joblib']
  ],
  [
    'numpy',
    [
      [
        's',
        'np.load("a.npy")\nnp.save("b", x)\nnp.savez_compressed("c.npz", x)\nnp.loadtxt("d.txt")\nx.tofile("e.bin")'
      ]
    ],
    ['a.npy', 'd.txt'],
    ['b.npy', 'c.npz', 'e.bin']
  ],
  [
    'matplotlib: images are plots (N30)',
    [['s', 'plt.savefig("a.png")\nfig.savefig("b")\nplt.imread("c.jpg")']],
    ['c.jpg'],
    ['+a.png', '+b.png']
  ],
  [
    'metrics and curves by name (N30)',
    [['s', 'open("metrics.json", "w")\nopen("out/train_metrics.yaml", "w")\nopen("roc_curve.csv", "w")']],
    [],
    ['*metrics.json', '*out/train_metrics.yaml', '+roc_curve.csv']
  ],
  [
    'pathlib',
    [
      [
        's',
        'Path("a.txt").read_text()\n(Path("d") / "b.txt").write_text("x")\nPath("d").joinpath("c").open("wb")\nPath("e.txt").with_suffix(".md").read_bytes()'
      ]
    ],
    ['a.txt', 'e.md'],
    ['d/b.txt', 'd/c']
  ],
  ['shutil', [['s', 'shutil.copy("a", "b")\nshutil.copytree("c", "d")']], ['a', 'c'], ['b', 'd']],
  [
    'listing makes the folder a dep (N25)',
    [['s', 'import os, glob\nos.listdir("a")\nglob.glob("b/*.csv")\nlist(Path("c").rglob("*.txt"))']],
    ['a', 'b', 'c'],
    []
  ],
  [
    'a function of the notebook with the name of a library function',
    [
      [
        'setup',
        'def savefig(name):\n    plt.savefig(f"figs/{name}.png")\ndef load_file(name):\n    return open(name + ".txt")'
      ],
      ['s', 'savefig("one")\nload_file("two")']
    ],
    ['two.txt'],
    ['+figs/one.png']
  ],
  [
    'the body of a class',
    [
      ['setup', 'class Table:\n    rows = pd.read_csv("a.csv")\n    def more(self):\n        return open("b")'],
      ['s', 'Table.rows']
    ],
    ['a.csv'],
    []
  ],
  [
    'what a comprehension goes over',
    [
      [
        's',
        'a = [l for l in open("a")]\nb = {p.name for p in sorted(Path("d").glob("*.csv"))}\nc = sum(int(x) for l in open("b") for x in open("c"))'
      ]
    ],
    ['a', 'b', 'c', 'd'],
    []
  ],
  ['written first, then read: an out (N25)', [['s', 'open("a", "w")\nopen("a")']], [], ['a']],
  [
    'implicit concatenation, raw strings, escapes',
    [['s', 'open("da" "ta/" r"a.txt")\nopen("b\\x2etxt")']],
    ['b.txt', 'data/a.txt'],
    []
  ],
  [
    'constants of setup and stage',
    [
      ['setup', 'from pathlib import Path\nDIR = Path("data")\nNAME = f"{DIR}/x"'],
      ['s', 'F = DIR / "raw" / "a.csv"\nopen(F)\nopen(NAME + ".txt")\nopen(os.path.join(DIR, "b"))']
    ],
    ['data/b', 'data/raw/a.csv', 'data/x.txt'],
    []
  ],
  [
    'a loop over a literal list',
    [['s', 'for n in ["a", "b"]:\n    open(f"{n}.txt", "w")\nx = [open(p) for p in ("c", "d")]']],
    ['c', 'd'],
    ['a.txt', 'b.txt']
  ],
  [
    'a constant list and dict',
    [
      ['setup', 'NAMES = ["a", "b"]\nMAP = {"x": "p", "y": "q"}'],
      ['s', 'for n in NAMES:\n    open(n)\nfor k, v in MAP.items():\n    open(f"{k}-{v}")']
    ],
    ['a', 'b', 'x-p', 'y-q'],
    []
  ],
  [
    'a function of the notebook with the path as argument',
    [
      [
        'setup',
        'def load(path, kind="csv"):\n    name = path + "." + kind\n    return read(name)\ndef read(p):\n    return open(p)'
      ],
      ['s', 'load("a")\nload("b", kind="txt")']
    ],
    ['a.csv', 'b.txt'],
    []
  ],
  [
    'parameters become placeholders (N24)',
    [
      ['params', 'lr = 0.1\nname = "x"'],
      ['s', 'open(f"m_{lr}.txt", "w")\nopen(name)\nopen("d/" + name + ".csv")']
    ],
    ['${name}', 'd/${name}.csv'],
    ['m_${lr}.txt']
  ],
  [
    'os.chdir of setup is the base (N22c)',
    [
      ['setup', 'import os\nos.chdir("work")'],
      ['s', 'open("a.txt")\nopen("../b.txt")']
    ],
    ['b.txt', 'work/a.txt'],
    []
  ],
  [
    'setup that reads a file: a dep of its stages (N19)',
    [
      ['setup', 'CONFIG = json.load(open("c.json"))'],
      ['s', 'x = CONFIG']
    ],
    ['c.json'],
    []
  ],
  [
    'constants with formats, str(), arithmetic, % and .format (N24)',
    [
      ['setup', 'YEAR = 2021\nRATE = 0.5\nTAG = "{:03d}"'],
      [
        's',
        'open(f"w_{YEAR:06d}.csv")\nopen(f"r_{RATE:.2f}")\nopen("a_%04d.csv" % YEAR)\nopen("b_%s_%d" % ("x", YEAR - 1))\nopen(TAG.format(7))\nopen("c" + str(YEAR + 1))\nopen("{}_{n:>3}".format("d", n=4))'
      ]
    ],
    ['007', 'a_2021.csv', 'b_x_2020', 'c2022', 'd_  4', 'r_0.50', 'w_002021.csv'],
    []
  ],
  [
    'numbers of a loop',
    [
      ['setup', 'FIRST = 2019'],
      [
        's',
        'for year in range(FIRST, 2021):\n    open(f"data/{year}.csv")\nfor i, name in enumerate(["x", "y"]):\n    open(f"{name}{i:02d}.txt", "w")\nfor a, b in zip(["p", "q"], [1, 2]):\n    open(f"{a}{b}", "w")'
      ]
    ],
    ['data/2019.csv', 'data/2020.csv'],
    ['p1', 'q2', 'x00.txt', 'y01.txt']
  ],
  [
    'constants of a class, a dict, a tuple',
    [
      [
        'setup',
        'class Config:\n    DATA = "d"\nPATHS = {"train": "t.csv"}\nA, B = "a.csv", "b.csv"\nconfig = Config()'
      ],
      ['s', 'open(Config.DATA + "/x")\nopen(config.DATA + "/y")\nopen(PATHS["train"])\nopen(A)\nopen(B)']
    ],
    ['a.csv', 'b.csv', 'd/x', 'd/y', 't.csv'],
    []
  ],
  [
    'files with defaults of a lambda of setup',
    [
      ['setup', 'load = lambda path="a.csv", kind="x": open(path)\nother = lambda: open("b.csv")'],
      ['s', 'load()\nload("c.csv")\nother()']
    ],
    ['a.csv', 'b.csv', 'c.csv'],
    []
  ],
  [
    'functions that a call is given',
    [
      [
        'setup',
        'def one(row):\n    return open("a.csv")\ndef rank(x):\n    return open("b.csv")\ndef load(path):\n    return open(path)\ndef notify(x):\n    open("never.txt", "w")'
      ],
      [
        's',
        'df.apply(one, axis=1)\nsorted(names, key=rank)\nlist(map(load, ["c", "d"]))\ndf.x.map(lambda v: open("e"))\npool.map(load, ["f"])\nParallel()(delayed(load)(p) for p in ["g"])\npartial(load, "h")()\nbus.on("x", notify)'
      ]
    ],
    ['a.csv', 'b.csv', 'c', 'd', 'e', 'f', 'g', 'h'],
    []
  ],
  [
    'databases are read, and written where the stage says so (N27)',
    [
      ['r', 'c = sqlite3.connect("b.db")\nc.execute("insert into t values (1)")\nc.commit()'],
      [
        's',
        'c = sqlite3.connect("a.db")\npd.read_sql("select * from t", c)\npd.read_sql("t", "sqlite:///b.db")\nsqlite3.connect(":memory:")'
      ]
    ],
    ['a.db', 'b.db'],
    []
  ],
  ['a database that the stage fills', [['s', 'c = sqlite3.connect("a.db")\ndf.to_sql("t", c)']], [], ['a.db']],
  [
    'what is read only where it is there, and else made, is an out',
    [
      [
        's',
        'if os.path.exists("cache.pkl"):\n    d = pd.read_pickle("cache.pkl")\nelse:\n    d = make()\n    d.to_pickle("cache.pkl")'
      ]
    ],
    [],
    ['cache.pkl']
  ],
  [
    'branches that constants decide',
    [
      ['setup', 'SAVE = False\nclass CFG:\n    debug = True\nif SAVE and load():\n    open("setup.txt", "w")'],
      [
        's',
        'if SAVE:\n    open("a", "w")\nelif not CFG.debug:\n    open("b", "w")\nelse:\n    open("c", "w")\nx.to_csv("f") if SAVE else x.to_json("g.json")\nif unknown():\n    open("h", "w")\nif False:\n    open("missing")'
      ]
    ],
    [],
    ['c', 'g.json', 'h']
  ],
  ['paths are made plain', [['s', 'open("./a//b/../c.txt")']], ['a/c.txt'], []],
  ['plain strings and unknown paths are none', [['s', 'x = "data/raw.csv"\nopen(unknown())']], [], []],
  ['%%writefile is a write (N22f)', [['s', '%%writefile conf/a.ini\n[x]\n']], [], ['conf/a.ini']]
];

describe('files', () => {
  it.each(FILES)('%s', (_rule, cells, reads, writes) => {
    const { inputs, outputs } = stageOf(analysed(cells), 's');
    const marks = { metric: '*', plot: '+', out: '' };
    expect(
      inputs
        .filter(one => one.kind === 'file')
        .map(one => one.name)
        .sort()
    ).toEqual(reads);
    expect(
      outputs
        .filter(one => one.kind === 'file')
        .map(one => marks[one.outKind ?? 'out'] + one.name)
        .sort()
    ).toEqual([...writes].sort());
  });

  it('outside and on the network: said, not a dep (N27)', () => {
    const analysis = analysed([['s', 'pd.read_csv("https://x.org/a.csv")\nopen("/etc/hosts")\nopen("../up.txt")']]);
    expect(codes(analysis)).toEqual(['W_OUTSIDE', 'W_OUTSIDE', 'W_OUTSIDE']);
    expect(stageOf(analysis, 's').deps).toEqual(['.cellar/nb/s.py']);
  });

  it('a folder above the notebook but in the project is a dep', () => {
    const analysis = analysed([['s', 'open("../up.txt")']], {}, { notebook: 'sub/nb.ipynb' });
    expect(stageOf(analysis, 's').deps).toContain('../up.txt');
  });

  it('the tag adds and excludes (N2)', () => {
    const cells: Tagged[] = [['s', 'open("a")\nopen("b")\nopen("c.png", "w")']];
    const analysis = analysed(cells);
    expect(stageOf(analysis, 's').deps).toEqual(['.cellar/nb/s.py', 'a', 'b']);
  });
});

/** Reads that the code can do without are deps only while the file is there (N23). */
const OPTIONAL: [rule: string, source: string][] = [
  ['try and FileNotFoundError', 'try:\n    d = open("o.csv").read()\nexcept FileNotFoundError:\n    d = ""'],
  ['try and a tuple of errors', 'try:\n    d = open("o.csv")\nexcept (ValueError, OSError) as e:\n    print(e)'],
  ['try and anything', 'try:\n    d = open("o.csv")\nexcept:\n    d = None'],
  ['os.path.exists', 'if os.path.exists("o.csv"):\n    d = open("o.csv")'],
  ['Path.exists', 'p = Path("o.csv")\nd = open(p) if p.exists() else None'],
  ['is_file', 'if not Path("o.csv").is_file():\n    d = 1\nelse:\n    d = open("o.csv")'],
  ['a flag', 'there = os.path.isfile("o.csv")\nif there:\n    d = open("o.csv")'],
  ['a folder', 'if os.path.isdir("o.csv"):\n    d = os.listdir("o.csv")'],
  ['asked alone', 'd = 1 if os.path.exists("o.csv") else 2'],
  [
    'in a function',
    'def load(p):\n    if not os.path.exists(p):\n        return None\n    return open(p)\nd = load("o.csv")'
  ],
  ['in a comprehension', 'd = [open(p) for p in ["o.csv"] if os.path.exists(p)]'],
  ['made at the first run', 'if not os.path.exists("o.csv"):\n    fetch("o.csv")\nd = open("o.csv")']
];

describe('optional files', () => {
  it.each(OPTIONAL)('%s', (_rule, source) => {
    const there = analysed([['s', source]], { 'o.csv': 'x' });
    const absent = analysed([['s', source]]);
    expect(stageOf(there, 's').deps).toEqual(['.cellar/nb/s.py', 'o.csv']);
    expect(stageOf(absent, 's').deps).toEqual(['.cellar/nb/s.py']);
    expect(codes(absent).filter(code => code.startsWith('E_'))).toEqual([]);
  });

  it('what the code cannot do without is a dep also while it is missing', () => {
    const source =
      'open("a")\ntry:\n    open("b")\nexcept FileNotFoundError:\n    raise\ntry:\n    open("c")\nexcept KeyError:\n    pass';
    expect(stageOf(analysed([['s', source]]), 's').deps).toEqual(['.cellar/nb/s.py', 'a', 'b', 'c']);
  });

  it('what a stage above makes is a dep before its first run, and so is what the tag names', () => {
    const analysis = analysed([
      ['a', 'open("o.csv", "w")'],
      ['s', 'if os.path.exists("o.csv"):\n    open("o.csv")\nif os.path.exists("out"):\n    shutil.rmtree("out")']
    ]);
    expect(stageOf(analysis, 's').deps).toEqual(['.cellar/nb/s.py', 'o.csv']);
  });
});

/** What modules of the project read while they are imported, or in functions that the stage calls (N23, N26). */
const MODULE_READS: [rule: string, source: string, files: Record<string, string>, reads: string[]][] = [
  ['while it is imported', 'import m', { 'm.py': 'import csv\nROWS = open("data/x.csv").read()' }, ['data/x.csv']],
  [
    'through its constants',
    'from m import load\nload()',
    { 'm.py': 'from pathlib import Path\nDATA = Path("data")\ndef load(name="x.csv"):\n    return open(DATA / name)' },
    ['data/x.csv']
  ],
  [
    'through functions of its own',
    'import m\nm.load()',
    { 'm.py': 'def load():\n    return inner("a")\ndef inner(name):\n    return open(f"{name}.csv")' },
    ['a.csv']
  ],
  [
    'through another module',
    'from m import load\nload()',
    {
      'm.py':
        'from config import DATA\nimport config\nfrom tools import read\ndef load():\n    read(DATA)\n    open(config.MORE)',
      'config.py': 'DATA = "a.csv"\nMORE = "b.csv"',
      'tools.py': 'def read(p):\n    return open(p)'
    },
    ['a.csv', 'b.csv']
  ],
  [
    'through a package and relative imports',
    'from pkg import load\nload()',
    {
      'pkg/__init__.py': 'from .io import load',
      'pkg/io.py': 'from . import paths\ndef load():\n    return open(paths.DATA)',
      'pkg/paths.py': 'DATA = "a.csv"'
    },
    ['a.csv']
  ],
  [
    'beside its own file',
    'from src.m import load\nload()',
    {
      'src/m.py':
        'from pathlib import Path\nHERE = Path(__file__).resolve().parent\ndef load():\n    open(HERE / "a.csv")\n    open(HERE.parent / "data" / "b.csv")'
    },
    ['data/b.csv', 'src/a.csv']
  ],
  [
    'constants of a module in the notebook',
    'from config import DATA, Paths\nimport config as c\nopen(DATA)\nopen(c.DATA + ".gz")\nopen(Paths.TRAIN)',
    { 'config.py': 'DATA = "a.csv"\nclass Paths:\n    TRAIN = "t.csv"' },
    ['a.csv', 'a.csv.gz', 't.csv']
  ],
  ['all names of a module', 'from m import *\nload()', { 'm.py': 'def load():\n    return open("a.csv")' }, ['a.csv']],
  [
    'not what it does only as a program, nor what it writes',
    'import m',
    { 'm.py': 'open("log.txt", "w")\nif __name__ == "__main__":\n    open("a.csv")' },
    []
  ]
];

describe('what modules read', () => {
  it.each(MODULE_READS)('%s', (_rule, source, files, reads) => {
    const { inputs, outputs } = stageOf(analysed([['s', source]], files), 's');
    const names = inputs.filter(one => one.kind === 'file').map(one => one.name);
    expect(names.sort()).toEqual(reads);
    expect(outputs.filter(one => one.kind === 'file')).toEqual([]);
  });

  it('only for the stages that need the module', () => {
    const files = { 'm.py': 'X = open("a.csv")' };
    const analysis = analysed(
      [
        ['setup', 'import m\nimport json'],
        ['a', 'm.X'],
        ['b', 'json.dumps(1)']
      ],
      files
    );
    expect(stageOf(analysis, 'a').deps).toContain('a.csv');
    expect(stageOf(analysis, 'b').deps).not.toContain('a.csv');
  });
});

/** Programs in Python that a stage runs: the file, its modules, what it reads and writes (N26). */
const PROGRAMS: [rule: string, source: string][] = [
  ['runpy', 'import runpy\nrunpy.run_path("tools/prog.py")'],
  ['subprocess', 'import subprocess, sys\nsubprocess.run([sys.executable, "tools/prog.py", "-v"], check=True)'],
  ['python by name', 'subprocess.check_call(["python3", "-u", "tools/prog.py"])'],
  ['os.system', 'os.system("python tools/prog.py --fast")'],
  ['a shell line', '!python tools/prog.py'],
  ['%run', '%run tools/prog.py']
];

describe('programs', () => {
  it.each(PROGRAMS)('%s', (_rule, source) => {
    const files = {
      'tools/prog.py': 'import helper\nif __name__ == "__main__":\n    helper.go()\n    open("made.csv", "w")',
      'tools/helper.py': 'def go():\n    return open("a.csv")'
    };
    const stage = stageOf(analysed([['s', source]], files), 's');
    expect(stage.deps).toEqual(['.cellar/nb/s.py', 'a.csv', 'tools/helper.py', 'tools/prog.py']);
    expect(stage.outputs.filter(one => one.kind === 'file').map(one => one.name)).toEqual(['made.csv']);
  });

  it('in another working directory nothing is known', () => {
    const stage = stageOf(analysed([['s', 'subprocess.run(["python", "x.py"], cwd="a")']], { 'x.py': '' }), 's');
    expect(stage.deps).toEqual(['.cellar/nb/s.py']);
  });
});

it('a parameter with a format in a path: the button makes the text a parameter (N24)', () => {
  const cells: Tagged[] = [
    ['params', 'lr = 0.1'],
    ['s', 'open(f"m_{lr:.2f}.txt", "w")']
  ];
  const problem = analysed(cells).problems[0];
  expect(problem?.next).toContain('lr_text = "0.10"');
  const { cells: fixed } = applyEdits(
    { cells: notebook(...cells).cells, metadata: undefined },
    problem?.fixes[0]?.edits ?? []
  );
  const after = analysed(fixed.map((cell, at): Tagged => [cells[at]?.[0] ?? 's', cell.source]));
  expect(codes(after)).toEqual([]);
  expect(stageOf(after, 's').outputs.map(one => one.name)).toContain('m_${lr_text}.txt');
});

/** Project modules (N26). */
const MODULES: [rule: string, source: string, files: Record<string, string>, modules: string[]][] = [
  ['a module beside the notebook', 'import features', { 'features.py': '' }, ['features.py']],
  [
    'transitively',
    'from a import x',
    { 'a.py': 'import b\n', 'b.py': 'import json\nfrom c import y', 'c.py': '' },
    ['a.py', 'b.py', 'c.py']
  ],
  [
    'packages, submodules and relative imports',
    'from pkg import sub',
    {
      'pkg/__init__.py': '',
      'pkg/sub.py': 'from . import other\nfrom .deep.x import y',
      'pkg/other.py': '',
      'pkg/deep/__init__.py': '',
      'pkg/deep/x.py': 'from .. import other'
    },
    ['pkg/__init__.py', 'pkg/deep/__init__.py', 'pkg/deep/x.py', 'pkg/other.py', 'pkg/sub.py']
  ],
  ['inside functions', 'def f():\n    import lazy\nf()', { 'lazy.py': '' }, ['lazy.py']],
  ['by name', 'import importlib\nm = importlib.import_module("late")', { 'late.py': '' }, ['late.py']],
  ['over sys.path', 'import sys\nsys.path.append("src")\nimport deep', { 'src/deep.py': '' }, ['src/deep.py']],
  ['circles end', 'import a', { 'a.py': 'import b', 'b.py': 'import a' }, ['a.py', 'b.py']],
  ['not what is installed', 'import numpy', {}, []]
];

describe('modules', () => {
  it.each(MODULES)('%s', (_rule, source, files, modules) => {
    const stage = stageOf(analysed([['s', source]], files), 's');
    expect(
      stage.inputs
        .filter(one => one.kind === 'module')
        .map(one => one.name)
        .sort()
    ).toEqual(modules);
    expect(stage.deps).toEqual(expect.arrayContaining(modules));
  });

  it('only stages whose slice imports it depend on a module', () => {
    const analysis = analysed(
      [
        ['setup', 'import features\nimport json'],
        ['a', 'features.go()'],
        ['b', 'json.dumps(1)']
      ],
      { 'features.py': '' }
    );
    expect(stageOf(analysis, 'a').deps).toContain('features.py');
    expect(stageOf(analysis, 'b').deps).not.toContain('features.py');
  });

  it('functions of project modules are looked into (N35)', () => {
    const files = { 'features.py': 'def add(df):\n    df["x"] = 1\n\ndef look(df):\n    return df.copy()\n' };
    const cells: Tagged[] = [
      ['setup', 'import features\nfrom features import add as plus'],
      ['a', 'd = load()\ne = load()\nf = load()'],
      ['b', 'features.add(d)\nplus(e)\nfeatures.look(f)'],
      ['c', 'print(d, e, f)']
    ];
    const found = stageOf(analysed(cells, files), 'c').inputs.filter(one => one.kind === 'variable');
    expect(Object.fromEntries(found.map(one => [one.name, one.how]))).toEqual({ d: 'b', e: 'b', f: 'a' });
  });
});
