import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { code, make, openDesk, setup, stage, testDesks, total } from './desk.js';
import type { Desk } from './desk.js';

/** What the project's files say of notebooks: moved ones, git's share, pointers of Git LFS, damaged metadata. */

const LIMIT = { timeout: 180_000 };
const { desks, started } = testDesks();
const EMPTY = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n';

const commit = (desk: Desk): void => {
  desk.sh('git', 'add', '--all');
  desk.sh('git', '-c', 'user.name=a', '-c', 'user.email=a@example.invalid', 'commit', '--quiet', '-m', 'all');
};

test('a notebook that moved to another folder: both paths, what is left, and a button for it (N5)', LIMIT, async () => {
  const desk = await started();
  desk.write('old/nb.ipynb', EMPTY);
  const before = await desk.open([make, total], 'old/nb.ipynb');
  expect((await before.reproduce()).state).toBe('done');
  mkdirSync(join(desk.root, 'new'));
  renameSync(join(desk.root, 'old/nb.ipynb'), join(desk.root, 'new/nb.ipynb'));
  await desk.tab.request('notebook/close', { doc: before.doc });

  const book = await desk.open([make, total], 'new/nb.ipynb');
  const problem = await book.problem('W_NOTEBOOK_MOVED');
  expect(problem).toMatchObject({ severity: 'warning', path: 'old/dvc.yaml' });
  expect(problem.message).toContain('`old/nb.ipynb`');
  expect(problem.message).toContain('`new/nb.ipynb`');
  expect(problem.message).toContain('`make`, `total` in `old/dvc.yaml`');
  expect(problem.next).toBeTruthy();
  expect((await book.view()).stages.map(each => each.state)).toEqual(['stale', 'stale']);

  // Its paths count from the new folder, and nothing of the old result is taken for it.
  expect((await book.reproduce()).state).toBe('done');
  expect(readFileSync(join(desk.root, 'new/total.txt'), 'utf8')).toBe('6');
  const project = await desk.tab.request('project/get', { path: 'new', again: true });
  expect(project.problems.map(each => [each.code, each.notebook])).toEqual([['W_NOTEBOOK_MOVED', 'new/nb.ipynb']]);

  const view = await book.press(await book.problem('W_NOTEBOOK_MOVED'), 'Remove what is left in old');
  expect(view.problems).toEqual([]);
  expect(readFileSync(join(desk.root, 'old/dvc.yaml'), 'utf8')).not.toContain('make');
  expect(existsSync(join(desk.root, 'old/.cellar/nb'))).toBe(false);
  // The user's own out stays, and what went is in the trash.
  expect(readFileSync(join(desk.root, 'old/total.txt'), 'utf8')).toBe('6');
  expect(trashed(desk)).toEqual(['old/.cellar/nb']);
  expect((await book.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh']);
});

/** Where what lies in the trash was, relative to the project. */
function trashed(desk: Desk): string[] {
  const trash = join(desk.root, '.dvc/tmp/cellar/trash');
  return readdirSync(trash).flatMap(operation => {
    const list = JSON.parse(readFileSync(join(trash, operation, 'items.json'), 'utf8')) as {
      items: { path: string }[];
    };
    return list.items.map(item => relative(desk.root, item.path)).sort();
  });
}

test('a notebook that is gone is said in the panel, and its stages are removed on request', LIMIT, async () => {
  const desk = await started();
  desk.write('nb.ipynb', EMPTY);
  const book = await desk.open([make], 'nb.ipynb');
  expect((await book.reproduce()).state).toBe('done');
  await desk.tab.request('notebook/close', { doc: book.doc });
  desk.sh('rm', 'nb.ipynb');
  const view = await desk.tab.request('project/get', { path: '', again: true });
  const problem = view.problems.find(each => each.code === 'W_NOTEBOOK_GONE');
  expect(problem?.message).toContain('`nb.ipynb` is gone');
  const { method = '', params } = problem?.fixes[0]?.action ?? {};
  await desk.tab.request('problem/fix', { doc: null, path: '', method, params });
  expect((await desk.tab.request('project/get', { path: '', again: true })).problems).toEqual([]);
});

test('untagging keeps what the stage made in the trash', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([make, total]);
  expect((await book.reproduce()).state).toBe('done');
  await book.change([code('values = [1, 2, 3]'), stage('own', 'b = 2')]);
  await desk.tab.request('notebook/saved', { doc: book.doc, path: book.path });
  expect(existsSync(join(desk.root, '.cellar/a/vars/make'))).toBe(false);
  expect(readFileSync(join(desk.root, 'dvc.yaml'), 'utf8')).not.toContain('make');
  expect(trashed(desk)).toEqual([
    '.cellar/a/make.py',
    '.cellar/a/outputs/make.json',
    '.cellar/a/outputs/total.json',
    '.cellar/a/total.py',
    '.cellar/a/vars/make'
  ]);
});

test('files of stages that git does not have are one quiet line; a button adds them (N11)', LIMIT, async () => {
  const desk = await started();
  desk.write('a.ipynb', EMPTY);
  const book = await desk.open([make]);
  expect((await book.reproduce()).state).toBe('done');
  const view = await desk.tab.request('project/get', { path: 'a.ipynb', again: true });
  expect(view.unadded).toEqual(['.cellar/a/make.py', '.cellar/run.py', 'dvc.lock', 'dvc.yaml']);
  expect(view.problems).toEqual([]);
  await desk.tab.request('problem/fix', { doc: book.doc, path: 'a.ipynb', method: 'git/add', params: {} });
  expect((await desk.tab.request('project/get', { path: 'a.ipynb' })).unadded).toEqual([]);
  expect(desk.sh('git', 'diff', '--cached', '--name-only').out).toContain('.cellar/a/make.py');
});

test('with core.autostage nothing is left to add; an ignored script is a warning of its own (N11)', LIMIT, async () => {
  const desk = await started();
  desk.sh('dvc', 'config', 'core.autostage', 'true');
  desk.write('a.ipynb', EMPTY);
  const book = await desk.open([make]);
  expect((await book.reproduce()).state).toBe('done');
  expect((await desk.tab.request('project/get', { path: 'a.ipynb', again: true })).unadded).toEqual([]);
  desk.write('.gitignore', '.cellar/\n');
  await book.change([make, stage('more', 'b = 2')]);
  await desk.tab.request('notebook/saved', { doc: book.doc, path: book.path });
  const { problems, unadded } = await desk.tab.request('project/get', { path: 'a.ipynb', again: true });
  expect(problems.map(each => [each.code, each.path])).toEqual([['W_IGNORED_BY_GIT', '.cellar/a/more.py']]);
  expect(unadded).toEqual([]);
});

test('a dep that is a pointer of Git LFS blocks its stage until its content is there (N27)', LIMIT, async () => {
  const desk = await started();
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4'.repeat(64)}\nsize 12\n`;
  desk.write('data.txt', pointer);
  desk.write('many/b.txt', pointer);
  const reads = 'with open("data.txt") as source:\n    text = source.read()';
  const lists = 'import os\nnames = os.listdir("many")';
  const book = await desk.open([stage('read', reads), stage('list', lists), make]);
  const view = await book.view();
  const found = view.problems.filter(each => each.code === 'E_LFS_POINTER');
  expect(found.map(each => [each.stage, each.cell, each.path])).toEqual([
    ['read', 0, 'data.txt'],
    ['list', 1, 'many/b.txt']
  ]);
  expect(found[0]?.next).toContain('git lfs pull');
  expect(view.stages.map(each => each.state)).toEqual(['blocked', 'blocked', 'stale']);
  expect((await book.reproduce()).state).toBe('done');
  expect(existsSync(join(desk.root, '.cellar/a/read.py'))).toBe(false);
  desk.write('data.txt', 'twelve bytes');
  desk.write('many/b.txt', 'content');
  expect((await book.reproduce()).state).toBe('done');
  expect((await book.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh', 'fresh']);
});

test('a file that cannot be read is put back as committed, from a project in a sub-folder too', LIMIT, async () => {
  const desk = await started();
  desk.write('sub/a.ipynb', EMPTY);
  const book = await desk.open([make], 'sub/a.ipynb');
  expect((await book.reproduce()).state).toBe('done');
  commit(desk);
  expect((await desk.tab.request('project/get', { path: 'sub', again: true })).trust).toBe('trusted');
  const good = readFileSync(join(desk.root, 'sub/dvc.lock'), 'utf8');
  desk.write('sub/dvc.lock', '<<<<<<< mine\n');
  const project = await desk.tab.request('project/get', { path: 'sub', again: true });
  expect(project.problems.map(each => each.path)).toEqual(['sub/dvc.lock']);
  const problem = (await book.view()).problems.find(each => each.path === 'sub/dvc.lock' && each.fixes.length > 0);
  expect(problem).toBeDefined();
  await book.press(problem ?? (await book.problem('E_LOCK_INVALID')), 'Put back the committed sub/dvc.lock');
  expect(readFileSync(join(desk.root, 'sub/dvc.lock'), 'utf8')).toBe(good);
  expect((await book.reproduce()).state).toBe('done');
});

test('setup that took long is a hint at its cell, which makes it a stage (N19)', LIMIT, async () => {
  const desk = await started();
  const slow = setup('import time\ntable = {"a": 1}\ntime.sleep(2.1)');
  const book = await desk.open([slow, stage('use', 'n = len(table)'), stage('also', 'm = len(table) + 1')]);
  expect((await book.view()).problems.map(each => each.code)).not.toContain('W_SLOW_SETUP');
  expect((await book.reproduce()).state).toBe('done');
  const problem = await book.problem('W_SLOW_SETUP');
  expect(problem).toMatchObject({ severity: 'hint', cell: 0, line: 3 });
  expect(problem.message).toMatch(/took 2\.\d s, in each of `use`, `also`/);
  const view = await book.press(problem, 'Make it the stage setup');
  expect(view.cells[0]).toMatchObject({ role: 'stage', stage: 'setup' });
  expect((await book.reproduce()).state).toBe('done');
  expect((await book.view()).problems).toEqual([]);
  expect(spawnSync('dvc', ['status'], { cwd: desk.root, encoding: 'utf8' }).stdout).toContain('up to date');
});

test(
  'code that came with a commit from elsewhere: the question says what is other than it was (N64)',
  LIMIT,
  async () => {
    const desk = await started();
    desk.write('a.ipynb', EMPTY);
    desk.write('sub/dvc.yaml', 'stages:\n  hand:\n    cmd: echo one > out\n    outs: [out]\n');
    const book = await desk.open([make]);
    expect((await book.reproduce()).state).toBe('done');
    commit(desk);
    // The user's own commit asks nothing, and edits after it are the user's own too.
    expect((await desk.tab.request('project/get', { path: '', again: true })).trust).toBe('trusted');

    desk.write('sub/dvc.yaml', 'stages:\n  hand:\n    cmd: echo two > out\n    outs: [out]\n');
    desk.write('.cellar/a/make.py', readFileSync(join(desk.root, '.cellar/a/make.py'), 'utf8') + '# theirs\n');
    commit(desk);
    expect((await desk.tab.request('project/get', { path: '', again: true })).trust).toBe('restricted');
    const review = await desk.tab.request('project/review', { path: '' });
    expect(review.changed).toEqual([
      { what: 'command', name: 'sub/dvc.yaml:hand', before: 'echo one > out', after: 'echo two > out' },
      { what: 'file', name: '.cellar/a/make.py', before: '', after: '' }
    ]);
    await desk.tab.request('project/trust', { path: '', digest: review.digest, scope: 'code' });
    expect((await desk.tab.request('project/review', { path: '' })).changed).toEqual([]);
  }
);

test('a project that was never trusted here has nothing to compare with (N64)', LIMIT, async () => {
  const desk = await openDesk();
  desks.push(desk);
  desk.sh('dvc', 'init', '--quiet');
  expect((await desk.tab.request('project/review', { path: '' })).changed).toBeNull();
});
