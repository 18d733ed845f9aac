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

const change = stage('change', 'x[0].append(1)\nwith open("seen.txt", "w") as out:\n    out.write(str(y))');

test('inputs that turn out to be one object stop the stage that changes one, for dvc too (N38)', LIMIT, async () => {
  const cells = [setup('def part(v):\n    return v[0]'), stage('make', 'x = [[0]]\ny = x[0]'), change];
  const book = await desk.open(cells);
  const run = await book.reproduce();
  expect(run.state).toBe('failed');
  expect(run.errors['change']).toMatchObject({ code: 'E_SHARED_INPUTS', next: expect.any(String) as string });
  const answer = desk.sh('dvc', 'repro', 'change');
  expect(answer.status).not.toBe(0);
  expect(answer.out).toContain('E_SHARED_INPUTS');
  // Now that it is known the cell says so, and one button makes it right.
  const problem = await book.problem('E_SHARED_INPUTS');
  await book.press(problem, /^Merge change into make/);
  expect((await book.reproduce()).state).toBe('done');
  expect(readFileSync(join(desk.root, 'seen.txt'), 'utf8')).toBe('[0, 1]');
});

test('inputs that were only suspected to share run at once', LIMIT, async () => {
  const book = await desk.open([stage('make', 'z = [[[0]], [5]]\nx, y = z'), change]);
  expect((await book.reproduce()).state).toBe('done');
  expect(readFileSync(join(desk.root, 'seen.txt'), 'utf8')).toBe('[5]');
  expect(readFileSync(join(desk.root, '.cellar', 'a', 'change.py'), 'utf8')).toContain('"apart"');
  expect((await book.view()).problems).toEqual([]);
});
