import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { barePython } from './bare-python.js';
import { built, code, kernel, make, openDesk, setup, stage, testDesks, total } from './desk.js';

/** What bad input gets: a code, a sentence, a next step; the next step is then taken, and works. */

const LIMIT = { timeout: 180_000 };
const { desks, started } = testDesks();

test('not a git repository', LIMIT, async () => {
  const desk = await openDesk({ git: false });
  desks.push(desk);
  await expect(desk.start()).rejects.toMatchObject({
    data: { code: 'E_NO_GIT', next: expect.stringContaining('git init') as string }
  });
  const view = await desk.tab.request('project/get', { path: 'a.ipynb' });
  expect(view.start).toMatchObject({ gitInit: true, root: desk.root });
  await desk.tab.request('project/start', { path: 'a.ipynb', gitInit: true, subdir: false });
  expect(existsSync(join(desk.root, '.dvc', 'config'))).toBe(true);
  expect((await (await desk.open([make, total])).reproduce()).state).toBe('done');
});

test('an unparsable cell blocks its stage and those below; the others go on', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([make, total, stage('bad', 'x = values[0\n'), stage('after', 'y = x')]);
  const problem = await book.problem('E_SYNTAX');
  expect(problem).toMatchObject({ cell: 2, stage: 'bad', severity: 'error' });
  expect(problem.next).toBeTruthy();
  expect((await book.reproduce()).state).toBe('done');
  const view = await book.view();
  expect(view.stages.map(each => [each.name, each.state])).toEqual([
    ['make', 'fresh'],
    ['total', 'fresh'],
    ['bad', 'blocked'],
    ['after', 'blocked']
  ]);
  await book.change(book.cells.with(2, stage('bad', 'x = values[0]')));
  expect((await book.reproduce()).state).toBe('done');
});

test('an illegal stage name', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([stage('two words', 'a = 1')]);
  const problem = await book.problem('E_STAGE_NAME');
  expect(problem.cell).toBe(0);
  await book.press(problem, /./);
  expect((await book.reproduce()).state).toBe('done');
});

test('a stage name that another notebook of the folder has', LIMIT, async () => {
  const desk = await started();
  desk.write('other.ipynb', '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n');
  const other = await desk.open([make], 'other.ipynb');
  expect((await other.reproduce()).state).toBe('done');
  const book = await desk.open([stage('make', 'values = [4]'), stage('own', 'b = 1')]);
  const problem = await book.problem('E_STAGE_NAME_TAKEN');
  expect(problem).toMatchObject({ cell: 0, stage: 'make' });
  expect((await book.view()).stages.find(each => each.name === 'own')?.state).toBe('stale');
  const view = await book.press(problem, /a-make/);
  expect(view.stages.map(each => each.name)).toContain('a-make');
  expect((await book.reproduce()).state).toBe('done');
});

test('a copy of a notebook, to which a cell was added or not', LIMIT, async () => {
  const desk = await started();
  desk.write('other.ipynb', '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n');
  const other = await desk.open([make], 'other.ipynb');
  expect((await other.reproduce()).state).toBe('done');
  const book = await desk.open([make, code('print(values)')]);
  const problem = await book.problem('E_NOTEBOOK_DUPLICATE');
  const view = await book.press(problem, 'Give its stages new names');
  expect(view.stages.map(each => each.name)).toEqual(['a-make']);
  expect((await book.reproduce()).state).toBe('done');
});

test('a name bound only in scratch', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([code('factor = 3'), stage('use', 'result = 2 * factor')]);
  const problem = await book.problem('E_BOUND_IN_SCRATCH');
  expect(problem).toMatchObject({ cell: 1, stage: 'use' });
  expect(problem.message).toContain('`factor`');
  await book.press(problem, 'Tag the cells this needs');
  expect((await book.reproduce()).state).toBe('done');
});

test('a name bound only further down', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([stage('use', 'result = 2 * factor'), stage('make', 'factor = 3')]);
  const problem = await book.problem('E_BOUND_BELOW');
  await book.press(problem, /Move/);
  expect((await book.reproduce()).state).toBe('done');
});

test('a stage split around a reader (N36)', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([
    stage('make', 'values = [1]'),
    stage('read', 'n = len(values)'),
    stage('make', 'values.append(2)')
  ]);
  const problem = (await book.view()).problems.find(each => each.severity === 'error');
  expect(problem?.message).toMatch(/values/);
  expect(problem?.next).toBeTruthy();
  await book.change([
    stage('make', 'values = [1]'),
    stage('make', 'values.append(2)'),
    stage('read', 'n = len(values)')
  ]);
  expect((await book.reproduce()).state).toBe('done');
});

test('a variable that cannot be saved is said right after its cell (N37)', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([stage('make', 'gen = (n for n in range(3))'), stage('use', 'first = next(gen)')]);
  const run = await book.reproduce();
  const problem = (await book.view()).problems.find(each => each.severity === 'error');
  const said = run.errors['make'] ?? problem;
  expect(said?.message).toContain('gen');
  expect(said?.next).toBeTruthy();
  await book.change([stage('make', 'gen = list(n for n in range(3))'), stage('use', 'first = gen[0]')]);
  expect((await book.reproduce()).state).toBe('done');
});

test('an input that a stage changed in a way that the text does not show (N38)', LIMIT, async () => {
  const desk = await started();
  desk.write('hidden.py', 'import operator\n\n\ndef touch(values):\n    operator.iadd(values, [9])\n');
  const cells = [
    setup('from hidden import touch'),
    make,
    stage('touch', 'f = getattr(__import__("hidden"), "to" + "uch")\nf(values)\ndone = 1'),
    stage('late', 'n = len(values)'),
    code('n')
  ];
  const book = await desk.open(cells);
  await book.reproduce();
  const problem = (await book.view()).problems.find(each => each.stage === 'late' && each.severity === 'error');
  expect(problem?.message).toContain('values');
  expect(problem?.next).toBeTruthy();
  const fixed = cells.with(
    2,
    stage('touch', 'f = getattr(__import__("hidden"), "to" + "uch")\nvalues = list(values)\nf(values)\ndone = 1')
  );
  await book.change(fixed);
  expect((await book.reproduce()).state).toBe('done');
  expect(JSON.parse(readFileSync(join(desk.root, '.cellar/a/vars/late/n.var'), 'utf8').replace(/^$/, 'null'))).toBe(4);
});

test('a missing input file: nothing is moved, the file is named', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([stage('read', 'with open("data.txt") as source:\n    text = source.read()')]);
  const run = await book.reproduce();
  expect(run.state).toBe('failed');
  expect(run.errors['read']).toMatchObject({ code: 'E_MISSING_DEP' });
  expect(run.errors['read']?.message).toContain('data.txt');
  expect(run.errors['read']?.next).toBeTruthy();
  desk.write('data.txt', 'hello');
  expect((await book.reproduce()).state).toBe('done');
});

test('a stage that fails: traceback with its line, old outs back, downstream not run', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([make, total]);
  expect((await book.reproduce()).state).toBe('done');
  const good = readFileSync(join(desk.root, 'total.txt'), 'utf8');
  await book.change([stage('make', 'values = [1, 2]\n1 / 0'), total]);
  const run = await book.reproduce();
  expect(run.errors['make']).toMatchObject({
    code: 'E_STAGE_RAISED',
    message: expect.stringContaining('ZeroDivisionError') as string
  });
  expect(await book.problem('E_STAGE_RAISED')).toMatchObject({ cell: 0, line: 2, stage: 'make' });
  expect(readFileSync(join(desk.root, 'total.txt'), 'utf8')).toBe(good);
  expect(existsSync(join(desk.root, '.cellar/a/vars/make/values.var'))).toBe(true);
  await book.change([stage('make', 'values = [1, 2]'), total]);
  expect((await book.view()).problems).toEqual([]);
  expect((await book.reproduce()).state).toBe('done');
  expect(readFileSync(join(desk.root, 'total.txt'), 'utf8')).toBe('3');
});

test(
  'a kernel without pandas, then without pyarrow: what to install where; installed, the same button works',
  LIMIT,
  async () => {
    const desk = await started();
    const python = barePython(join(desk.base, 'bare'));
    python.hide('pandas', 'pyarrow');
    const book = await desk.open([
      setup('import pandas as pd'),
      stage('table', 'df = pd.DataFrame({"a": [1, 2]})'),
      stage('rows', 'n = len(df)')
    ]);
    await book.use({ ...kernel, executable: python.executable });
    for (const [code, text, name] of [
      ['E_MODULE_MISSING', "No module named 'pandas'", 'pandas'],
      ['E_NO_PYARROW', 'pyarrow', 'pyarrow']
    ] as const) {
      expect((await book.reproduce()).state).toBe('failed');
      const problem = await book.problem(code);
      expect(problem).toMatchObject({
        severity: 'error',
        stage: 'table',
        cell: code === 'E_NO_PYARROW' ? 1 : 0,
        fixes: []
      });
      expect(problem.message).toContain(text);
      expect(problem.next).toContain(`${python.executable} -m pip install ${name}`);
      python.hide(...(name === 'pandas' ? ['pyarrow'] : []));
    }
    expect((await book.reproduce()).state).toBe('done');
    expect((await book.view()).problems).toEqual([]);
  }
);

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
  await book.reproduce().catch(() => undefined);
  const view = await book.view();
  const found = view.problems.find(each => each.code === 'E_CYCLE');
  expect(found?.message).toBeTruthy();
  expect(found?.next).toBeTruthy();
  desk.write('seed.txt', '5');
  desk.write('dvc.yaml', readFileSync(join(desk.root, 'dvc.yaml'), 'utf8').replace(/ {2}hand:\n(?: {4}.*\n)+/, ''));
  expect((await book.reproduce()).state).toBe('done');
});

test(
  'a stage that writes into tracked data, and an out that git tracks, are found before the run (N29)',
  LIMIT,
  async () => {
    const desk = await started();
    desk.write('data/in.txt', 'x');
    const cli = (await built()).argv;
    expect(desk.sh(...cli, 'add', 'data').status).toBe(0);
    const book = await desk.open([stage('write', 'with open("data/out.txt", "w") as out:\n    out.write("y")')]);
    const outcome = await book.reproduce().then(
      run => run.errors['write'],
      (error: { data: { code: string; next?: string } }) => error.data
    );
    const problem = (await book.view()).problems.find(each => each.severity === 'error');
    expect(problem?.code ?? outcome?.code).toMatch(/OVERLAP/);
    expect(problem?.next ?? outcome?.next).toBeTruthy();
    expect(existsSync(join(desk.root, 'data/out.txt'))).toBe(false);
    desk.write('tracked.txt', 'old');
    desk.sh('git', 'add', 'tracked.txt');
    await book.change([stage('write', 'with open("tracked.txt", "w") as out:\n    out.write("y")')]);
    const run = await book.reproduce();
    expect(run.errors['write']?.code).toMatch(/TRACKED|GIT/);
    expect(readFileSync(join(desk.root, 'tracked.txt'), 'utf8')).toBe('old');
    desk.sh('git', 'rm', '--cached', '--quiet', 'tracked.txt');
    expect((await book.reproduce()).state).toBe('done');
  }
);

test('a malformed tag is said at its cell, and nothing leaves dvc.yaml through it', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([make, total]);
  expect((await book.reproduce()).state).toBe('done');
  const entries = readFileSync(join(desk.root, 'dvc.yaml'), 'utf8');
  await book.change([code('values = [1, 2, 3]', { role: 'nonsense' }), total]);
  const problem = await book.problem('E_TAG');
  expect(problem.cell).toBe(0);
  await desk.tab.request('notebook/saved', { doc: book.doc, path: book.path });
  expect(readFileSync(join(desk.root, 'dvc.yaml'), 'utf8')).toBe(entries);
  await book.change([make, total]);
  expect((await book.reproduce()).state).toBe('done');
});

test(
  'a hand-edited entry and a hand-edited script are shown, never overwritten in silence (N7, N10)',
  LIMIT,
  async () => {
    const desk = await started();
    const book = await desk.open([make, total]);
    expect((await book.reproduce()).state).toBe('done');
    const script = '.cellar/a/total.py';
    desk.write(script, readFileSync(join(desk.root, script), 'utf8').replace('sum(values)', 'max(values)'));
    const edited = await book.problem('E_SCRIPT_EDITED');
    await book.reproduce();
    expect(readFileSync(join(desk.root, script), 'utf8')).toContain('max(values)');
    await book.press(edited, /Take/);
    expect(readFileSync(join(desk.root, script), 'utf8')).toContain('sum(values)');
    const yaml = readFileSync(join(desk.root, 'dvc.yaml'), 'utf8');
    desk.write('dvc.yaml', yaml.replace('python .cellar/run.py .cellar/a/make.py', 'echo no'));
    const entry = await book.problem('E_ENTRY_EDITED');
    await book.press(entry, /Take/);
    expect(readFileSync(join(desk.root, 'dvc.yaml'), 'utf8')).toBe(yaml);
    expect((await book.reproduce()).state).toBe('done');
  }
);

test('a cache object that is missing or corrupt: the workspace stays, the stage runs again', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([make, total]);
  expect((await book.reproduce()).state).toBe('done');
  rmSync(join(desk.root, '.dvc/cache/files'), { recursive: true });
  const view = await book.view();
  expect(view.stages.map(each => each.state)).not.toContain('fresh');
  expect(readFileSync(join(desk.root, 'total.txt'), 'utf8')).toBe('6');
  expect((await book.reproduce()).state).toBe('done');
  const object = join(desk.root, '.dvc/cache/files/md5/16/79091c5a880faf6fb5e6087eb1b2dc');
  chmodSync(object, 0o644);
  writeFileSync(object, 'rot');
  rmSync(join(desk.root, 'total.txt'));
  expect((await book.reproduce()).state).toBe('done');
  expect(readFileSync(join(desk.root, 'total.txt'), 'utf8')).toBe('6');
});

test(
  'real dvc holds the lock: the wait is shown and can be stopped; afterwards the same button works',
  LIMIT,
  async () => {
    const desk = await started();
    const book = await desk.open([make, total]);
    const holder = spawn(
      'python',
      [
        '-c',
        'import sys, zc.lockfile\nlock = zc.lockfile.LockFile(sys.argv[1])\nprint("held", flush=True)\nsys.stdin.read()',
        join(desk.root, '.dvc/tmp/lock')
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] }
    );
    await new Promise(resolve => holder.stdout.once('data', resolve));
    const job = await desk.tab.request('run/start', { doc: book.doc, mode: 'all', stage: null, clientId: 'one' });
    const waiting = await desk.tab.hear(
      'job/event',
      each => each.event.type === 'progress' && each.event.text.includes('waiting')
    );
    expect(JSON.stringify(waiting.event)).toContain(String(holder.pid));
    expect((await desk.tab.request('run/stop', { job: job.id, path: 'a.ipynb' })).state).toBe('cancelled');
    holder.stdin.end();
    await new Promise(resolve => holder.once('exit', resolve));
    expect((await book.reproduce()).state).toBe('done');
  }
);

test(
  'kill -9 of the bridge in mid-stage: outs are put back, the run is listed as interrupted, the same button works',
  LIMIT,
  async () => {
    const desk = await started();
    const book = await desk.open([make, total]);
    expect((await book.reproduce()).state).toBe('done');
    await book.change([make, stage('total', `${total.source}\nimport time\nprint("now", flush=True)\ntime.sleep(60)`)]);
    await desk.tab.request('run/start', { doc: book.doc, mode: 'all', stage: null, clientId: 'one' });
    await desk.tab.hear('job/event', each => each.event.type === 'runner' && each.event.event.event === 'stream');
    const gone = new Promise(resolve => desk.bridge.child.once('exit', resolve));
    desk.bridge.child.kill('SIGKILL');
    await gone;
    const again = await desk.restart();
    desks.push(again);
    const project = await again.tab.request('project/get', { path: 'a.ipynb' });
    expect(project.jobs[0]?.state).toBe('interrupted');
    const reopened = await again.open([make, total]);
    expect((await reopened.reproduce()).state).toBe('done');
    expect(readFileSync(join(desk.root, 'total.txt'), 'utf8')).toBe('6');
    expect((await reopened.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh']);
  }
);
