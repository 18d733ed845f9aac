/** *Stop* after a stage's end and before the next one's start: the next never starts, the result is kept (N54). */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { initPython } from '../../src/notebook/python/parse.js';
import type { JobEvent } from '../../src/protocol/job.js';
import { initProject } from '../../src/workspace/project.js';
import { listJobs } from '../../src/service/job-log.js';
import { openSession } from '../../src/service/project-session.js';
import { prepareRun } from '../../src/service/runs.js';
import { kernel, make, total } from './desk.js';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-stopping-')));
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

test('the job is cancelled, and the next press runs only what did not', { timeout: 120_000 }, async () => {
  spawnSync('git', ['init', '--quiet', root]);
  await initProject(root);
  await initPython();
  const session = openSession(root, () => undefined);
  const document = {
    id: 'one',
    path: 'a.ipynb',
    abs: join(root, 'a.ipynb'),
    version: 1,
    base: null,
    metadata: { version: 1 },
    kernel,
    cells: [make, total]
  };
  const reproduce = async (listener: (event: JobEvent) => void): Promise<string[]> => {
    const steps: string[] = [];
    const prepared = await prepareRun(session, { document, mode: 'all', stage: null, python: 'python', jobs: 1 });
    await prepared.start({
      session,
      serverPython: undefined,
      listener: (_job, _notebook, event) => {
        if (event.type === 'stage') {
          steps.push(`${event.name} ${event.step}`);
        }
        listener(event);
      },
      onActivity: () => undefined
    });
    await session.active?.ended;
    return steps;
  };
  const stopAfterFirst = (event: JobEvent): void => {
    if (event.type === 'stage' && event.name === 'make' && event.step === 'done') {
      session.active?.stop.abort();
    }
  };
  expect(await reproduce(stopAfterFirst)).toEqual(['make started', 'make saving', 'make done']);
  const { tmpDir } = await session.project();
  expect(listJobs(tmpDir)[0]).toMatchObject({ state: 'cancelled', error: { code: 'E_CANCELLED' } });
  expect(existsSync(join(root, 'total.txt'))).toBe(false);
  const again = await reproduce(() => undefined);
  expect(again).toEqual(['make skipped', 'total started', 'total saving', 'total done']);
  expect(listJobs(tmpDir)[0]).toMatchObject({ state: 'done' });
  await session.close();
});
