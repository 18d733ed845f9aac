import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setHook } from '../../src/io/files.js';
import { listTrash, openTrash } from '../../src/io/trash.js';
import { add } from '../../src/service/add.js';
import { init } from '../../src/service/init.js';
import { sandbox, type Sandbox } from './sandbox.js';

/** A command sweeps the trash when it begins (guide/reliability.md, head); what is younger than 14 days stays. */
let box: Sandbox;
let state: string | undefined;

beforeEach(() => {
  box = sandbox();
  state = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = join(box.base, 'state');
});
afterEach(() => {
  setHook(null);
  if (state === undefined) {
    delete process.env['XDG_STATE_HOME'];
  } else {
    process.env['XDG_STATE_HOME'] = state;
  }
  box.remove();
});

test.each([
  [13, ['old']],
  [15, []]
])('after %i days a command leaves %j', async (days, left) => {
  const plain = { commit: true, relink: true, glob: false };
  await init(box.root, '.', {});
  const tmp = join(box.root, '.dvc', 'tmp');
  writeFileSync(join(box.root, 'a'), 'a');
  writeFileSync(join(box.root, 'b'), 'b');
  openTrash(tmp, 'old').move(join(box.root, 'a'));
  const then = Date.now() / 1000 + days * 86_400;
  setHook((op, path) => {
    if (op === 'stat' && path === join(tmp, 'cellar', 'clock')) {
      utimesSync(path, then, then);
    }
  });
  await add(box.root, ['b'], plain);
  expect(listTrash(tmp)).toEqual(left);
  expect(existsSync(join(box.root, 'b.dvc'))).toBe(true);
});
