/** `kill -9` in the middle of a rename: the next command undoes it, and the same rename then succeeds (I2, N5). */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { testDoomedProgram } from '../doomed-program.js';
import { listing, sandbox, type Sandbox } from '../workspace/sandbox.js';
import { ipynb, notebook, type Tagged } from './notebooks.js';

/** A kill at every change, not at some of them, takes as many times as long. */
const program = testDoomedProgram(join(import.meta.dirname, 'rename-driver.ts'));
const LIMIT = { timeout: process.env['CELLAR_DEEP'] === '1' ? 1_200_000 : 240_000 };
const CELLS: Tagged[] = [
  ['params', 'factor = 2\n'],
  ['load', 'rows = [1, 2, 3]\n'],
  ['scale', 'scaled = [factor * row for row in rows]\n'],
  ['sum', 'print(sum(scaled))\n']
];

let box: Sandbox;

afterEach(() => box.remove());

/** A reproduced notebook in a project, kept aside to begin from again. */
function reproduced(): void {
  box = sandbox();
  box.must([...program.cellar, 'init', '-q']);
  writeFileSync(join(box.root, 'nb.ipynb'), ipynb(notebook(...CELLS)));
  box.must([...program.cellar, 'reproduce', 'nb.ipynb', '--python', 'python']);
}

const visible = (): Record<string, string> => listing(box.root, ['.git', '.dvc/tmp']);

function reset(): void {
  rmSync(box.root, { recursive: true, force: true });
  box.must(['cp', '-a', join(box.base, 'start'), box.root], box.base);
}

/** Points at which a run of this length is killed; every one in `make test-deep`. */
const POINTS = 12;

/** Gives the number of a change in the middle of the rename. */
function killEverywhere(args: readonly string[]): number {
  box.must(['cp', '-a', box.root, join(box.base, 'start')], box.base);
  const before = visible();
  const total = Number(/changes (\d+)/.exec(box.must([...program.doomed, '0', ...args]))?.[1]);
  const renamed = visible();
  expect(renamed).not.toEqual(before);
  expect(total).toBeGreaterThan(20);
  const every = process.env['CELLAR_DEEP'] === '1' ? 1 : Math.ceil(total / POINTS);
  for (let at = 1; at <= total; at += every) {
    reset();
    box.run([...program.doomed, String(at), ...args]);
    const after = `kill at ${at} of ${total}`;
    box.must([...program.doomed, '0', 'mend']);
    const mended = visible();
    // The tags are as they were, so all is as it was; a kill after the last step leaves a whole rename.
    expect([before, renamed], after).toContainEqual(mended);
    if (JSON.stringify(mended) === JSON.stringify(before)) {
      box.must([...program.doomed, '0', ...args]);
    }
    expect(visible(), after).toEqual(renamed);
  }
  return Math.floor(total / 2);
}

test('of a stage; a compile too mends it before it reads the notebook’s files', LIMIT, () => {
  reproduced();
  const before = visible();
  const middle = killEverywhere(['stage', 'scale', 'times']);
  reset();
  box.run([...program.doomed, String(middle), 'stage', 'scale', 'times']);
  expect(visible()).not.toEqual(before);
  expect(box.must([...program.cellar, 'reproduce', 'nb.ipynb', '--python', 'python'])).toContain('up to date');
  expect(visible()).toEqual(before);
  box.must([...program.doomed, '0', 'stage', 'scale', 'times']);
  const text = readFileSync(join(box.root, 'nb.ipynb'), 'utf8').replace('"scale"', '"times"');
  writeFileSync(join(box.root, 'nb.ipynb'), text);
  expect(box.must([...program.cellar, 'reproduce', 'nb.ipynb', '--python', 'python'])).toContain('up to date');
});

test('of a notebook', LIMIT, () => {
  reproduced();
  renameSync(join(box.root, 'nb.ipynb'), join(box.root, 'other name.ipynb'));
  killEverywhere(['notebook', 'nb.ipynb']);
  expect(box.must([...program.cellar, 'reproduce', 'other name.ipynb', '--python', 'python'])).toContain('up to date');
});
