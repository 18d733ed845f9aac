import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { built, code, openDesk, setup, stage, type Desk } from './desk.js';

const LIMIT = { timeout: 120_000 };

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
  await desk.start();
});
afterEach(() => desk.close());
afterAll(async () => (await built()).remove());

/** What a fresh interpreter prints after loading the results above `cell`. */
async function loaded(
  doc: string,
  cell: number,
  expression: string
): Promise<{ names: string[]; missing: string[]; said: string }> {
  const plan = await desk.tab.request('results/load', { doc, cell });
  const input = `${plan.code}\nprint(${expression})`;
  const run = spawnSync('python', ['-'], { cwd: desk.root, encoding: 'utf8', input, timeout: 60_000 });
  const missing = plan.missing.map(({ name, reason }) => `${name}: ${reason}`);
  return { names: plan.variables.map(each => each.name), missing, said: (run.stdout + run.stderr).trim() };
}

test('constants of a stage travel as code; of two makers of a name the nearest above wins (N59)', LIMIT, async () => {
  const notebook = await desk.open([
    setup('def twice(x):\n    return 2 * x'),
    stage('birds', 'birds = [str(i) for i in range(9)]\nheaviest = 8\nshape = (9, heaviest)'),
    code('birds, heaviest, shape, width'),
    stage('wide', 'width = len(birds)\nheaviest = twice(heaviest) + width - width'),
    stage('last', 'width = 4\nprint(heaviest, birds)'),
    code('width, heaviest')
  ]);
  expect((await notebook.reproduce()).state).toBe('done');
  const first = await loaded(notebook.doc, 2, 'birds[-1], heaviest, shape, "width" in globals()');
  expect(first).toEqual({ names: ['birds'], missing: [], said: '8 8 (9, 8) False' });
  const second = await loaded(notebook.doc, 5, 'birds[-1], heaviest, width');
  expect(second).toEqual({ names: ['birds', 'heaviest'], missing: [], said: '8 16 4' });
});

test(
  'a value that a later stage changes is loaded as that one leaves it, or not at all (N34, N59)',
  LIMIT,
  async () => {
    const make = stage('make', 'values = [1, 2, 3]');
    const notebook = await desk.open([make, stage('add', 'values.append(4)'), code('values')]);
    expect((await notebook.reproduce()).state).toBe('done');
    expect(await loaded(notebook.doc, 2, 'values')).toEqual({ names: ['values'], missing: [], said: '[1, 2, 3, 4]' });

    // Nobody below read it when the stage was compiled, and a scratch reader that comes later runs nothing again (N9a).
    const extend = stage('add', 'values.append(5)');
    await notebook.change([make, extend]);
    expect((await notebook.reproduce()).state).toBe('done');
    await notebook.change([make, extend, code('values')]);
    expect(await loaded(notebook.doc, 2, '"values" in globals()')).toMatchObject({
      names: [],
      missing: ['values: stage add changes it and does not keep it']
    });
  }
);
