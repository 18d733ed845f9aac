import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePipelineFile } from '../../src/formats/pipelinefile.js';
import { resolvePipeline, resolveSections } from '../../src/pipeline/templating/resolve.js';
import { startOracle, tag } from '../formats/oracle.js';
import { dollar, ours, sameStages } from './compare.js';
import type { Files } from './compare.js';

const ask = startOracle();

const PARAMS = `lr: 0.00001
n: 3
big: 1e20
flag: true
off: false
none:
text: "a b"
list: [1, 2.0, x, true, null]
empty: {}
nest: {a: {b: {c: deep}}, k.dot: 1}
models:
  us: {thr: 1, f: [a, b]}
  gb: {thr: 2.5, f: [c]}
mixed: [{a: 1}, 2]
names: [x, y, x]
bools: [true, false, null, 1.0]
opts: {opt: true, noopt: false, n: 3, s: "a b", q: "it's", e: "", l: [1, "b c", null], nest: {p: 1.0}, none: null, gone: {}}
deepopts: {l: [[1]]}
1: number key
`;

const stage = (body: string): Files => ({
  'params.yaml': PARAMS,
  'dvc.yaml': `stages:\n  a:\n${body.replace(/^/gm, '    ')}\n`
});

const CASES: Record<string, Files> = {
  plain: stage('cmd: echo hi\ndeps: [x]'),
  types: stage(
    'cmd: run §{lr} §{n} §{big} §{flag} §{off} §{none} §{text}\nmeta: {a: "§{lr}", b: "§{flag}", c: "§{none}", d: "§{n}"}'
  ),
  'exact values keep their type': stage('cmd: x\nparams:\n- §{text}\nmeta:\n- §{n}\n- §{list.3}'),
  'paths into lists and mappings': stage('cmd: §{list[0]} §{list.1} §{list[-1]} §{nest.a.b.c} §{ nest . a [b] . c }'),
  'keys are resolved': stage('cmd: x\nouts:\n- §{text}.csv:\n    desc: §{n} of §{text}\n    type: §{text}'),
  escaped: stage('cmd: echo \\§{x} §{n} \\§{n}\ndesc: \\§{only}'),
  unclosed: stage('cmd: echo §{n'),
  dollar: stage('cmd: echo $HOME $§{n} {n} §{n}}'),
  unpacked: stage('cmd: python x.py §{opts} §{nest}'),
  'unpacked alone': stage('cmd: §{opts}'),
  'unpacked in a list': stage('cmd:\n- a §{opts}\n- b §{n}'),
  'nested iterable': stage('cmd: python x.py §{deepopts}'),
  'list in cmd': stage('cmd: python x.py §{list}'),
  'list elsewhere': stage('cmd: x\ndeps: ["§{list}"]'),
  'mapping elsewhere': stage('cmd: x\nmeta: {a: "§{opts}"}'),
  'missing key': stage('cmd: echo §{nope}'),
  'missing below': stage('cmd: echo §{nest.a.zz}'),
  'below a value': stage('cmd: echo §{n.a}'),
  'index out of range': stage('cmd: echo §{list[9]}'),
  'index is no number': stage('cmd: echo §{list.x}'),
  'quotes in brackets': stage("cmd: echo §{nest['a']}"),
  'number keys are dropped': stage('cmd: echo §{1}'),
  'key with a dot': stage('cmd: echo §{nest.k.dot}'),
  'wdir resolved': { 'params.yaml': 'd: data\n', 'dvc.yaml': 'stages:\n  a:\n    cmd: x §{d}\n    wdir: §{d}/sub\n' },
  'stage vars': {
    'params.yaml': 'a: 1\n',
    'extra.json': '{"b": 2, "c": {"d": 1.5}}',
    'dvc.yaml':
      'stages:\n  s:\n    vars:\n    - extra.json:b\n    - own: {x: y}\n    cmd: run §{a} §{b} §{own.x}\n  t:\n    cmd: run §{a}\n'
  },
  'stage vars leave others alone': {
    'dvc.yaml': 'stages:\n  s:\n    vars: [{x: 1}]\n    cmd: run §{x}\n  t:\n    cmd: run §{x}\n'
  },
  'stage vars from wdir': {
    'sub/v.yaml': 'x: 1\n',
    'dvc.yaml': 'stages:\n  s:\n    wdir: sub\n    vars: [v.yaml]\n    cmd: run §{x}\n'
  },
  'stage vars redefine': {
    'params.yaml': 'a: 1\n',
    'dvc.yaml': 'stages:\n  s:\n    vars: [{a: 2}]\n    cmd: run §{a}\n'
  },
  'stage vars twice': {
    'v.yaml': 'a: 1\nb: 2\n',
    'dvc.yaml': 'vars: ["v.yaml:a"]\nstages:\n  s:\n    vars: [v.yaml]\n    cmd: run §{a}\n'
  },
  'stage vars interpolated': { 'dvc.yaml': 'stages:\n  s:\n    vars: [{a: "§{b}"}]\n    cmd: run §{a}\n' },
  'vars merge': {
    'params.yaml': 'm: {a: 1}\n',
    'v.toml': '[m]\nb = 2\n[q]\nt = 1.0\n',
    'dvc.yaml': 'vars: [v.toml, {m: {c: 3}}]\nstages:\n  s:\n    cmd: run §{m.a} §{m.b} §{m.c} §{q.t}\n'
  },
  'vars redefine': { 'params.yaml': 'p: {x: 1}\n', 'dvc.yaml': 'vars: [{p: {x: 2}}]\nstages:\n  s: {cmd: x}\n' },
  'vars interpolated': { 'dvc.yaml': 'vars: [{p: "§{x}"}]\nstages:\n  s: {cmd: x}\n' },
  'vars missing file': { 'dvc.yaml': 'vars: [x.yaml]\nstages:\n  s: {cmd: x}\n' },
  'vars folder': { 'x/': '', 'dvc.yaml': 'vars: [x]\nstages:\n  s: {cmd: x}\n' },
  'vars list': { 'x.yaml': '- 1\n', 'dvc.yaml': 'vars: [x.yaml]\nstages:\n  s: {cmd: x}\n' },
  'vars missing key': { 'x.yaml': 'a: 1\n', 'dvc.yaml': 'vars: ["x.yaml:a,b"]\nstages:\n  s: {cmd: x}\n' },
  'vars whole twice': { 'x.yaml': 'a: 1\n', 'dvc.yaml': 'vars: [x.yaml, ./x.yaml]\nstages:\n  s: {cmd: "§{a}"}\n' },
  'vars partial then whole': {
    'x.yaml': 'a: 1\nb: 2\n',
    'dvc.yaml': 'vars: ["x.yaml:a", x.yaml]\nstages:\n  s: {cmd: x}\n'
  },
  'vars whole then partial': {
    'x.yaml': 'a: 1\nb: 2\n',
    'dvc.yaml': 'vars: [x.yaml, "x.yaml:a"]\nstages:\n  s: {cmd: x}\n'
  },
  'vars two parts': {
    'x.yaml': 'a: 1\nb: 2\n',
    'dvc.yaml': 'vars: ["x.yaml:a", "x.yaml:b"]\nstages:\n  s: {cmd: "§{a}§{b}"}\n'
  },
  'vars same part': {
    'x.yaml': 'a: 1\nb: 2\n',
    'dvc.yaml': 'vars: ["x.yaml:a", "x.yaml:a"]\nstages:\n  s: {cmd: x}\n'
  },
  'vars python': {
    'x.py': 'class T:\n    lr = 0.1\nn = [1, 2]\n',
    'dvc.yaml': 'vars: [x.py]\nstages:\n  s: {cmd: "run §{T.lr} §{n[1]}"}\n'
  },
  'foreach list': stage('foreach: [a, 1, 2.50, true, null, "a b"]\ndo:\n  cmd: run §{item}'),
  'foreach list of the context': stage('foreach: §{bools}\ndo:\n  cmd: run §{item}'),
  'foreach doubled': stage('foreach: §{names}\ndo:\n  cmd: run §{item}'),
  'foreach mapping': stage('foreach: {us: {thr: 1}, gb: {thr: 2}}\ndo:\n  cmd: run §{key} §{item.thr}'),
  'foreach mapping of the context': stage(
    'foreach: §{models}\ndo:\n  cmd: run §{key} §{item.thr} §{item.f[0]} §{item}\n  outs: ["§{key}.csv"]'
  ),
  'foreach odd keys': stage('foreach: {1: a, false: b, null: c, 1.5: d}\ndo:\n  cmd: run §{key} §{item}'),
  'foreach mixed': stage('foreach: §{mixed}\ndo:\n  cmd: run §{item}'),
  'foreach list of mappings': stage('foreach:\n- {a: 1}\n- {a: "§{n}"}\ndo:\n  cmd: run §{item.a}'),
  'foreach items by name': stage('foreach: ["§{n}", "x§{n}", "§{text}"]\ndo:\n  cmd: run §{item}'),
  'foreach keys by name': stage('foreach: {"§{text}": "§{n}", b: "§{models.us}"}\ndo:\n  cmd: run §{key}'),
  'foreach keys in part by name': stage('foreach: {"§{text}.": "§{n}", b: "§{models.us}"}\ndo:\n  cmd: run §{key}'),
  'foreach empty text': stage('foreach: ["", a]\ndo:\n  cmd: run §{item}'),
  'foreach number': stage('foreach: §{n}\ndo:\n  cmd: run'),
  'foreach text': stage('foreach: abc\ndo:\n  cmd: run'),
  'foreach missing': stage('foreach: §{nope}\ndo:\n  cmd: run'),
  'foreach empty': stage('foreach: []\ndo:\n  cmd: run §{..}'),
  'foreach bad template': stage('foreach: [1]\ndo:\n  cmd: run §{a..b}'),
  'foreach missing inside': stage('foreach: [1]\ndo:\n  cmd: run §{item.x}'),
  'foreach key of a list': stage('foreach: [1]\ndo:\n  cmd: run §{key}'),
  'foreach stage vars': stage('foreach: [p, q]\ndo:\n  vars: [{v: 1}]\n  cmd: run §{item} §{v}'),
  'foreach reserved': stage('foreach: [p]\ndo:\n  vars: [{item: 1}]\n  cmd: run §{item}'),
  'foreach reserved twice': stage('foreach: {p: q}\ndo:\n  vars: [{item: 1, key: 2}]\n  cmd: run §{item}'),
  'foreach shadows': {
    'params.yaml': 'item: 5\nkey: 6\n',
    'dvc.yaml': 'stages:\n  g:\n    foreach: [1, 2]\n    do: {cmd: "x §{item} §{key}"}\n  h: {cmd: "y §{item}"}\n'
  },
  'foreach wdir': { 'dvc.yaml': 'stages:\n  g:\n    foreach: [p, q]\n    do: {cmd: x, wdir: "w/§{item}"}\n' },
  matrix: stage(
    'matrix:\n  m: [cnn, xgb]\n  f: [1, 2.5, true, null]\ncmd: run §{item.m} §{item.f} §{key}\nouts: ["§{key}.pkl"]'
  ),
  'matrix composite': stage('matrix:\n  z: [{a: 1}, [2], s]\n  y: §{names}\ncmd: run §{item.y}'),
  'matrix of the context': stage('matrix:\n  b: §{bools}\n  m: ["§{n}", "§{models.us}"]\ncmd: run §{item.b}'),
  'matrix of a mapping': stage('matrix:\n  b: §{models}\ncmd: run §{item.b}'),
  'matrix letters': stage('matrix:\n  b: abc\ncmd: run §{item.b}'),
  'matrix empty list': stage('matrix:\n  b: []\ncmd: run'),
  'matrix empty': stage('matrix: {}\ncmd: run §{key}.'),
  'matrix missing': stage('matrix: {a: "§{nope}"}\ncmd: run'),
  'matrix number': stage('matrix: {a: "§{n}"}\ncmd: run'),
  'several stages': {
    'params.yaml': PARAMS,
    'dvc.yaml':
      'stages:\n  one: {cmd: "a §{n}"}\n  two:\n    foreach: [1, 2]\n    do: {cmd: "b §{item}"}\n  three: {cmd: c}\n'
  },
  'stage with an at sign': { 'dvc.yaml': 'stages:\n  a@c: {cmd: x}\n' },
  'no stages': { 'dvc.yaml': 'metrics: [m.json]\n' }
};

/** dvc ends with an error of Python itself here, or words that hang on a Python object's own text. */
const OTHER_WORDS = new Set([
  'matrix number',
  'matrix empty',
  'foreach empty text',
  'foreach keys by name',
  'stage with an at sign',
  'foreach text'
]);

describe('stages equal those of dvc', () => {
  test.each(Object.keys(CASES))('%s', async name => {
    await sameStages(ask, CASES[name] ?? {}, { words: !OTHER_WORDS.has(name) });
  });
  test('in a folder', async () => {
    const files = {
      'params.yaml': 'x: wrong\n',
      'sub/params.yaml': 'x: right\n',
      'sub/v.yaml': 'y: 1\n',
      'up.yaml': 'z: 2\n',
      'sub/dvc.yaml': 'vars: [v.yaml, ../up.yaml]\nstages:\n  a: {cmd: "run §{x} §{y} §{z}", wdir: d}\n'
    };
    await sameStages(ask, files, { where: 'sub' });
    await sameStages(
      ask,
      { ...files, 'sub/dvc.yaml': 'vars: [none.yaml]\nstages:\n  a: {cmd: x}\n' },
      { where: 'sub' }
    );
  });
  test.each([{ bool: 'boolean_optional' }, { list: 'append' }, { bool: 'store_true', list: 'nargs' }] as const)(
    'options as %j',
    async parsing => {
      await sameStages(ask, CASES['unpacked'] ?? {}, { parsing });
    }
  );
});

const EXPRESSIONS = [
  '',
  ' ',
  '.',
  'a.',
  '.a',
  'a..b',
  'a[',
  'a[]',
  'a[b',
  'a]b',
  'a[b]c',
  'a[b].c',
  '[a]',
  'a b',
  'a.[b]',
  'a[b][c]',
  'a[ b ]',
  'nest.a',
  'a-b',
  '§{n'
];

test.each(EXPRESSIONS)('the grammar judges %j like dvc', async inner => {
  await sameStages(ask, stage(`cmd: run §{${inner}}`), { words: false });
});

test('random texts, keys and iterations are resolved like dvc', async () => {
  const path = fc.constantFrom(
    'lr',
    'n',
    'flag',
    'none',
    'text',
    'list[0]',
    'list.3',
    'list[-1]',
    'nest.a.b.c',
    'opts',
    'list',
    'models.us',
    'nope',
    'item',
    'key',
    'item.thr',
    ' n ',
    'a..b'
  );
  const text = fc
    .array(
      fc.oneof(
        path.map(inner => `§{${inner}}`),
        fc.constantFrom('x', ' ', '\\\\', '$', '{', '}', '--a')
      ),
      { maxLength: 4 }
    )
    .map(parts => parts.join(''));
  const data = fc.constantFrom(
    '[a, b]',
    '§{names}',
    '§{models}',
    '§{list}',
    '[1, "§{n}", {a: "§{text}"}]',
    '{k: "§{n}", "l§{n}": x}',
    '§{n}',
    '["§{flag}", true]'
  );
  const quoted = (value: string) => JSON.stringify(value);
  await fc.assert(
    fc.asyncProperty(text, text, fc.option(data), fc.boolean(), async (cmd, desc, iteration, wanted) => {
      const matrix = wanted && iteration?.startsWith('{') !== true;
      const body = `cmd: ${quoted(`c ${cmd}`)}\nmeta: {${quoted(`k${desc}`)}: ${quoted(desc)}}`;
      const value = iteration === null ? '' : iteration.startsWith('§') ? quoted(iteration) : iteration;
      const nested =
        iteration === null
          ? body
          : matrix
            ? `matrix: {m: ${value}}\n${body}`
            : `foreach: ${value}\ndo:\n  ${body.replace('\n', '\n  ')}`;
      await sameStages(ask, stage(nested), { words: false });
    }),
    { numRuns: 300 }
  );
});

test('a date in params.yaml is named and stops only what uses it', () => {
  const files = { 'params.yaml': 'd: 2020-01-01\nn: 1\n', 'dvc.yaml': 'stages:\n  a: {cmd: "x §{n}"}\n' };
  expect(ours(files)).toHaveLength(1);
  expect(ours({ ...files, 'dvc.yaml': 'stages:\n  a: {cmd: "x §{d}"}\n' })).toHaveProperty(
    'error',
    expect.stringContaining("Unsupported value of type 'date' in 'params.yaml:d'")
  );
});

test('more than 10,000 stages are refused', () => {
  const many = JSON.stringify(Array.from({ length: 101 }, (_, index) => index));
  expect(ours({ 'dvc.yaml': `stages:\n  a:\n    matrix: {x: ${many}, y: ${many}}\n    cmd: x\n` })).toHaveProperty(
    'error',
    expect.stringContaining('unfolds to more than 10000 stages')
  );
});

test('warnings name what is shadowed', () => {
  const warnings: string[] = [];
  const pipeline = parsePipelineFile(
    'vars: [{item: 1}]\nstages:\n  g:\n    foreach: [1]\n    do: {cmd: x}\n',
    'dvc.yaml'
  );
  resolvePipeline(pipeline, { readParams: () => ({ kind: 'missing' }), warn: message => warnings.push(message) });
  expect(warnings).toEqual(["item is already specified, will be overwritten for stages generated from 'g'"]);
});

test('the other sections are resolved too', () => {
  const text = dollar(
    'vars: [{x: out}]\nmetrics: ["§{x}/m.json"]\nparams: ["§{x}.yaml"]\nplots: [{"§{x}": {title: "§{x}!"}}]\nartifacts:\n  "§{x}": {path: "§{x}.pkl"}\n'
  );
  const found = resolveSections(parsePipelineFile(text, 'dvc.yaml'), {
    readParams: () => ({ kind: 'missing' })
  });
  expect(found.metrics).toEqual(['out/m.json']);
  expect(found.params).toEqual(['out.yaml']);
  expect(tag(found.plots)).toEqual(tag([new Map([['out', new Map([['title', 'out!']])]])]));
  expect(tag(found.artifacts)).toEqual(tag(new Map([['out', new Map([['path', 'out.pkl']])]])));
});
