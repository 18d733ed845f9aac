import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { built, code, holds, make, stage, testDesks, total } from './desk.js';

/** Files in the way of a run, or not there for it: said before anything is touched, and mended by the step that is named. */

const LIMIT = { timeout: 180_000 };
const { started } = testDesks();

test('a missing input file: nothing is moved, the file is named; brought back or excluded it runs', LIMIT, async () => {
  const desk = await started();
  const guarded = 'import os\nfound = os.access("data.txt", 4)\ntext = open("data.txt").read() if found else "none"';
  const book = await desk.open([stage('read', `${guarded}\nwith open("out.txt", "w") as out:\n    out.write(text)`)]);
  desk.write('data.txt', 'hello');
  expect((await book.reproduce()).state).toBe('done');
  rmSync(join(desk.root, 'data.txt'));
  const run = await book.reproduce();
  expect(run.state).toBe('failed');
  expect(run.errors['read']).toMatchObject({ code: 'E_MISSING_DEP' });
  const problem = await book.problem('E_MISSING_DEP');
  expect(problem).toMatchObject({
    severity: 'error',
    stage: 'read',
    cell: 0,
    message: "dependency 'data.txt' does not exist",
    next: holds("Bring 'data.txt' back")
  });
  expect(desk.read('out.txt')).toBe('hello');
  desk.write('data.txt', 'again');
  expect((await book.reproduce()).state).toBe('done');
  expect(desk.read('out.txt')).toBe('again');
  rmSync(join(desk.root, 'data.txt'));
  expect((await book.reproduce()).state).toBe('failed');
  await book.press(await book.problem('E_MISSING_DEP'), 'Exclude data.txt from the inputs of read');
  expect((await book.reproduce()).state).toBe('done');
  expect(desk.read('out.txt')).toBe('none');
});

test('a cycle is named before anything runs', LIMIT, async () => {
  const desk = await started();
  desk.write(
    'dvc.yaml',
    'stages:\n  hand:\n    cmd: cp total.txt seed.txt\n    deps: [total.txt]\n    outs: [seed.txt]\n'
  );
  const book = await desk.open([
    stage('make', 'with open("seed.txt") as source:\n    values = [int(source.read())]'),
    total
  ]);
  const said = {
    code: 'E_CYCLE',
    message: 'Same item(s) are defined as both a dependency and an output in stages: hand, total, make.',
    next: holds('Take one of these stages out of the circle')
  };
  expect(await book.problem('E_CYCLE')).toMatchObject({ ...said, severity: 'error', path: 'dvc.yaml' });
  await expect(book.reproduce()).rejects.toMatchObject({ data: said });
  const typed = desk.sh(...(await built()).argv, 'repro');
  expect(typed.status).toBe(desk.sh('dvc', 'repro').status);
  expect(typed.out).toContain('[E_CYCLE]');
  expect(existsSync(join(desk.root, 'total.txt'))).toBe(false);
  desk.write('seed.txt', '5');
  desk.write('dvc.yaml', desk.read('dvc.yaml').replace(/ {2}hand:\n(?: {4}.*\n)+/, ''));
  expect((await book.reproduce()).state).toBe('done');
});

test('a stage that writes into tracked data is found before the run (N29)', LIMIT, async () => {
  const desk = await started();
  desk.write('data/in.txt', 'x');
  expect(desk.sh(...(await built()).argv, 'add', 'data').status).toBe(0);
  const book = await desk.open([stage('write', 'with open("data/out.txt", "w") as out:\n    out.write("y")')]);
  const said = {
    code: 'E_OVERLAPPING_OUTS',
    message: holds("'data'('data.dvc')\n'data/out.txt'('write')\noverlap"),
    next: "Write 'data/out.txt' outside of 'data', or stop tracking that directory."
  };
  expect(await book.problem('E_OVERLAPPING_OUTS')).toMatchObject({
    ...said,
    severity: 'error',
    stage: 'write',
    cell: 0
  });
  await expect(book.reproduce()).rejects.toMatchObject({ data: said });
  expect(readdirSync(join(desk.root, 'data'))).toEqual(['in.txt']);
  expect(desk.read('data/in.txt')).toBe('x');
  await book.change([stage('write', 'with open("out.txt", "w") as out:\n    out.write("y")')]);
  expect((await book.reproduce()).state).toBe('done');
  expect(desk.read('out.txt')).toBe('y');
  expect(desk.sh('dvc', 'status').out).toContain('up to date');
});

test('an out that git tracks is refused before the run; one button takes it out of git (N29)', LIMIT, async () => {
  const desk = await started();
  desk.write('tracked.txt', 'old');
  desk.sh('git', 'add', 'tracked.txt');
  const book = await desk.open([stage('write', 'with open("tracked.txt", "w") as out:\n    out.write("y")')]);
  // Said as soon as it is tagged; a run that is started all the same is refused there, and says nothing twice.
  expect(await book.problem('E_OUT_TRACKED_BY_GIT')).toMatchObject({ cell: 0, path: 'tracked.txt' });
  expect((await book.reproduce()).errors['write']?.code).toBe('E_OUT_TRACKED_BY_GIT');
  expect((await book.view()).problems.filter(each => each.code === 'E_OUT_TRACKED_BY_GIT')).toHaveLength(1);
  const problem = await book.problem('E_OUT_TRACKED_BY_GIT');
  expect(problem).toMatchObject({
    severity: 'error',
    stage: 'write',
    cell: 0,
    message: holds("output 'tracked.txt' is already tracked by SCM"),
    next: holds("git rm -r --cached 'tracked.txt'")
  });
  expect(desk.read('tracked.txt')).toBe('old');
  await book.press(problem, 'Stop tracking tracked.txt in git');
  expect(desk.read('tracked.txt')).toBe('old');
  expect(desk.sh('git', 'ls-files', 'tracked.txt').out).toBe('');
  expect((await book.reproduce()).state).toBe('done');
  expect(desk.read('tracked.txt')).toBe('y');
});

test(
  'a hand-edited entry and a hand-edited script are shown, never overwritten in silence (N7, N10)',
  LIMIT,
  async () => {
    const desk = await started();
    const book = await desk.open([make, total]);
    expect((await book.reproduce()).state).toBe('done');
    const script = '.cellar/a/total.py';
    desk.write(script, desk.read(script).replace('sum(values)', 'max(values)'));
    const edited = await book.problem('E_SCRIPT_EDITED');
    expect(edited).toMatchObject({
      severity: 'error',
      stage: 'total',
      message: holds('The script of `total` was changed by hand'),
      next: holds('take the notebook’s')
    });
    await book.reproduce();
    expect(desk.read(script)).toContain('max(values)');
    await book.press(edited, /Take/);
    expect(desk.read(script)).toContain('sum(values)');
    const yaml = desk.read('dvc.yaml');
    desk.write('dvc.yaml', yaml.replace('python .cellar/run.py .cellar/a/make.py', 'echo no'));
    const entry = await book.problem('E_ENTRY_EDITED');
    expect(entry).toMatchObject({ severity: 'error', stage: 'make', message: holds('make'), next: holds('ake') });
    await book.reproduce();
    expect(desk.read('dvc.yaml')).toContain('echo no');
    await book.press(entry, /Take/);
    expect(desk.read('dvc.yaml')).toBe(yaml);
    expect((await book.reproduce()).state).toBe('done');
  }
);

test(
  'cache objects that are missing: the workspace stays, and the next step of each tool brings them back',
  LIMIT,
  async () => {
    const desk = await started();
    const cli = (await built()).argv;
    desk.write('raw.txt', 'raw');
    expect(desk.sh(...cli, 'add', 'raw.txt').status).toBe(0);
    const book = await desk.open([make, total]);
    expect((await book.reproduce()).state).toBe('done');
    rmSync(join(desk.root, '.dvc/cache/files'), { recursive: true });
    const [first, second] = (await book.view()).stages;
    expect([first?.state, second?.state]).toEqual(['stale', 'stale']);
    expect(second?.reasons).toContainEqual({
      kind: 'out',
      text: 'output `total.txt` is not in the cache',
      path: 'total.txt'
    });
    expect(desk.read('total.txt')).toBe('6');

    // What no stage makes can only come from a copy: the error names it, and what is there stays.
    rmSync(join(desk.root, 'raw.txt'));
    const typed = desk.sh(...cli, 'checkout');
    expect(typed.status).toBe(desk.sh('dvc', 'checkout').status);
    expect(typed.out).toMatch(
      /^ERROR: Checkout failed[^]*raw\.txt[^]*^NEXT: .*`cellar repro`.*\[E_CHECKOUT_FAILED\]$/m
    );
    expect(desk.read('total.txt')).toBe('6');
    desk.write('raw.txt', 'raw');
    expect(desk.sh(...cli, 'add', 'raw.txt').status).toBe(0);

    expect((await book.reproduce()).state).toBe('done');
    expect((await book.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh']);
    expect(desk.sh(...cli, 'checkout').status).toBe(0);
  }
);

test('a cache object that is corrupt is never placed: the stage runs again', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([make, total]);
  expect((await book.reproduce()).state).toBe('done');
  const object = join(desk.root, '.dvc/cache/files/md5/16/79091c5a880faf6fb5e6087eb1b2dc');
  chmodSync(object, 0o644);
  writeFileSync(object, 'rot');
  rmSync(join(desk.root, 'total.txt'));
  const typed = desk.sh(...(await built()).argv, 'checkout');
  expect(typed.status).toBe(255);
  expect(typed.out).toMatch(/total\.txt[^]*^NEXT: .*`cellar repro`.*\[E_CHECKOUT_FAILED\]$/m);
  expect(existsSync(join(desk.root, 'total.txt'))).toBe(false);
  expect((await book.reproduce()).state).toBe('done');
  expect(desk.read('total.txt')).toBe('6');
  expect(readFileSync(object, 'utf8')).toBe('6');
});

test(
  'all that lies below a script edited by hand is blocked, and nothing of it is promised or run',
  LIMIT,
  async () => {
    const desk = await started();
    const cells = ['a = 1', 'b = [a]', 'c = [b]', 'd = [c]'].map((source, index) => stage(`s${index}`, source));
    const book = await desk.open([...cells, stage('apart', 'e = 1'), code('d, e')]);
    expect((await book.reproduce()).state).toBe('done');
    const script = `${desk.read('.cellar/a/s1.py')}print("by hand")\n`;
    desk.write('.cellar/a/s1.py', script);
    await book.change([...cells, stage('apart', 'e = 2'), code('d, e')]);
    const states = async (): Promise<string[]> => (await book.view()).stages.map(each => each.state);
    expect(await states()).toEqual(['fresh', 'blocked', 'blocked', 'blocked', 'stale']);
    const plan = await desk.tab.request('plan/make', { doc: book.doc, mode: 'all', stage: null });
    expect(plan.items.map(item => item.action)).toEqual(['skip', 'blocked', 'blocked', 'blocked', 'run']);
    expect(await book.reproduce()).toMatchObject({ state: 'done', errors: {} });
    expect(await states()).toEqual(['fresh', 'blocked', 'blocked', 'blocked', 'fresh']);
    expect(desk.read('.cellar/a/s1.py')).toBe(script);
  }
);
