import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDvcFile } from '../../src/formats/dvcfile.js';
import { parseLockFile } from '../../src/formats/lockfile.js';
import { parsePipelineFile } from '../../src/formats/pipelinefile.js';
import type { Value } from '../../src/formats/value.js';
import { printYaml } from '../../src/formats/yaml.js';
import { CellarError } from '../../src/protocol/errors.js';
import { startOracle } from './oracle.js';

const ask = startOracle();

const READERS = {
  dvc: (text: string) => parseDvcFile(text, 'x.dvc'),
  pipeline: (text: string) => parsePipelineFile(text, 'dvc.yaml'),
  lock: (text: string) => parseLockFile(text, 'dvc.lock')
};
type Kind = keyof typeof READERS;

function complaints(kind: Kind, text: string): string[] {
  try {
    READERS[kind](text);
    return [];
  } catch (error) {
    if (!(error instanceof CellarError)) throw error;
    expect(error.exit).toBe(255);
    const problems = error.data?.['problems'] as { words: string }[] | undefined;
    return problems?.map(({ words }) => words) ?? [error.message];
  }
}

async function sameComplaints(kind: Kind, text: string): Promise<void> {
  const answer = await ask('validate', kind, text);
  // A file that is no YAML at all is another test's business.
  if (answer.error !== undefined) return;
  const expected = kind === 'lock' && /^\s*(\{\}\s*)?$/.test(text) ? [] : answer.ok;
  expect(complaints(kind, text)).toEqual(expected);
}

const PIPELINE = [
  'stages:\n  a:\n    cmd: x\n    bogus: 1\n',
  'stages:\n  a:\n    deps: [x]\n',
  'stages:\n  a:\n    cmd: x\n    deps: y\n',
  'stages:\n  a:\n    cmd: x\n    deps: [1, y, 2]\n',
  'stages:\n  a:\n    cmd: x\n    outs:\n    - y:\n        cache: no\n    - z:\n        cach: true\n',
  'stages:\n  a:\n    cmd: x\n    outs:\n    - y:\n',
  'stages:\n  a:\n    cmd: x\n    plots:\n    - y:\n        - x: 1\n',
  'stages:\n  a: 12\n',
  'stages: [a]\n',
  'stages:\n  a:\n    foreach: [1]\n    cmd: x\n',
  'stages:\n  a:\n    foreach: [1]\n    do:\n      cmd: x\n      bogus: y\n',
  'stages:\n  a:\n    foreach: 3\n    do: {cmd: x}\n',
  'stages:\n  a:\n    cmd: x\n    matrix: {a: 1}\n',
  'stages:\n  a:\n    cmd: {a: b}\n',
  'stages:\n  1:\n    cmd: x\n',
  'params: [a, 2]\nmetrics: x\nplots:\n- a: {x: [1]}\n- b:\n- 3\n',
  'plots:\n  a: {x: y}\n',
  'artifacts:\n  m:\n    type: model\n',
  'artifacts:\n  m: {path: x, labels: [1]}\n',
  'vars: [a, 1]\n',
  'plots: [{}, a, {1: 2}]\n',
  'bogus: 1\nother: 2\n',
  '- a\n',
  'stages:\n  a:\n    cmd: x\n    frozen: "yes"\n    always_changed: 1\n    desc: 5\n    wdir: 2020-01-01\n',
  'stages:\n  a: {cmd: x, metrics: [m.json: {persist: 1}], params: [1]}\n'
];

const DVC = [
  'outs:\n- path: x\n  foo: 1\n',
  'outs:\n- md5: 12\n  path: x\n',
  'outs:\n- md5: 123456\n  path: x\n  size: "3"\n',
  'outs:\n- md5: [a]\n  path: 3\n',
  'cmd: python x\nouts:\n- path: y\n',
  'outs: x\n',
  'outs:\n- cloud: {a: {etag: abc}, b: {etag: abc}}\n  path: x\n',
  'outs:\n- cloud: {a: {bogus: abc}}\n  path: x\n',
  'outs:\n- path: x\n  files:\n  - md5: abc\n',
  'deps:\n- path: x\n  repo: {rev: 1}\nouts:\n- path: y\n  metric: true\n',
  'deps:\n- db: {query: 1}\n',
  'md5: abc\nfrozen: 1\nlocked: no\nwdir: 3\nmeta: [1]\ndesc: true\n',
  'outs: null\ndeps:\n',
  'outs:\n- path: x\n  cache: 0\n  labels: a\n  size: true\n'
];

const LOCK = [
  "schema: '1.0'\nstages: {}\n",
  'stages: {}\n',
  "schema: '2.0'\nstages:\n  a:\n    deps: []\n",
  "schema: '2.0'\nstages:\n  a:\n    cmd: x\n    deps:\n    - md5: abc\n",
  "schema: '2.0'\nstages:\n  a:\n    cmd: x\n    params:\n      p.yaml: 3\n",
  "schema: '2.0'\nstages:\n  a:\n    cmd: x\n    params:\n      p.yaml:\n        1: 3\n",
  "schema: '2.0'\nbogus: 1\ndatasets: 5\n",
  'schema: 2.0\nstages: {}\n'
];

describe('complaints have the words and places of dvc', () => {
  test.each(PIPELINE)('dvc.yaml %j', text => sameComplaints('pipeline', text));
  test.each(DVC)('.dvc %j', text => sameComplaints('dvc', text));
  test.each(LOCK)('dvc.lock %j', text => sameComplaints('lock', text));
});

const leaf: fc.Arbitrary<Value> = fc.constantFrom<Value>('x', '', 1n, 1.5, true, null, 'abc', [], new Map());
const key = fc.constantFrom(
  'cmd',
  'deps',
  'outs',
  'metrics',
  'plots',
  'params',
  'wdir',
  'foreach',
  'do',
  'matrix',
  'vars',
  'frozen',
  'meta',
  'desc',
  'path',
  'md5',
  'size',
  'cache',
  'persist',
  'labels',
  'stages',
  'schema',
  'cloud',
  'files',
  'relpath',
  'repo',
  'url',
  'x',
  'y',
  'template',
  'artifacts',
  'type',
  'hash',
  'nfiles',
  'bogus'
);
const { tree } = fc.letrec<{ tree: Value }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map(entries => new Map(entries))
  )
}));
const document = fc
  .array(fc.tuple(key, tree), { minLength: 1, maxLength: 4 })
  .map(entries => new Map<string, Value>(entries));
const wrapped = fc.oneof(
  document.map(
    map => ['pipeline', new Map<string, Value>([['stages', new Map<string, Value>([['s', map]])]])] as const
  ),
  document.map(map => ['pipeline', map] as const),
  document.map(map => ['dvc', map] as const),
  document.map(map => ['dvc', new Map<string, Value>([['outs', [map]]])] as const),
  document.map(
    map =>
      [
        'lock',
        new Map<string, Value>([
          ['schema', '2.0'],
          ['stages', new Map([['s', map]])]
        ])
      ] as const
  ),
  fc.tuple(document, document).map(
    ([a, b]) =>
      [
        'lock',
        new Map<string, Value>([
          ['schema', '2.0'],
          [
            'stages',
            new Map([
              [
                's',
                new Map<string, Value>([
                  ['cmd', 'x'],
                  ['deps', [a]],
                  ['outs', [b]]
                ])
              ]
            ])
          ]
        ])
      ] as const
  )
);

test('random structures are judged alike', async () => {
  await fc.assert(
    fc.asyncProperty(wrapped, async ([kind, value]) => sameComplaints(kind, printYaml(value))),
    { numRuns: 600 }
  );
});
