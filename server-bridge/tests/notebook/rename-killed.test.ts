/** `kill -9` in the middle of a rename: the next command undoes it, and the same rename then succeeds (I2, N5). */
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bundleCli } from '../bundle-cli.js';
import { listing, sandbox, type Sandbox } from '../workspace/sandbox.js';
import { ipynb, notebook, type Tagged } from './notebooks.js';

const LIMIT = { timeout: 240_000 };
const top = join(import.meta.dirname, '../../..');
const CELLS: Tagged[] = [
  ['params', 'factor = 2\n'],
  ['load', 'rows = [1, 2, 3]\n'],
  ['scale', 'scaled = [factor * row for row in rows]\n'],
  ['sum', 'print(sum(scaled))\n']
];

let bundle: Awaited<ReturnType<typeof bundleCli>>;
let folder: string;
let driver: string;
let box: Sandbox;

beforeAll(async () => {
  bundle = await bundleCli();
  folder = mkdtempSync(join(top, 'node_modules', '.cellar-kill-'));
  driver = join(folder, 'driver.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'rename-driver.ts')],
    outfile: driver,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi', '@parcel/watcher'],
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
    logLevel: 'error'
  });
  for (const path of ['web-tree-sitter/web-tree-sitter.wasm', 'tree-sitter-python/tree-sitter-python.wasm']) {
    copyFileSync(join(top, 'node_modules', path), join(folder, path.split('/').at(-1) ?? ''));
  }
}, 60_000);

afterEach(() => box.remove());
afterAll(() => {
  bundle.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A reproduced notebook in a project, kept aside to begin from again. */
function reproduced(): void {
  box = sandbox();
  box.must([...bundle.argv, 'init', '-q']);
  writeFileSync(join(box.root, 'nb.ipynb'), ipynb(notebook(...CELLS)));
  box.must([...bundle.argv, 'reproduce', 'nb.ipynb', '--python', 'python']);
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
  const total = Number(/changes (\d+)/.exec(box.must([process.execPath, driver, '0', ...args]))?.[1]);
  const renamed = visible();
  expect(renamed).not.toEqual(before);
  expect(total).toBeGreaterThan(20);
  const every = process.env['CELLAR_DEEP'] === '1' ? 1 : Math.ceil(total / POINTS);
  for (let at = 1; at <= total; at += every) {
    reset();
    box.run([process.execPath, driver, String(at), ...args]);
    const after = `kill at ${at} of ${total}`;
    box.must([process.execPath, driver, '0', 'mend']);
    const mended = visible();
    // The tags are as they were, so all is as it was; a kill after the last step leaves a whole rename.
    expect([before, renamed], after).toContainEqual(mended);
    if (JSON.stringify(mended) === JSON.stringify(before)) {
      box.must([process.execPath, driver, '0', ...args]);
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
  box.run([process.execPath, driver, String(middle), 'stage', 'scale', 'times']);
  expect(visible()).not.toEqual(before);
  expect(box.must([...bundle.argv, 'reproduce', 'nb.ipynb', '--python', 'python'])).toContain('up to date');
  expect(visible()).toEqual(before);
  box.must([process.execPath, driver, '0', 'stage', 'scale', 'times']);
  const text = readFileSync(join(box.root, 'nb.ipynb'), 'utf8').replace('"scale"', '"times"');
  writeFileSync(join(box.root, 'nb.ipynb'), text);
  expect(box.must([...bundle.argv, 'reproduce', 'nb.ipynb', '--python', 'python'])).toContain('up to date');
});

test('of a notebook', LIMIT, () => {
  reproduced();
  renameSync(join(box.root, 'nb.ipynb'), join(box.root, 'other name.ipynb'));
  killEverywhere(['notebook', 'nb.ipynb']);
  expect(box.must([...bundle.argv, 'reproduce', 'other name.ipynb', '--python', 'python'])).toContain('up to date');
});
