import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, acquireProjectLock, lockHolderPid, setLockHolder } from '../../src/io/flock.js';
import { withoutNative } from '../../src/io/native.js';
import { acquireRwLock, overlaps } from '../../src/io/rwlock.js';

const python = resolve(import.meta.dirname, '../../../.venv/bin/python');
let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellar-lock-'));
  children = [];
});
afterEach(() => {
  children.forEach(child => child.kill('SIGKILL'));
  withoutNative(false);
  setLockHolder(null);
  rmSync(folder, { recursive: true, force: true });
});

/** A Python program that says one word a line; every program ends with the test. */
function startPython(
  code: string,
  ...args: string[]
): { child: ChildProcess; says: () => Promise<string>; tell: () => void } {
  const child = spawn(python, ['-c', code, ...args], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 60_000 });
  children.push(child);
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  return {
    child,
    says: async () => String((await lines.next()).value),
    tell: () => child.stdin?.write('go on\n')
  };
}

/** DVC's own lock object: held until told. */
const HOLD = `
import sys
from dvc.lock import make_lock
lock = make_lock(sys.argv[1] + "/lock", tmp_dir=sys.argv[1], hardlink_lock=sys.argv[2] == "hardlink")
try:
    lock.lock()
except Exception as error:
    print(type(error).__name__, flush=True)
    sys.exit()
print("held", flush=True)
sys.stdin.readline()
lock.unlock()
print("released", flush=True)
sys.stdin.readline()
`;

describe.each([
  ['flock', false],
  ['hardlink', true]
])('the project lock by %s', (kind, hardlink) => {
  it('is refused while dvc holds it, and got when dvc lets go', async () => {
    const dvc = startPython(HOLD, folder, kind);
    expect(await dvc.says()).toBe('held');
    const waited: (number | null)[] = [];
    await expect(
      acquireProjectLock(folder, { hardlink, timeout: 300, onWait: pid => waited.push(pid) })
    ).rejects.toMatchObject({ code: 'E_LOCKED', exit: 255 });
    expect(waited).toHaveLength(1);
    if (!hardlink) {
      expect(waited).toEqual([dvc.child.pid]);
      expect(lockHolderPid(join(folder, 'lock'))).toBe(dvc.child.pid);
    }
    const waiting = acquireProjectLock(folder, { hardlink, timeout: Infinity, onWait: () => dvc.tell() });
    expect(await dvc.says()).toBe('released');
    const release = await waiting;
    await release();
  });

  it('keeps dvc out while we hold it', async () => {
    const release = await acquireProjectLock(folder, { hardlink });
    expect(await startPython(HOLD, folder, kind).says()).toBe('LockError');
    await release();
    await release();
    expect(await startPython(HOLD, folder, kind).says()).toBe('held');
  });

  it('can be waited for and cancelled', async () => {
    const release = await acquireProjectLock(folder, { hardlink });
    const controller = new AbortController();
    const waiting = acquireProjectLock(folder, {
      hardlink,
      timeout: Infinity,
      signal: controller.signal,
      onWait: () => controller.abort()
    });
    await expect(waiting).rejects.toMatchObject({ code: 'E_CANCELLED' });
    await release();
  });

  it('of a killed holder needs no hand', async () => {
    if (hardlink) {
      // What a process of ours that was killed leaves: its claim, and the note of an owner that is no more.
      const claim = join(folder, `${'a'.repeat(32)}.lock`);
      mkdirSync(join(folder, 'cellar', 'claims'), { recursive: true });
      writeFileSync(claim, claim);
      writeFileSync(join(folder, 'lock'), claim);
      const host = (await import('node:os')).hostname();
      writeFileSync(
        join(folder, 'cellar', 'claims', `${'a'.repeat(32)}.lock.json`),
        JSON.stringify({ host, boot: 'another boot', pid: 1, start: '1' })
      );
      const future = Date.now() / 1000 + 3600;
      (await import('node:fs')).utimesSync(join(folder, 'lock'), future, future);
    } else {
      const dvc = startPython(HOLD, folder, kind);
      expect(await dvc.says()).toBe('held');
      dvc.child.kill('SIGKILL');
      await once(dvc.child, 'exit');
    }
    const release = await acquireProjectLock(folder, { hardlink, timeout: 0 });
    await release();
  });
});

describe('the lock file', () => {
  it('holds one space, the pid and a newline, and stays after release (spec/dvc-data.md §1.5)', async () => {
    writeFileSync(join(folder, 'lock'), ' 12345678 and more of before\n');
    const release = await acquireProjectLock(folder);
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(` ${process.pid}\n`);
    await release();
    expect(existsSync(join(folder, 'lock'))).toBe(true);
  });

  it('excludes a second lock of the same process', async () => {
    const release = await acquireLock(join(folder, 'x', 'lock'));
    await expect(acquireLock(join(folder, 'x', 'lock'), { timeout: 0 })).rejects.toMatchObject({ code: 'E_LOCKED' });
    await release();
  });

  it('without native calls goes through a holder, and is refused without one', async () => {
    withoutNative(true);
    await expect(acquireProjectLock(folder)).rejects.toMatchObject({ code: 'E_NO_FLOCK' });
    let held = false;
    setLockHolder(path => {
      expect(path).toBe(join(folder, 'lock'));
      if (held) {
        return Promise.resolve(null);
      }
      held = true;
      return Promise.resolve(() => {
        held = false;
        return Promise.resolve();
      });
    });
    const release = await acquireProjectLock(folder);
    await expect(acquireProjectLock(folder, { timeout: 0 })).rejects.toMatchObject({ code: 'E_LOCKED' });
    await release();
    await (
      await acquireProjectLock(folder)
    )();
  });
});

const RWLOCK = `
import sys, json
from dvc.fs import localfs
from dvc.rwlock import rwlock
try:
    with rwlock(sys.argv[1], localfs, "dvc test", json.loads(sys.argv[2]), json.loads(sys.argv[3]), False):
        print("held", flush=True)
        sys.stdin.readline()
    print("released", flush=True)
except Exception as error:
    print(type(error).__name__, flush=True)
sys.stdin.readline()
`;

describe('rwlock', () => {
  const A = '/project/data';
  const B = '/project/data/sub';
  const C = '/project/other';

  it('respects what dvc registered, and dvc what we did', async () => {
    const dvc = startPython(RWLOCK, folder, JSON.stringify([C]), JSON.stringify([A]));
    expect(await dvc.says()).toBe('held');
    const ask = (read: string[], write: string[]): Promise<() => Promise<void>> =>
      acquireRwLock(folder, { cmd: 'cellar test', read, write });
    await expect(ask([B], [])).rejects.toMatchObject({
      code: 'E_BUSY_PATH',
      message: `'${B}' is busy, it is being blocked by:\n  (PID ${dvc.child.pid}): dvc test`
    });
    await expect(ask([], [C])).rejects.toMatchObject({ code: 'E_BUSY_PATH' });
    const release = await ask([C], ['/project/third']);
    expect(await startPython(RWLOCK, folder, JSON.stringify(['/project/third/x']), '[]').says()).toBe('LockError');
    dvc.tell();
    expect(await dvc.says()).toBe('released');
    await (
      await ask([], [A])
    )();
    await release();
    expect(readFileSync(join(folder, 'rwlock'), 'utf8')).toBe('{}');
  });

  it('drops entries of the dead and refuses nonsense', async () => {
    const dvc = startPython(RWLOCK, folder, '[]', JSON.stringify([A]));
    expect(await dvc.says()).toBe('held');
    dvc.child.kill('SIGKILL');
    await once(dvc.child, 'exit');
    await (
      await acquireRwLock(folder, { cmd: 'c', read: [], write: [B] })
    )();
    for (const text of ['{', '[]', '{"write": {"a": 3}}', '{"other": {}}']) {
      writeFileSync(join(folder, 'rwlock'), text);
      await expect(acquireRwLock(folder, { cmd: 'c', read: [], write: [B] })).rejects.toMatchObject({
        code: 'E_RWLOCK_CORRUPT'
      });
      expect(readFileSync(join(folder, 'rwlock'), 'utf8')).toBe(text);
    }
  });

  it('knows what overlaps, by components', () => {
    expect(overlaps(A, A)).toBe(true);
    expect(overlaps(A, B)).toBe(true);
    expect(overlaps(B, A)).toBe(true);
    expect(overlaps(A, '/project/data2')).toBe(false);
    expect(overlaps('/', A)).toBe(true);
  });
});
