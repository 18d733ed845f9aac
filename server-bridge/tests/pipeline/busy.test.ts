/** Another command has registered the paths of a stage that comes later (spec/dvc-data.md §1.5, N53). */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeAll, afterAll, expect, test } from 'vitest';
import type { RunEvent } from '../../src/pipeline/events.js';
import { reproduce, type ReproduceOptions } from '../../src/pipeline/reproduce.js';
import { openProject } from '../../src/workspace/project.js';
import { bundleCli } from '../bundle-cli.js';
import { environment, sandbox, type Sandbox } from './sandbox.js';

const PIPELINE = `stages:
  first:
    cmd: cp in one
    deps: [in]
    outs: [one]
  second:
    cmd: cp one two
    deps: [one]
    outs: [two]
`;

let bundle: Awaited<ReturnType<typeof bundleCli>>;
let box: Sandbox;
let other: ChildProcess;

beforeAll(async () => {
  bundle = await bundleCli();
}, 60_000);
afterEach(() => {
  other.kill('SIGKILL');
  box.close();
});
afterAll(() => bundle.remove());

/** A project in which another process writes `two`; tells what happened until the end, and calls `onWait` at each wait. */
async function run(
  options: ReproduceOptions,
  onWait: (holder: string) => void
): Promise<{ events: RunEvent['type'][]; ended: Promise<unknown> }> {
  box = sandbox(bundle.argv);
  box.write('dvc.yaml', PIPELINE);
  box.write('in', 'new\n');
  other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  box.write('.dvc/tmp/rwlock', JSON.stringify({ write: { [`${box.root}/two`]: { pid: other.pid, cmd: 'other' } } }));
  const events: RunEvent['type'][] = [];
  const project = await openProject(box.root, { cwd: box.root });
  const ended = reproduce(project, {
    env: environment(box.root),
    ...options,
    onEvent: event => {
      events.push(event.type);
      if (event.type === 'waiting') {
        onWait(event.holder);
      }
    }
  });
  return { events, ended };
}

test('a run that waits as long as it takes waits for them at that stage, and goes on', async () => {
  const holders: string[] = [];
  const { events, ended } = await run({ wait: null }, holder => {
    holders.push(holder);
    other.kill('SIGKILL');
  });
  await ended;
  expect(holders).toEqual([expect.stringContaining(`(process ${other.pid})`)]);
  expect(events.indexOf('waiting')).toBeGreaterThan(events.indexOf('stage-done'));
  expect(box.read('two')).toBe('new\n');
  expect(box.cellar('status', '--json').out.trim()).toBe('{}');
});

test('the wait can be stopped, and what was made stays', async () => {
  const stop = new AbortController();
  const { ended } = await run({ wait: null, signal: stop.signal }, () => stop.abort());
  await expect(ended).rejects.toMatchObject({ code: 'E_CANCELLED' });
  expect(box.read('one')).toBe('new\n');
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(box.cellar('repro').code).toBe(0);
});

test('a run that does not wait fails at that stage, as with dvc', async () => {
  const { events, ended } = await run({}, () => undefined);
  await expect(ended).rejects.toMatchObject({ code: 'E_REPRODUCE', exit: 255 });
  expect(events).not.toContain('waiting');
  expect(box.read('one')).toBe('new\n');
});
