import { describe, expect, it, afterEach } from 'vitest';
import { setHook } from '../../src/io/files.js';
import { CellarError } from '../../src/protocol/errors.js';
import { checkCache, memoryFolder, openBench, read } from './fixture.js';
import { everything, reopened, SCENARIOS, type Scenario } from './scenarios.js';

afterEach(() => setHook(null));

/** Calls that write, for a full disk; everything else may fail with an I/O error. */
const WRITES = new Set([
  'write',
  'writeFile',
  'appendFile',
  'mkdir',
  'link',
  'symlink',
  'rename',
  'open',
  'fsync',
  'copyFile',
  'syncfs'
]);

interface Outcome {
  /** The fault fired. */
  fired: boolean;
  failed: boolean;
}

/** Runs a scenario with a fault at the n-th call that `hits`; then checks, and does it again undisturbed. */
async function disturbed(scenario: Scenario, code: string, errno: number, n: number): Promise<Outcome> {
  const bench = openBench(scenario.types, memoryFolder());
  await scenario.prepare(bench);
  const outcome: Outcome = { fired: false, failed: false };
  let counted = 0;
  setHook((op, path) => {
    if ((code !== 'ENOSPC' || WRITES.has(op)) && ++counted === n) {
      outcome.fired = true;
      throw Object.assign(new Error(`${code}: injected, ${op} '${path}'`), { code, errno, syscall: op, path });
    }
  });
  try {
    await scenario.act(bench);
  } catch (error) {
    outcome.failed = true;
    expect(error).toBeInstanceOf(CellarError);
    expect((error as CellarError).next).toBeTruthy();
  } finally {
    setHook(null);
  }
  const there = everything(bench);
  expect([...there]).toEqual(expect.arrayContaining(scenario.kept));
  expect(checkCache(bench.cache).problems.filter(problem => !problem.startsWith('litter'))).toEqual([]);
  const again = reopened(bench.root, scenario.types);
  await scenario.act(again);
  expect(read(again.data)).toEqual(scenario.wanted);
  expect([...everything(again)]).toEqual(expect.arrayContaining(scenario.kept));
  expect(checkCache(bench.cache).problems).toEqual([]);
  return outcome;
}

describe.each(SCENARIOS.map(scenario => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
  it.each([
    ['EIO', 5],
    ['ENOSPC', 28]
  ])('survives %s at every call, and the same command then succeeds (I2, I13)', async (code, errno) => {
    let n = 1;
    let failed = 0;
    for (; ; n++) {
      const outcome = await disturbed(scenario, code, errno, n);
      failed += outcome.failed ? 1 : 0;
      if (!outcome.fired) {
        break;
      }
    }
    expect(n).toBeGreaterThan(4);
    expect(failed).toBeGreaterThan(2);
  });
});
