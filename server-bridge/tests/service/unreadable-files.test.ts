import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { built, code, stage, testDesks } from './desk.js';
import type { Desk, Notebook } from './desk.js';

/** Files of the project that are not what they should be: said in the tab and on stderr, and nothing is lost. */

const LIMIT = { timeout: 180_000 };
const { started } = testDesks();

/** What a new look at the files tells, whatever the watcher has said by then. */
async function look(desk: Desk, book: Notebook): ReturnType<Notebook['view']> {
  await desk.tab.request('project/get', { path: book.path, again: true });
  return book.view();
}

/** A stage that reads tracked data, one below it, and one of its own with a parameter; all fresh and committed. */
async function fresh(): Promise<{ desk: Desk; book: Notebook }> {
  const desk = await started();
  desk.write('raw.csv', 'a,b\n');
  expect(desk.sh(...(await built()).argv, 'add', 'raw.csv').status).toBe(0);
  const book = await desk.open([
    code('lr = 1', { role: 'params' }),
    stage('read', 'with open("raw.csv") as source:\n    text = source.read()'),
    stage('below', 'size = len(text)\nprint(size)'),
    stage('own', 'values = [lr]\nprint(values)')
  ]);
  expect((await book.reproduce()).state).toBe('done');
  desk.sh('git', 'add', '--all');
  desk.sh('git', '-c', 'user.name=a', '-c', 'user.email=a@example.invalid', 'commit', '--quiet', '-m', 'all');
  // The user's own commit is seen before anything else changes (N64).
  expect((await desk.tab.request('project/get', { path: book.path, again: true })).trust).toBe('trusted');
  return { desk, book };
}

const exact = (states: Record<string, string>): [string, string][] => Object.entries(states);
const ALL = exact({ read: 'blocked', below: 'blocked', own: 'blocked' });
const READERS = exact({ read: 'blocked', below: 'blocked', own: 'fresh' });

interface Damage {
  path: string;
  text: string;
  code: string;
  message: RegExp;
  next: RegExp;
  states: [string, string][];
}

const DAMAGES: Damage[] = [
  {
    path: 'dvc.yaml',
    text: 'stages:\n  x: [\n',
    code: 'E_PIPELINE_INVALID',
    message: /'dvc\.yaml' is invalid.*line 3/,
    next: /line 3/,
    states: ALL
  },
  {
    path: 'dvc.lock',
    text: 'schema: 1\nstages: []\n',
    code: 'E_LOCK_INVALID',
    message: /dvc\.lock/,
    next: /dvc\.lock/,
    states: ALL
  },
  {
    path: 'params.yaml',
    text: 'lr: [1\n',
    code: 'E_PARAMS_INVALID',
    message: /'params\.yaml' is invalid.*line 2/,
    next: /line 2/,
    states: ALL
  },
  {
    path: 'raw.csv.dvc',
    text: 'outs: [\n',
    code: 'E_DVCFILE_INVALID',
    message: /'raw\.csv\.dvc' is invalid.*line 2/,
    next: /line 2/,
    states: READERS
  },
  {
    path: 'raw.csv.dvc',
    text: 'outs:\n- md5: ../x\n  path: raw.csv\n',
    code: 'E_BAD_OID',
    message: /'\.\.\/x' is not the name of an object/,
    next: /hash in the \.dvc file/,
    states: READERS
  }
];

test('malformed dvc.yaml, dvc.lock, params.yaml and .dvc files', LIMIT, async () => {
  const { desk, book } = await fresh();
  for (const damage of DAMAGES) {
    await damagedAndMended(desk, book, damage);
  }
});

async function damagedAndMended(desk: Desk, book: Notebook, damage: Damage): Promise<void> {
  const { path, text, code, message, next, states } = damage;
  const good = readFileSync(join(desk.root, path), 'utf8');
  desk.write(path, text);
  const view = await look(desk, book);
  const problem = view.problems.find(each => each.path === path);
  expect(problem, path).toMatchObject({ severity: 'error', code });
  expect(problem?.message).toMatch(message);
  expect(problem?.next).toMatch(next);
  expect(view.stages.map(each => [each.name, each.state])).toEqual(states);
  expect(view.stages[0]?.reasons[0]?.text).toMatch(code === 'E_BAD_OID' ? /`raw\.csv\.dvc` is blocked/ : message);
  await expect(book.reproduce()).rejects.toMatchObject({ data: { code } });
  const project = await desk.tab.request('project/get', { path: book.path });
  expect(project.problems.map(each => [each.code, each.path])).toContainEqual([code, path]);

  const cellar = desk.sh(...(await built()).argv, 'repro');
  expect(cellar.status).toBe(255);
  expect(cellar.out).toMatch(message);
  expect(cellar.out).toMatch(/^NEXT: .*\[E_\w+\]$/m);
  // Of a hash that is none, `dvc` thinks that its object is missing.
  if (code !== 'E_BAD_OID') {
    expect(desk.sh('dvc', 'repro').status).toBe(255);
  }
  expect(readFileSync(join(desk.root, path), 'utf8')).toBe(text);

  const fixable = (await book.view()).problems.find(each => each.path === path && each.fixes.length > 0);
  await book.press(fixable ?? (await book.problem(code)), `Put back the committed ${path}`);
  expect(readFileSync(join(desk.root, path), 'utf8')).toBe(good);
  expect((await look(desk, book)).problems).toEqual([]);
  expect(await book.reproduce()).toEqual({ state: 'done', errors: {} });
  expect((await book.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh', 'fresh']);
}

test('of another folder’s dvc.yaml the lock still tells who reads what it makes, and the reverse', LIMIT, async () => {
  const desk = await started();
  desk.write('sub/dvc.yaml', 'stages:\n  hand:\n    cmd: echo 5 > seed.txt\n    outs: [seed.txt]\n');
  const book = await desk.open([
    stage('read', 'with open("sub/seed.txt") as source:\n    seed = source.read()'),
    stage('own', 'values = [1]\nprint(values)')
  ]);
  expect((await book.reproduce()).state).toBe('done');
  for (const path of ['sub/dvc.yaml', 'sub/dvc.lock']) {
    const good = readFileSync(join(desk.root, path), 'utf8');
    desk.write(path, '<<<<<<< mine\n');
    expect((await look(desk, book)).stages.map(each => each.state)).toEqual(['blocked', 'fresh']);
    desk.write(path, good);
    expect((await look(desk, book)).stages.map(each => each.state)).toEqual(['fresh', 'fresh']);
  }
});
