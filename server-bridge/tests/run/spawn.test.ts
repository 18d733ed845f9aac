import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endGroup, groupAlive } from '../../src/run/group.js';
import { runCommand } from '../../src/run/spawn.js';

let dir: string;
const env = { PATH: process.env.PATH };

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-run-')));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Resolves when `file` exists: the child says where it is by making it. */
async function appears(file: string): Promise<void> {
  while (!existsSync(file)) {
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

function sh(script: string, more: Partial<Parameters<typeof runCommand>[0]> = {}): ReturnType<typeof runCommand> {
  return runCommand({ argv: ['/bin/sh', '-c', script], cwd: dir, env, onStdout: () => undefined, ...more });
}

describe('an ordinary command', () => {
  it('gives exit code, both streams, and the directory', async () => {
    let out = '';
    let err = '';
    const result = await sh('pwd; echo oops >&2; exit 7', {
      onStdout: chunk => (out += chunk.toString()),
      onStderr: chunk => (err += chunk.toString())
    });
    expect([result, out, err]).toEqual([{ code: 7, cancelled: false }, `${dir}\n`, 'oops\n']);
  });

  it('reports a signal as Python does', async () => {
    expect((await sh('kill -9 $$')).code).toBe(-9);
  });

  it('says when the program does not exist', async () => {
    await expect(sh('', { argv: ['/nonexistent/program'] })).rejects.toMatchObject({ code: 'E_COMMAND_START' });
  });

  it('delivers all of a large output and every line of the extra descriptor', async () => {
    let bytes = 0;
    const lines: string[] = [];
    await sh('head -c 5000000 /dev/zero; i=0; while [ $i -lt 500 ]; do echo "l$i" >&4; i=$((i+1)); done', {
      onStdout: chunk => (bytes += chunk.length),
      lines: { variable: 'X', onLine: line => lines.push(line) }
    });
    expect(bytes).toBe(5_000_000);
    expect(lines).toEqual(Array.from({ length: 500 }, (_, i) => `l${i}`));
  });

  it('does not wait for ever for a pipe that a background process keeps', async () => {
    let pgid = 0;
    const result = await sh('sleep 300 & echo done', { onStart: pid => (pgid = pid) });
    expect(result.code).toBe(0);
    await endGroup(pgid);
  });
});

describe('cancel (I19)', () => {
  it.each([
    ['an obedient command', 'touch ready; exec sleep 300'],
    ['one that ignores interrupt', 'trap "" INT; touch ready; sleep 300; sleep 300'],
    ['one that ignores interrupt and terminate', 'trap "" INT TERM; touch ready; while :; do sleep 300; done'],
    ['children in the background', 'trap "" INT TERM; sleep 300 & sleep 300 & touch ready; wait; wait']
  ])('ends %s with its whole group', async (_name, script) => {
    const stop = new AbortController();
    let pgid = 0;
    const running = sh(script, { signal: stop.signal, onStart: pid => (pgid = pid) });
    await appears(join(dir, 'ready'));
    stop.abort();
    const result = await running;
    expect(result.cancelled).toBe(true);
    expect(groupAlive(pgid)).toBe(false);
  });

  it('does not start when cancelled before', async () => {
    await expect(sh('touch never', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_CANCELLED' });
    expect(existsSync(join(dir, 'never'))).toBe(false);
  });
});

describe('lifeline', () => {
  it('ends the group when the owner is killed', async () => {
    const script = join(dir, 'owner.mjs');
    const source = join(import.meta.dirname, '../../src/run/spawn.ts');
    writeFileSync(
      script,
      `import { createServer } from ${JSON.stringify(join(import.meta.dirname, '../../../node_modules/vite/dist/node/index.js'))};
       const server = await createServer({ configFile: false, logLevel: 'silent', server: { middlewareMode: true, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
       const { runCommand } = await server.ssrLoadModule(${JSON.stringify(source)});
       await runCommand({ argv: ['/bin/sh', '-c', 'trap "" INT; echo $$ > pid.part; mv pid.part pid; while :; do sleep 300; done'], cwd: ${JSON.stringify(dir)}, env: process.env, lifeline: true, onStdout() {} });`
    );
    const owner = spawn(process.execPath, [script], { cwd: join(import.meta.dirname, '../../..'), stdio: 'ignore' });
    await appears(join(dir, 'pid'));
    const pgid = Number(readFileSync(join(dir, 'pid'), 'utf8'));
    expect(groupAlive(pgid)).toBe(true);
    owner.kill('SIGKILL');
    while (groupAlive(pgid)) {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    expect(groupAlive(pgid)).toBe(false);
  });

  it('begins the command only after the owner knows its group, and never when that fails', async () => {
    const result = await sh('test -e known', {
      lifeline: true,
      onStart: () => writeFileSync(join(dir, 'known'), '')
    });
    expect(result.code).toBe(0);
    await expect(
      sh('touch never', {
        lifeline: true,
        onStart: () => {
          throw new Error('no journal');
        }
      })
    ).rejects.toThrow('no journal');
    expect(existsSync(join(dir, 'never'))).toBe(false);
  });

  it('leaves an ordinary end alone', async () => {
    const result = await sh('test -n "$CELLAR_LIFELINE" && echo ok', { lifeline: true });
    expect(result.code).toBe(0);
  });
});
