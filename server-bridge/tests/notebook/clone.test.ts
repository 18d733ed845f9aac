/** What a clone compiles before its data is checked out is what the original compiled (N12, N23). */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compile, type CompileResult } from '../../src/notebook/compile.js';
import { folder, notebook } from './notebooks.js';

const TRACKED = (name: string, hash: string): string => `outs:\n- md5: ${hash}\n  hash: md5\n  path: ${name}\n`;
const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const MADE = `stages:\n  fetch:\n    cmd: make\n    wdir: ..\n    outs:\n    - got/deep\n    - one.csv\n`;

const CASES: [
  what: string,
  path: string,
  tracked: Record<string, string>,
  data: Record<string, string>,
  dep: boolean
][] = [
  ['in a tracked folder', 'data/x.csv', { 'data.dvc': TRACKED('data', `${MD5}.dir`) }, { 'data/x.csv': 'a\n' }, true],
  ['deeper in one', 'data/a/x.csv', { 'data.dvc': TRACKED('data', `${MD5}.dir`) }, { 'data/a/x.csv': 'a\n' }, true],
  ['tracked itself', 'data/x.csv', { 'data/x.csv.dvc': TRACKED('x.csv', MD5) }, { 'data/x.csv': 'a\n' }, true],
  ['not in the folder', 'data/x.csv', { 'data.dvc': TRACKED('data', `${MD5}.dir`) }, { 'data/y.csv': 'a\n' }, false],
  ['in the out of a stage elsewhere', 'got/deep/x.csv', { 'got/dvc.yaml': MADE }, { 'got/deep/x.csv': 'a\n' }, true],
  ['the out of a stage elsewhere', 'one.csv', { 'dvc.yaml': MADE.replace('..', '.') }, { 'one.csv': 'a\n' }, true],
  [
    'a tracked folder that is only asked about',
    'data',
    { 'data.dvc': TRACKED('data', `${MD5}.dir`) },
    { 'data/y.csv': 'a\n' },
    false
  ]
];

it.each(CASES)('a file that need not be there, %s', async (_, path, tracked, data, dep) => {
  const root = folder({ ...tracked, ...data });
  const text = notebook(
    ['setup', 'import os'],
    ['s', `rows = os.path.exists("${path}")${path === 'data' ? '' : ` and open("${path}").read()`}`]
  );
  const run = (check: boolean): Promise<CompileResult> =>
    compile({ root, tmpDir: join(root, '.dvc', 'tmp'), git: null }, 'nb.ipynb', text, {
      runner: 'SEMANTICS = 1\n',
      check
    });
  expect((await run(false)).problems).toEqual([]);
  expect(readFileSync(join(root, 'dvc.yaml'), 'utf8').includes(`- ${path}\n    outs`)).toBe(dep);
  for (const top of new Set(Object.keys(data).map(name => name.split('/').slice(0, 2).join('/')))) {
    renameSync(join(root, top), join(root, '.dvc', 'tmp', 'away'));
  }
  if (!('data/x.csv.dvc' in tracked) && 'data.dvc' in tracked) {
    renameSync(join(root, 'data'), join(root, '.dvc', 'tmp', 'folder'));
  }
  const again = await run(true);
  expect(again.changes).toEqual([]);
  expect(again.problems).toEqual([]);
});
