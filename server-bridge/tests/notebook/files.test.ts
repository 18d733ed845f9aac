import { beforeAll, describe, expect, it } from 'vitest';
import { initPython } from '../../src/notebook/python/parse.js';
import { analysed, codes, stageOf, type Tagged } from './notebooks.js';

beforeAll(() => initPython());

/** Files in and out of stage `s`; a `*` before an out marks a metric, a `+` a plot. */
const FILES: [rule: string, cells: Tagged[], reads: string[], writes: string[]][] = [
  [
    'pandas',
    [['s', 'd = pd.read_csv("a.csv")\nd.to_parquet("b.parquet")\npd.read_json(path_or_buf="c.json")']],
    ['a.csv', 'c.json'],
    ['b.parquet']
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
