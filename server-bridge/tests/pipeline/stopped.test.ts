/** Stop between two stages, at every call of the disk from the end of the first command to the next one's start (N54). */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { setHook } from '../../src/io/files.js';
import type { RunEvent } from '../../src/pipeline/events.js';
import { reproduce } from '../../src/pipeline/reproduce.js';
import { openProject } from '../../src/workspace/project.js';
import { bundleCli } from '../bundle-cli.js';
import { environment, sandbox, type Sandbox } from './sandbox.js';

const LIMIT = { timeout: 240_000 };
const PIPELINE = `stages:
  first:
    cmd: cp in one && echo first >> ran
    deps: [in]
    outs: [one]
  second:
    cmd: echo second >> ran && mkdir dir && cp one dir/f && cp one dir/g && cp one two
    deps: [one]
    outs: [dir, two]
`;
const SECOND = ['dir/f', 'dir/g', 'two'];

let bundle: Awaited<ReturnType<typeof bundleCli>>;
const made: Sandbox[] = [];

beforeAll(async () => {
  bundle = await bundleCli();
}, 60_000);
afterEach(() => {
  setHook(null);
  made.splice(0).forEach(box => box.close());
});
afterAll(() => bundle.remove());

function reproduced(): Sandbox {
  const box = sandbox(bundle.argv);
  made.push(box);
  box.write('dvc.yaml', PIPELINE);
  box.write('in', 'old\n');
  expect(box.cellar('repro').code).toBe(0);
  box.write('in', 'new\n');
  return box;
}

function copyOf(box: Sandbox): Sandbox {
  const copy = box.copy();
  made.push(copy);
  return copy;
}

interface Stretch {
  from: (event: RunEvent) => boolean;
  to: (event: RunEvent) => boolean;
}

/** Reproduces and stops at the n-th call of the disk on the stretch; counts the calls when n is 0. */
async function stopAt(box: Sandbox, n: number, { from, to }: Stretch): Promise<{ calls: number; events: RunEvent[] }> {
  const stop = new AbortController();
  const events: RunEvent[] = [];
  let within = false;
  let calls = 0;
  setHook(() => {
    calls += within ? 1 : 0;
    if (within && calls === n) {
      stop.abort();
    }
  });
  const run = reproduce(await openProject(box.root), {
    env: environment(join(box.root, '../home')),
    signal: stop.signal,
    onEvent: event => {
      events.push(event);
      within = (within || from(event)) && !to(event);
    }
  });
  await (n === 0 ? run : expect(run, `stopped at ${n}`).rejects.toMatchObject({ code: 'E_CANCELLED' }));
  setHook(null);
  return { calls, events };
}

const is =
  (type: RunEvent['type'], name: string) =>
  (event: RunEvent): boolean =>
    event.type === type && 'stage' in event && event.stage?.name === name;

const POINTS = 5;

/** Numbers of calls at which a stretch is cut; every one in `make test-deep`. */
function* points(total: number): Generator<number> {
  const every = process.env['CELLAR_DEEP'] === '1' ? 1 : Math.ceil(total / POINTS);
  for (let n = 1; n <= total; n += every) {
    yield n;
  }
}

function changed(box: Sandbox): string[] {
  const status = JSON.parse(box.cellar('status', '--json').out) as Record<string, unknown>;
  return Object.keys(status);
}

test(
  'while the first is hashed and committed, or the second looked at: its result is kept or put back whole',
  LIMIT,
  async () => {
    const start = reproduced();
    const stretch = { from: is('stage-save', 'first'), to: is('stage-run', 'second') };
    const { calls } = await stopAt(copyOf(start), 0, stretch);
    expect(calls).toBeGreaterThan(40);
    let kept = 0;
    let undone = 0;
    for (const n of points(calls)) {
      const box = copyOf(start);
      const { events } = await stopAt(box, n, stretch);
      const at = `stopped at ${n} of ${calls}`;
      const done = events.some(is('stage-done', 'first'));
      expect(box.read('ran'), at).toBe('first\nsecond\nfirst\n');
      expect(box.read('one'), at).toBe(done ? 'new\n' : 'old\n');
      SECOND.forEach(path => expect(box.read(path), `${path}, ${at}`).toBe('old\n'));
      expect(changed(box), at).toEqual(done ? ['second'] : ['first']);
      expect(readdirSync(join(box.root, '.dvc/tmp/cellar/journal')), at).toEqual([]);
      expect(box.cellar('repro').code, at).toBe(0);
      SECOND.forEach(path => expect(box.read(path), `${path}, ${at}`).toBe('new\n'));
      // What was kept does not run again.
      expect(box.read('ran'), at).toBe(`first\nsecond\nfirst\n${done ? '' : 'first\n'}second\n`);
      kept += done ? 1 : 0;
      undone += done ? 0 : 1;
      box.close();
    }
    expect(Math.min(kept, undone)).toBeGreaterThan(0);
  }
);

test.each<{ before: string; prepare: (box: Sandbox) => void; seen: readonly (string | null)[] }>([
  { before: 'saved', prepare: () => undefined, seen: ['new\n', 'new\n', 'new\n'] },
  { before: 'edited by hand', prepare: box => box.write('dir/g', 'mine\n'), seen: ['new\n', 'mine\n', 'new\n'] },
  { before: 'absent', prepare: box => box.remove('dir'), seen: [null, null, 'new\n'] }
])(
  'while the second is restored: its outs, $before, are as they were, or all as restored',
  LIMIT,
  async ({ prepare, seen }) => {
    const start = reproduced();
    expect(start.cellar('repro').code).toBe(0);
    start.write('in', 'old\n');
    prepare(start);
    const ran = start.read('ran');
    const stretch = { from: is('stage-done', 'first'), to: is('stage-done', 'second') };
    const { calls } = await stopAt(copyOf(start), 0, stretch);
    expect(calls).toBeGreaterThan(40);
    for (const n of points(calls)) {
      const box = copyOf(start);
      const { events } = await stopAt(box, n, stretch);
      const at = `stopped at ${n} of ${calls}`;
      const outs = SECOND.map(path => (box.has(path) ? box.read(path) : null));
      const done = events.some(is('stage-done', 'second'));
      expect(outs, at).toEqual(done ? SECOND.map(() => 'old\n') : seen);
      expect(box.has('dir'), at).toBe(outs[0] !== null);
      expect(changed(box), at).toEqual(done ? [] : ['second']);
      expect(box.cellar('repro').code, at).toBe(0);
      expect(SECOND.map(box.read), at).toEqual(SECOND.map(() => 'old\n'));
      expect(box.read('ran'), at).toBe(ran);
      box.close();
    }
  }
);
