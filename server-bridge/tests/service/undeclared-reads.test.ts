import { readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { NotebookView } from '../../src/protocol/wire.js';
import { built, openDesk, setup, stage, type Desk } from './desk.js';

let desk: Desk | undefined;
afterEach(() => desk?.close());

function shown(view: NotebookView): [string, string[], string[]][] {
  return view.stages.map(each => [each.state, each.reasons.map(reason => reason.text), each.marks]);
}

/** No text tells which file is read. */
const cells = [
  setup('def name():\n    return "".join(reversed("vsc.x/atad"))'),
  stage('load', 'rows = open(name()).read()'),
  stage('count', 'print(len(rows))')
];

it('a file that a run read undeclared makes its stage stale when it changes, and Reproduce runs it (N28)', async () => {
  desk = await openDesk();
  desk.write('data/x.csv', 'a,b\n');
  await desk.start();
  const notebook = await desk.open(cells);
  expect((await notebook.reproduce()).state).toBe('done');
  expect(shown(await notebook.view())).toEqual([
    ['fresh', [], ['undeclared reads']],
    ['fresh', [], []]
  ]);

  // Touched alone it is what it was.
  utimesSync(join(desk.root, 'data/x.csv'), new Date(), new Date());
  expect(shown(await notebook.view())[0]?.[0]).toBe('fresh');

  desk.write('data/x.csv', 'a,b,c\n');
  const changed = [
    ['stale', ['`data/x.csv` changed (read undeclared)'], ['undeclared reads']],
    ['pending', ['`load` is stale'], []]
  ];
  await expect.poll(async () => shown(await notebook.view()), { timeout: 15_000 }).toEqual(changed);
  expect((await notebook.reproduce()).state).toBe('done');
  expect(readFileSync(join(desk.root, '.cellar/a/vars/load/rows.var'), 'utf8')).toContain('a,b,c');
  expect(shown(await notebook.view()).map(([state]) => state)).toEqual(['fresh', 'fresh']);

  rmSync(join(desk.root, 'data/x.csv'));
  await expect.poll(async () => shown(await notebook.view())[0]?.[0], { timeout: 15_000 }).toBe('stale');
  desk.write('data/x.csv', 'a,b,c\n');
  await expect.poll(async () => shown(await notebook.view())[0]?.[0], { timeout: 15_000 }).toBe('fresh');
});

it('a run with undeclared reads does not come back for the same deps (N28)', async () => {
  desk = await openDesk();
  desk.write('data/x.csv', 'first\n');
  await desk.start();
  const notebook = await desk.open(cells);
  expect((await notebook.reproduce()).state).toBe('done');
  desk.write('data/x.csv', 'second\n');
  expect((await notebook.reproduce()).state).toBe('done');
  const edited = [setup(''), ...cells].map(cell =>
    cell.source === cells[1]?.source ? stage('load', 'rows = "none"') : cell
  );
  await notebook.change(edited);
  expect((await notebook.reproduce()).state).toBe('done');
  desk.write('data/x.csv', 'first\n');
  await notebook.change(cells);
  expect((await notebook.reproduce()).state).toBe('done');
  expect(readFileSync(join(desk.root, '.cellar/a/vars/load/rows.var'), 'utf8')).toContain('first');
}, 120_000);

it('results that print the same are told apart by all that they wrote (N28)', async () => {
  desk = await openDesk();
  desk.write('data/x.csv', 'first\n');
  await desk.start();
  const notebook = await desk.open(cells);
  const stand = (): [string, string] => [readFileSync(value, 'utf8'), readFileSync(lock, 'utf8')];
  const value = join(desk.root, '.cellar/a/vars/load/rows.var');
  const lock = join(desk.root, 'dvc.lock');
  expect((await notebook.reproduce()).state).toBe('done');
  const [oldValue, oldLock] = stand();
  desk.write('data/x.csv', 'second\n');
  expect((await notebook.reproduce()).state).toBe('done');
  // The first result comes back, as by a checkout of its commit: it was made from another file than the one that is here now.
  desk.write('.cellar/a/vars/load/rows.var', oldValue);
  desk.write('dvc.lock', oldLock);
  await expect.poll(async () => shown(await notebook.view())[0]?.[0], { timeout: 15_000 }).toBe('stale');
  desk.write('data/x.csv', 'first\n');
  await expect.poll(async () => shown(await notebook.view())[0]?.[0], { timeout: 15_000 }).toBe('fresh');
}, 120_000);

it('a file that is changed while the stage runs may have been read before: it counts as changed (N28)', async () => {
  desk = await openDesk();
  desk.write('data/x.csv', 'first\n');
  await desk.start();
  const other = 'import subprocess\nsubprocess.run(["sh", "-c", "echo second > data/x.csv"], check=True)';
  const notebook = await desk.open([...cells.slice(0, 1), stage('load', `rows = open(name()).read()\n${other}`)]);
  expect((await notebook.reproduce()).state).toBe('done');
  expect(shown(await notebook.view())[0]?.[0]).toBe('stale');
}, 120_000);

it('what was read undeclared is named, declared by one button or accepted by another (N28)', async () => {
  desk = await openDesk();
  desk.write('data/x.csv', 'a\n');
  await desk.start();
  const notebook = await desk.open(cells);
  expect((await notebook.reproduce()).state).toBe('done');
  const problem = await notebook.problem('W_UNDECLARED_READS');
  expect(problem).toMatchObject({ severity: 'hint', stage: 'load', cell: 1 });
  expect(problem.message).toContain('`data/x.csv`');
  await notebook.press(problem, 'Accept');
  expect((await notebook.reproduce()).state).toBe('done');
  expect((await notebook.view()).problems).toEqual([]);
  expect(shown(await notebook.view())[0]).toEqual(['fresh', [], []]);
  await notebook.change(cells);
  expect((await notebook.reproduce()).state).toBe('done');
  await notebook.press(await notebook.problem('W_UNDECLARED_READS'), 'Add to the inputs of load');
  expect((await notebook.reproduce()).state).toBe('done');
  expect((await notebook.view()).problems).toEqual([]);
  expect(readFileSync(join(desk.root, 'dvc.yaml'), 'utf8')).toContain('- data/x.csv');
}, 120_000);

it('where nothing is known of the run, as in a clone, the mark alone speaks (N28)', async () => {
  desk = await openDesk();
  desk.write('data/x.csv', 'a,b\n');
  await desk.start();
  const notebook = await desk.open(cells);
  expect((await notebook.reproduce()).state).toBe('done');
  rmSync(join(desk.root, '.dvc/tmp/cellar/history.json'));
  desk.write('data/x.csv', 'other\n');
  desk = await desk.restart();
  const again = await desk.open(cells);
  expect(shown(await again.view())[0]).toEqual(['fresh', [], ['undeclared reads']]);
});

it('a file that the user tracks, and no stage writes, is an undeclared read like any other (N28)', async () => {
  desk = await openDesk();
  desk.write('data/x.csv', 'a,b\n');
  await desk.start();
  const add = desk.sh(...(await built()).argv, 'add', 'data/x.csv');
  expect(add.status, add.out).toBe(0);
  const notebook = await desk.open(cells);
  expect(await notebook.reproduce()).toEqual({ state: 'done', errors: {} });
  expect(shown(await notebook.view())[0]).toEqual(['fresh', [], ['undeclared reads']]);
}, 120_000);
