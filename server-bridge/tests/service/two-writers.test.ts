import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { WireCell } from '../../src/protocol/wire.js';
import { built, holds, kernel, make, testDesks, total } from './desk.js';
import type { Desk, Notebook } from './desk.js';

/** Two at one notebook (N51, N54, N56): two tabs, or the command line beside a tab. */

const LIMIT = { timeout: 180_000 };
const { started } = testDesks();

/** Makes the values once a file `go` lies there. */
const waits = {
  ...make,
  source: `import os, time
print("waits", flush=True)
while not os.path.exists("go"):
    time.sleep(0.05)
${make.source}`,
  tag: { role: 'stage', stage: 'make', ignore: ['go'] }
};

/** The notebook as Lab saves it. */
function file(cells: readonly WireCell[]): string {
  const saved = cells.map(({ source, tag }, index) => ({
    cell_type: 'code',
    id: `cell-${index}`,
    execution_count: null,
    metadata: { cellar: tag },
    outputs: [],
    source
  }));
  return JSON.stringify({ cells: saved, metadata: { cellar: { version: 1 } }, nbformat: 4, nbformat_minor: 5 });
}

interface Typed {
  pid: number;
  /** Resolves when so much was said, on either stream. */
  says(words: string): Promise<void>;
  ended: Promise<{ status: number | null; out: string }>;
}

/** A command of Cellar's in a terminal, while it runs. */
async function typed(desk: Desk, ...args: string[]): Promise<Typed> {
  const [program = '', ...rest] = [...(await built()).argv, ...args];
  const child = spawn(program, rest, { cwd: desk.root, env: desk.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  const listeners = new Set<() => void>();
  const note = (chunk: Buffer): void => {
    out += chunk.toString('utf8');
    listeners.forEach(listener => listener());
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const ended = new Promise<{ status: number | null; out: string }>(resolve =>
    child.once('close', status => resolve({ status, out }))
  );
  return {
    pid: child.pid ?? 0,
    says: words =>
      new Promise((resolve, reject) => {
        const look = (): void => (out.includes(words) ? resolve() : undefined);
        listeners.add(look);
        look();
        void ended.then(({ status }) => reject(new Error(`ended with ${status}: ${out}`)));
      }),
    ended
  };
}

const REPRODUCE = ['reproduce', 'a.ipynb', '--python', 'python'];

async function press(desk: Desk, book: Notebook): Promise<string> {
  return (await desk.tab.request('run/start', { doc: book.doc, mode: 'all', stage: null, clientId: 'one' })).id;
}

const over = (desk: Desk, job: string): Promise<unknown> =>
  desk.tab.hear('job/event', each => each.job === job && each.event.type === 'state' && each.event.state !== 'running');

test('the command line while the tab’s run goes on: it waits, says for whom, and both end right', LIMIT, async () => {
  const desk = await started();
  const cells = [waits, total];
  const text = file(cells);
  desk.write('a.ipynb', text);
  const book = await desk.open(cells);
  const job = await press(desk, book);
  await desk.tab.hear('job/event', each => each.event.type === 'runner' && each.event.event.event === 'stream');

  const same = await typed(desk, 'compile', 'a.ipynb');
  expect(await same.ended).toMatchObject({ status: 0, out: holds('Everything is compiled.') });
  // What the running stage reads is not written: the command says who has it, and changes nothing (N12).
  const script = desk.read('.cellar/a/make.py');
  desk.write('a.ipynb', file([{ ...waits, source: `${waits.source}\nprint(values)` }, total]));
  const other = await (await typed(desk, 'compile', 'a.ipynb')).ended;
  expect(other.status).not.toBe(0);
  expect(other.out).toMatch(/^ERROR: .*make\.py[^]*^NEXT: .*\[E_BUSY_PATH\]$/m);
  expect(desk.read('.cellar/a/make.py')).toBe(script);
  desk.write('a.ipynb', text);

  const second = await typed(desk, ...REPRODUCE);
  await second.says('waiting for');
  desk.write('go', '');
  expect(await over(desk, job)).toMatchObject({ event: { state: 'done' } });
  const { status, out } = await second.ended;
  expect(out).toContain(`(process ${desk.bridge.child.pid})`);
  expect(status, out).toBe(0);
  expect(desk.read('a.ipynb')).toBe(text);
  expect(desk.read('total.txt')).toBe('6');
  expect((await book.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh']);
  expect(desk.sh('dvc', 'status').out).toContain('up to date');
});

test(
  'the tab while the command line runs: it waits, says for whom, can be stopped, and both end right',
  LIMIT,
  async () => {
    const desk = await started();
    const cells = [waits, total];
    desk.write('a.ipynb', file(cells));
    const first = await typed(desk, ...REPRODUCE);
    await first.says('waits');
    const book = await desk.open(cells);
    const heard = (job: string): Promise<unknown> =>
      desk.tab.hear(
        'job/event',
        each => each.job === job && each.event.type === 'progress' && each.event.text.includes(`process ${first.pid}`)
      );
    const stopped = await press(desk, book);
    await heard(stopped);
    expect((await desk.tab.request('run/stop', { job: stopped, path: 'a.ipynb' })).state).toBe('cancelled');

    const job = await press(desk, book);
    await heard(job);
    desk.write('go', '');
    const { status, out } = await first.ended;
    expect(status, out).toBe(0);
    expect(await over(desk, job)).toMatchObject({ event: { state: 'done' } });
    expect(desk.read('total.txt')).toBe('6');
    expect((await book.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh']);
    expect(desk.sh('dvc', 'status').out).toContain('up to date');
  }
);

test('two tabs with different texts, and a file that is not what was loaded', LIMIT, async () => {
  const desk = await started();
  const cells = [make, total];
  desk.write('a.ipynb', file(cells));
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const opened = { path: 'a.ipynb', base: hash(file(cells)), version: 1, metadata: { version: 1 }, kernel };
  const book = await desk.open(cells);
  const other = await desk.bridge.connect();
  const { doc } = await other.request('notebook/open', { ...opened, cells: [make] });
  const twoTabs = {
    code: 'E_TWO_TABS',
    message: 'Another tab holds this notebook with other changes.',
    next: 'Save in one tab, then reload the other.'
  };
  expect((await book.view()).held).toMatchObject(twoTabs);
  await expect(press(desk, book)).rejects.toMatchObject({ data: twoTabs });
  // The next step: this tab saves, the other loads what it saved.
  await desk.tab.request('notebook/saved', { doc: book.doc, path: 'a.ipynb' });
  await other.request('notebook/close', { doc });
  const reloaded = await other.request('notebook/open', { ...opened, cells });
  expect(reloaded.held).toBeNull();
  expect((await book.reproduce()).state).toBe('done');
  other.close();

  desk.write('a.ipynb', file([make]));
  const changed = {
    code: 'E_FILE_CHANGED',
    message: 'The notebook file was changed outside of this tab.',
    next: 'Reload the notebook from disk, or save it here.'
  };
  expect((await book.view()).held).toMatchObject(changed);
  await expect(press(desk, book)).rejects.toMatchObject({ data: changed });
  desk.write('a.ipynb', file(cells));
  expect((await desk.tab.request('notebook/saved', { doc: book.doc, path: 'a.ipynb' })).held).toBeNull();
  expect((await book.reproduce()).state).toBe('done');
});
