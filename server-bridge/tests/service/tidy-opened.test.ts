import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { initGit } from '../../src/git/git.js';
import { setHook } from '../../src/io/files.js';
import { listTrash, openTrash } from '../../src/io/trash.js';
import { createService } from '../../src/service/service.js';
import { startProject } from '../../src/service/start-project.js';
import { initProject } from '../../src/workspace/init.js';

/** The trash of a project that is opened in the browser, 15 days after something came into it. */

let base: string;
let root: string;
let before: string | undefined;

beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-tidy-')));
  root = join(base, 'work');
  mkdirSync(root);
  before = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = join(base, 'state');
  await initGit(root);
});

afterEach(() => {
  setHook(null);
  if (before === undefined) {
    delete process.env['XDG_STATE_HOME'];
  } else {
    process.env['XDG_STATE_HOME'] = before;
  }
  rmSync(base, { recursive: true, force: true });
});

/** Opens the project as a tab does, waits for what that starts, and gives what the trash still holds. */
async function openedLater(): Promise<string[]> {
  const tmpDir = join(root, '.dvc', 'tmp');
  writeFileSync(join(root, 'old.txt'), 'old');
  openTrash(tmpDir, 'one').move(join(root, 'old.txt'));
  const then = Date.now() / 1000 + 15 * 86_400;
  setHook((op, path) => {
    if (op === 'stat' && path.endsWith('/clock')) {
      utimesSync(path, then, then);
    }
  });
  const service = createService({ root: base, python: 'python', log: () => undefined, onActivity: () => undefined });
  const handlers = service.connect({ notify: () => undefined, onClose: () => undefined });
  expect(await handlers['project/get']({ path: 'work' }, new AbortController().signal)).toMatchObject({
    state: 'ready'
  });
  await service.close();
  return listTrash(tmpDir);
}

test('opening a project forgets what has been in its trash for more than 14 days', async () => {
  await startProject(root, { gitInit: false, subdir: false });
  expect(await openedLater()).toEqual([]);
});

test('in a project that is not trusted opening writes and removes nothing (N64)', async () => {
  await initProject(root, { subdir: false });
  expect(await openedLater()).toEqual(['one']);
});
