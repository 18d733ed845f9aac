import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { built, openDesk, setup, stage, type Desk } from './desk.js';

const LIMIT = { timeout: 120_000 };

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
  await desk.start();
});
afterEach(() => desk.close());
afterAll(async () => (await built()).remove());

test('a file of another stage that nobody declared becomes an input by one button (N28)', LIMIT, async () => {
  const book = await desk.open([
    setup('def name():\n    return "".join(reversed("txt.x"))'),
    stage('make', 'with open(name(), "w") as out:\n    out.write("7")'),
    stage('take', 'seven = open(name()).read()\nprint(seven)')
  ]);
  const run = await book.reproduce();
  expect(run.errors['take']).toMatchObject({ code: 'E_UNDECLARED_INTERMEDIATE' });
  await book.press(await book.problem('E_UNDECLARED_INTERMEDIATE'), 'Add x.txt to the inputs of take');
  expect((await book.reproduce()).state).toBe('done');
  expect(readFileSync(join(desk.root, 'dvc.yaml'), 'utf8')).toContain('- x.txt');
});

test('a module that only a run found becomes an input by one button (N26)', LIMIT, async () => {
  desk.write('found.py', 'value = 3\n');
  const book = await desk.open([
    stage('use', 'import importlib\nvalue = importlib.import_module("fou" + "nd").value\nprint(value)')
  ]);
  const run = await book.reproduce();
  expect(run.errors['use']).toMatchObject({ code: 'E_UNDECLARED_MODULE' });
  await book.press(await book.problem('E_UNDECLARED_MODULE'), 'Add found.py to the inputs of use');
  expect((await book.reproduce()).state).toBe('done');
});

test('a value that a run found to be unsavable: its reader is merged by one button (N37)', LIMIT, async () => {
  const book = await desk.open([
    setup('def make():\n    return (i for i in range(3))'),
    stage('first', 'items = make()'),
    stage('second', 'print(sum(items))')
  ]);
  const run = await book.reproduce();
  expect(run.errors['first']).toMatchObject({ code: 'E_UNSAVABLE' });
  const problem = await book.problem('E_UNSAVABLE');
  expect(problem.fixes.map(fix => fix.label)).toEqual(['Merge second into first', 'Make it in setup']);
  await book.press(problem, 'Merge second into first');
  expect((await book.reproduce()).state).toBe('done');
});

test(
  'a function of a stage cell that workers lack goes to setup, with what it uses, by one button (N42)',
  LIMIT,
  async () => {
    const book = await desk.open([
      stage(
        'spread',
        'import math\nimport multiprocessing\n\ndef half(n):\n    return math.floor(n / 2)\n\n' +
          'def local(n):\n    return half(n) + 1\n\ncontext = multiprocessing.get_context("spawn")\n' +
          'with context.Pool(1) as pool:\n    print(pool.map(local, [7]))'
      )
    ]);
    const run = await book.reproduce();
    expect(run.errors['spread']).toMatchObject({ code: 'E_WORKER_NAME' });
    await book.press(await book.problem('E_WORKER_NAME'), 'Move to setup');
    expect((await book.reproduce()).state).toBe('done');
  }
);
