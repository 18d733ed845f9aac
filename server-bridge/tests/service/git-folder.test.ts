import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { make, testDesks } from './desk.js';
import type { Desk } from './desk.js';

/** What the panel takes from git's own files, wherever git keeps them. */

const LIMIT = { timeout: 120_000 };
const { started } = testDesks();

function git(desk: Desk, ...args: string[]): void {
  const answer = desk.sh('git', '-c', 'user.name=a', '-c', 'user.email=a@example.invalid', ...args);
  expect(answer.status, answer.out).toBe(0);
}

test('in a work tree whose `.git` is a file the panel follows HEAD too', LIMIT, async () => {
  const desk = await started();
  git(desk, 'add', '--all');
  git(desk, 'commit', '--quiet', '-m', 'start');
  git(desk, 'worktree', 'add', '--quiet', '-b', 'side', 'tree');
  const view = await desk.tab.request('project/get', { path: 'tree' });
  expect(view).toMatchObject({ root: join(desk.root, 'tree'), git: { branch: 'side' } });
  expect(readFileSync(join(desk.root, 'tree', '.git'), 'utf8')).toContain('worktrees');
  // A new branch touches no file of the work tree: only HEAD tells of it.
  git(desk, '-C', 'tree', 'checkout', '--quiet', '-b', 'other');
  const told = await desk.tab.hear('project/view', each => each.view.git?.branch === 'other');
  expect(told).toMatchObject({ path: 'tree', view: { root: join(desk.root, 'tree') } });
});

test('an ignore rule that was removed is no problem any more, though the index is as it was', LIMIT, async () => {
  const desk = await started();
  desk.write('a.ipynb', '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n');
  const book = await desk.open([make]);
  expect((await book.reproduce()).state).toBe('done');
  const seen = async (): Promise<[string, string | undefined][]> =>
    (await desk.tab.request('project/get', { path: 'a.ipynb', again: true })).problems.map(each => [
      each.code,
      each.path
    ]);
  expect(await seen()).toEqual([]);
  for (const [rules, without] of [
    ['.gitignore', ''],
    ['.git/info/exclude', '# nothing\n']
  ] as const) {
    desk.write(rules, '.cellar/\n');
    expect(await seen()).toEqual(['.cellar/a/make.py', '.cellar/run.py'].map(path => ['W_IGNORED_BY_GIT', path]));
    desk.write(rules, without);
    expect(await seen()).toEqual([]);
  }
});
