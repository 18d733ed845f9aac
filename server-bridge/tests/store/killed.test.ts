import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkCache, memoryFolder, openBench, read } from './fixture.js';
import { everything, reopened, SCENARIOS, type Scenario } from './scenarios.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'cellar-doomed-'));
const program = join(folder, 'doomed.mjs');
/** Each call in the deep set, every few calls otherwise. */
const STEP = process.env['CELLAR_DEEP'] === '1' ? 1 : 9;

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'doomed.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi', '@parcel/watcher'],
    alias: { vitest: join(import.meta.dirname, 'no-vitest.ts') },
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
    logLevel: 'error'
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** True when the child was killed at its n-th call, false when it had finished before. */
async function killedAt(scenario: Scenario, root: string, n: number): Promise<boolean> {
  // Every second time without the native calls, whose place other calls take.
  const without = n % 2 === 0 ? { CELLAR_NO_NATIVE: '1' } : {};
  const env = { ...process.env, NODE_PATH: resolve(import.meta.dirname, '../../../node_modules'), ...without };
  try {
    await run(process.execPath, [program, scenario.name, root, String(n)], { timeout: 60_000, env });
    return false;
  } catch (error) {
    expect(error).toMatchObject({ signal: 'SIGKILL' });
    return true;
  }
}

describe.each(SCENARIOS.map(scenario => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
  it('killed at any call loses nothing, and the same command then succeeds (I2)', async () => {
    let kills = 0;
    for (let n = 1; ; n += STEP) {
      const bench = openBench(scenario.types, memoryFolder());
      await scenario.prepare(bench);
      bench.reopen();
      const killed = await killedAt(scenario, bench.root, n);
      kills += killed ? 1 : 0;
      expect([...everything(bench)]).toEqual(expect.arrayContaining(scenario.kept));
      expect(checkCache(bench.cache).problems.filter(problem => !problem.startsWith('litter'))).toEqual([]);
      const again = reopened(bench.root, scenario.types);
      await scenario.act(again);
      expect(read(again.data)).toEqual(scenario.wanted);
      expect([...everything(again)]).toEqual(expect.arrayContaining(scenario.kept));
      expect(checkCache(bench.cache).problems).toEqual([]);
      rmSync(bench.root, { recursive: true });
      if (!killed) {
        break;
      }
    }
    expect(kills).toBeGreaterThan(1);
  });
});
