import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockByHelper } from '../../src/run/lock-helper.js';
import { localProgram } from '../../src/run/interpreter.js';

let dir: string;
let path: string;
const before = process.env.PATH;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cellar-flock-'));
  path = join(dir, 'tmp', 'lock');
});
afterEach(() => {
  process.env.PATH = before;
  rmSync(dir, { recursive: true, force: true });
});

const TRY = `
import fcntl, sys
try:
    fcntl.flock(open(sys.argv[1], "a+"), fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("free")
except OSError:
    print("held")
`;

function others(): string {
  return execFileSync('python3', ['-c', TRY, path], { encoding: 'utf8', env: { PATH: before } }).trim();
}

describe.each(['flock', 'python3'])('a lock held by %s', program => {
  beforeEach(() => {
    // Only this one helper is to be found; it may be a script that needs its own folder.
    const only = join(dir, 'bin');
    execFileSync('mkdir', [only]);
    symlinkSync(localProgram(program), join(only, program));
    process.env.PATH = only;
  });

  it('keeps everybody out until it is released, and says who holds it', async () => {
    const release = await lockByHelper(path);
    expect(others()).toBe('held');
    expect(readFileSync(path, 'utf8')).toBe(` ${process.pid}\n`);
    expect(await lockByHelper(path)).toBeNull();
    await release?.();
    expect(others()).toBe('free');
    const again = await lockByHelper(path);
    expect(again).not.toBeNull();
    await again?.();
  });
});

it('is null while another process has the lock', async () => {
  await (
    await lockByHelper(path)
  )?.();
  const holder = spawn('python3', [
    '-c',
    'import fcntl,sys; f=open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print("on", flush=True); sys.stdin.read()',
    path
  ]);
  await new Promise(resolve => holder.stdout.once('data', resolve));
  expect(await lockByHelper(path)).toBeNull();
  const gone = new Promise(resolve => holder.once('close', resolve));
  holder.stdin.end();
  await gone;
  const release = await lockByHelper(path);
  expect(release).not.toBeNull();
  await release?.();
});

it('says what to do when there is no helper', async () => {
  process.env.PATH = join(dir, 'nothing');
  await expect(lockByHelper(path)).rejects.toMatchObject({ code: 'E_NO_FLOCK' });
});
