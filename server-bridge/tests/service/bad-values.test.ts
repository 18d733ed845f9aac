import { join } from 'node:path';
import { expect, test } from 'vitest';
import { barePython } from './bare-python.js';
import { code, holds, kernel, make, setup, stage, testDesks } from './desk.js';

/** Values that cannot go from stage to stage as they are: what is said, and that the button makes it right. */

const LIMIT = { timeout: 180_000 };
const { started } = testDesks();

test('a stage split around a reader (N36)', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([
    stage('make', 'values = [1]'),
    stage('read', 'n = len(values)'),
    stage('make', 'values.append(2)'),
    stage('last', 'print(values)'),
    code('n')
  ]);
  const problem = await book.problem('E_SPLIT_AROUND_READER');
  expect(problem).toMatchObject({
    severity: 'error',
    stage: 'make',
    cell: 2,
    message: '`make` changes `values` in cell 3, after `read` has read it in cell 2.',
    next: 'Make the later cells of `make` a stage of their own.'
  });
  const view = await book.press(problem, 'Make the later cells make-2');
  expect(view.stages.map(each => each.name)).toEqual(['make', 'read', 'make-2', 'last']);
  expect((await book.reproduce()).state).toBe('done');
  expect(JSON.parse(desk.read('.cellar/a/vars/read/n.var'))).toBe(1);
  expect(JSON.parse(desk.read('.cellar/a/vars/make-2/values.var'))).toEqual([1, 2]);
});

test('a variable that cannot be saved: either button makes it right (N37)', LIMIT, async () => {
  const desk = await started();
  const cells = [stage('make', 'gen = (n for n in range(3))'), stage('use', 'first = next(gen)\nprint(first)')];
  for (const [label, stages] of [
    ['Merge use into make', ['make']],
    ['Make it in setup', ['use']]
  ] as const) {
    const book = await desk.open(cells, `${stages.join('')}.ipynb`);
    const problem = await book.problem('E_CANNOT_CROSS');
    expect(problem).toMatchObject({
      severity: 'error',
      stage: 'make',
      cell: 0,
      message: holds('`gen` of cell 1 is a figure, a file, a connection or a generator'),
      next: 'Merge the two stages, make it in setup, or write a file.'
    });
    const view = await book.press(problem, label);
    expect(view.stages.map(each => each.name)).toEqual(stages);
    expect((await book.reproduce()).state).toBe('done');
    await book.change([]);
    await desk.tab.request('notebook/saved', { doc: book.doc, path: book.path });
  }
});

test('an input that a stage changed in a way that the text does not show (N38)', LIMIT, async () => {
  const desk = await started();
  desk.write('hidden.py', 'import operator\n\n\ndef touch(values):\n    operator.iadd(values, [9])\n');
  const book = await desk.open([
    setup('from hidden import touch'),
    make,
    stage('touch', 'f = getattr(__import__("hidden"), "to" + "uch")\nf(values)\ndone = 1'),
    stage('late', 'n = len(values)'),
    code('n')
  ]);
  await book.reproduce();
  const value = desk.read('.cellar/a/vars/make/values.var');
  const problem = await book.problem('E_INPUT_MUTATED');
  expect(problem).toMatchObject({
    severity: 'error',
    stage: 'late',
    cell: 3,
    message: holds('`touch` changed `values` while it ran; `late` reads it in cell 4'),
    next: 'Pass it on from `touch`.'
  });
  await book.press(problem, 'Pass it on from here');
  expect((await book.reproduce()).state).toBe('done');
  expect(JSON.parse(desk.read('.cellar/a/vars/late/n.var'))).toBe(4);
  expect(desk.read('.cellar/a/vars/make/values.var')).toBe(value);
});

test(
  'a kernel without pandas, then without pyarrow: what to install where; installed, the same button works',
  LIMIT,
  async () => {
    const desk = await started();
    const python = barePython(join(desk.base, 'bare'));
    python.hide('pandas', 'pyarrow');
    const book = await desk.open([
      setup('import pandas as pd'),
      stage('table', 'df = pd.DataFrame({"a": [1, 2]})'),
      stage('rows', 'n = len(df)')
    ]);
    await book.use({ ...kernel, executable: python.executable });
    for (const [code, text, name] of [
      ['E_MODULE_MISSING', "No module named 'pandas'", 'pandas'],
      ['E_NO_PYARROW', 'pyarrow', 'pyarrow']
    ] as const) {
      expect((await book.reproduce()).state).toBe('failed');
      const problem = await book.problem(code);
      expect(problem).toMatchObject({
        severity: 'error',
        stage: 'table',
        cell: code === 'E_NO_PYARROW' ? 1 : 0,
        fixes: []
      });
      expect(problem.message).toContain(text);
      expect(problem.next).toContain(`${python.executable} -m pip install ${name}`);
      python.hide(...(name === 'pandas' ? ['pyarrow'] : []));
    }
    expect((await book.reproduce()).state).toBe('done');
    expect((await book.view()).problems).toEqual([]);
  }
);
