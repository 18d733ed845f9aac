import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { built, code, holds, make, openDesk, stage, testDesks, total } from './desk.js';

/** Names, tags and cells that cannot be used: a code, a sentence, a next step; the step is then taken, and works. */

const LIMIT = { timeout: 180_000 };
const { desks, started } = testDesks();

test('not a git repository', LIMIT, async () => {
  const desk = await openDesk({ git: false });
  desks.push(desk);
  await expect(desk.start()).rejects.toMatchObject({
    data: { code: 'E_NO_GIT', message: holds('is not in a git repository'), next: holds('git init') }
  });
  const typed = desk.sh(...(await built()).argv, 'init');
  expect(typed.status).toBe(desk.sh('dvc', 'init').status);
  expect(typed.out).toMatch(/^ERROR: .*SCM[^]*^NEXT: Run `git init` first.*\[E_INIT\]$/m);
  const view = await desk.tab.request('project/get', { path: 'a.ipynb' });
  expect(view.start).toMatchObject({ gitInit: true, root: desk.root });
  await desk.tab.request('project/start', { path: 'a.ipynb', gitInit: true, subdir: false });
  expect(existsSync(join(desk.root, '.dvc', 'config'))).toBe(true);
  expect((await (await desk.open([make, total])).reproduce()).state).toBe('done');
});

test('an unparsable cell blocks its stage and those below; the others go on', LIMIT, async () => {
  const desk = await started();
  const good = stage('bad', 'x = values[0]');
  const book = await desk.open([make, total, good, stage('after', 'y = x')]);
  expect((await book.reproduce()).state).toBe('done');
  const entries = desk.read('dvc.yaml');
  await book.change(book.cells.with(2, stage('bad', 'x = values[0\n')));
  expect(await book.problem('E_SYNTAX')).toMatchObject({
    cell: 2,
    stage: 'bad',
    severity: 'error',
    message: holds('Cell 3 is not valid Python'),
    next: 'Correct the cell.'
  });
  expect((await book.reproduce()).state).toBe('done');
  const view = await book.view();
  expect(view.stages.map(each => [each.name, each.state])).toEqual([
    ['make', 'fresh'],
    ['total', 'fresh'],
    ['bad', 'blocked'],
    ['after', 'blocked']
  ]);
  expect(desk.read('dvc.yaml')).toBe(entries);
  await book.change(book.cells.with(2, good));
  expect((await book.reproduce()).state).toBe('done');
});

test('an illegal stage name', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([stage('two words', 'a = 1')]);
  const problem = await book.problem('E_STAGE_NAME');
  expect(problem).toMatchObject({
    cell: 0,
    message: holds('`two words` is no stage name'),
    next: 'Call it `two-words`.'
  });
  const view = await book.press(problem, 'Call it two-words');
  expect(view.stages.map(each => each.name)).toEqual(['two-words']);
  expect((await book.reproduce()).state).toBe('done');
});

test('a stage name that another notebook of the folder has', LIMIT, async () => {
  const desk = await started();
  desk.write('other.ipynb', '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n');
  const other = await desk.open([make], 'other.ipynb');
  expect((await other.reproduce()).state).toBe('done');
  const book = await desk.open([stage('make', 'values = [4]'), stage('own', 'b = 1')]);
  const problem = await book.problem('E_STAGE_NAME_TAKEN');
  expect(problem).toMatchObject({
    cell: 0,
    stage: 'make',
    message: '`make` is already a stage of `other.ipynb`.',
    next: 'Call it `a-make`.'
  });
  const script = desk.read('.cellar/other/make.py');
  expect((await book.view()).stages.find(each => each.name === 'own')?.state).toBe('stale');
  const view = await book.press(problem, 'Call it a-make');
  expect(view.stages.map(each => each.name)).toContain('a-make');
  expect((await book.reproduce()).state).toBe('done');
  expect(desk.read('.cellar/other/make.py')).toBe(script);
});

test('a copy of a notebook, to which a cell was added or not', LIMIT, async () => {
  const desk = await started();
  desk.write('other.ipynb', '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n');
  const other = await desk.open([make], 'other.ipynb');
  expect((await other.reproduce()).state).toBe('done');
  const book = await desk.open([make, code('print(values)')]);
  const problem = await book.problem('E_NOTEBOOK_DUPLICATE');
  expect(problem).toMatchObject({ severity: 'error', message: holds('other.ipynb'), next: holds('new names') });
  const view = await book.press(problem, 'Give its stages new names');
  expect(view.stages.map(each => each.name)).toEqual(['a-make']);
  expect((await book.reproduce()).state).toBe('done');
});

test('a name bound only in scratch', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([code('factor = 3'), stage('use', 'result = 2 * factor')]);
  const problem = await book.problem('E_BOUND_IN_SCRATCH');
  expect(problem).toMatchObject({ cell: 1, stage: 'use', message: holds('`factor`'), next: holds('ag') });
  await book.press(problem, 'Tag the cells this needs');
  expect((await book.reproduce()).state).toBe('done');

  // A cell of constants may hold parameters.
  await book.change([code('factor = 3'), stage('use', 'result = 2 * factor')]);
  const again = await book.problem('E_BOUND_IN_SCRATCH');
  await book.press(again, 'Make cell 1 params');
  expect((await book.reproduce()).state).toBe('done');
  expect(desk.read('params.yaml')).toContain('factor: 3');
});

test('a name bound only further down', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([stage('use', 'result = 2 * factor'), stage('make', 'factor = 3')]);
  const problem = await book.problem('E_BOUND_BELOW');
  expect(problem).toMatchObject({ cell: 0, stage: 'use', message: holds('`factor`'), next: holds('ove') });
  await book.press(problem, /^Move/);
  expect((await book.reproduce()).state).toBe('done');
});

test('a malformed tag is said at its cell', LIMIT, async () => {
  const desk = await openDesk();
  desks.push(desk);
  const book = await desk.open([make]);
  for (const tag of [
    { role: 'nonsense' },
    5,
    'stage',
    [],
    {},
    { role: 'stage', stage: 7 },
    { role: 'stage', stage: 'make', deps: 'data.txt' }
  ]) {
    await book.change([make, code(total.source, tag), code('free = 1')]);
    const problem = await book.problem('E_TAG');
    expect(problem).toMatchObject({
      severity: 'error',
      cell: 1,
      message: "The cell's `cellar` tag is malformed.",
      next: 'Tag the cell anew.'
    });
    const view = await book.press(problem, 'Untag the cell');
    expect(view.problems).toEqual([]);
    expect(view.stages.map(each => each.name)).toEqual(['make']);
    expect(book.cells).toEqual([make, code(total.source), code('free = 1')]);
  }
});

test(
  'nothing leaves dvc.yaml through a malformed tag; with a good one in its place all is as it was',
  LIMIT,
  async () => {
    const desk = await started();
    const book = await desk.open([make, total]);
    expect((await book.reproduce()).state).toBe('done');
    const entries = desk.read('dvc.yaml');
    await book.change([code(make.source, { role: 'nonsense' }), total]);
    await desk.tab.request('notebook/saved', { doc: book.doc, path: book.path });
    expect(desk.read('dvc.yaml')).toBe(entries);
    expect(desk.read('total.txt')).toBe('6');
    await book.change([make, total]);
    expect((await book.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh']);
  }
);

test('malformed metadata of the notebook itself', LIMIT, async () => {
  const desk = await started();
  const cells = [code('lr = 1', { role: 'params' }), stage('make', 'values = [lr]')];
  const book = await desk.open(cells);
  expect((await book.reproduce()).state).toBe('done');
  for (const metadata of [5, 'text', [], {}, { version: 2 }, { version: 1, params_prefix: '1 x' }]) {
    await book.change(cells, metadata);
    const problem = await book.problem('E_NOTEBOOK_TAG');
    expect(problem).toMatchObject({
      severity: 'error',
      cell: null,
      message: "The notebook's own `cellar` metadata is malformed.",
      next: 'Remove it.'
    });
    const view = await book.press(problem, 'Remove it');
    expect(view.problems).toEqual([]);
    expect(view.stages.map(each => each.state)).toEqual(['fresh']);
  }
  expect((await book.reproduce()).state).toBe('done');
});
