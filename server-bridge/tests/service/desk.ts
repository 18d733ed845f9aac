import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { applyEdits } from '../../src/notebook/edits.js';
import type { NotebookEdit, Problem } from '../../src/protocol/analysis.js';
import type { KernelInfo, NotebookView, WireCell } from '../../src/protocol/wire.js';
import { bundleCli } from '../bundle-cli.js';
import { startBridge } from './bridge-client.js';
import type { Bridge, Tab } from './bridge-client.js';

export const kernel = { name: 'python3', language: 'python', executable: null };

export const code = (source: string, tag?: unknown): WireCell => ({ type: 'code', id: null, source, tag, tags: [] });
export const setup = (source: string): WireCell => code(source, { role: 'setup' });
export const stage = (name: string, source: string): WireCell => code(source, { role: 'stage', stage: name });

/** Fits every text that holds this one. */
export const holds = (part: string): string => expect.stringContaining(part) as string;

/** A person at one notebook: a git repository, a bridge, a tab. */
export interface Desk {
  readonly root: string;
  readonly base: string;
  readonly bridge: Bridge;
  readonly tab: Tab;
  readonly env: NodeJS.ProcessEnv;
  write(path: string, text: string): void;
  read(path: string): string;
  sh(...argv: string[]): { status: number | null; out: string };
  start(): Promise<void>;
  open(cells: WireCell[], path?: string): Promise<Notebook>;
  /** A new bridge, as the supervisor starts one after a crash, with a new tab. */
  restart(): Promise<Desk>;
  close(): Promise<void>;
}

export interface Notebook {
  readonly doc: string;
  readonly path: string;
  cells: WireCell[];
  view(): Promise<NotebookView>;
  /** The problem with this code. */
  problem(code: string): Promise<Problem>;
  change(cells: WireCell[], metadata?: unknown): Promise<NotebookView>;
  /** Chooses a kernel. */
  use(kernel: KernelInfo): Promise<void>;
  /** What the button of a fix does: edits in the notebook, or the engine's part. */
  press(problem: Problem, label: string | RegExp): Promise<NotebookView>;
  /** Presses Reproduce and waits: how the job ended, and the errors of stages by name. */
  reproduce(): Promise<{ state: string; errors: Record<string, { code: string; message: string; next?: string }> }>;
}

let bundle: ReturnType<typeof bundleCli> | undefined;

export function built(): ReturnType<typeof bundleCli> {
  bundle ??= bundleCli();
  return bundle;
}

/** The two stages of most stories: one makes a list, one writes its sum into `total.txt`. */
export const make = stage('make', 'values = [1, 2, 3]');
export const total = stage(
  'total',
  'total = sum(values)\nwith open("total.txt", "w") as out:\n    out.write(str(total))'
);

/** Desks of one test file: each is closed after its test, and the bundle goes with the last. */
export function testDesks(): { desks: Desk[]; started: () => Promise<Desk> } {
  const desks: Desk[] = [];
  beforeAll(() => built(), 60_000);
  afterAll(async () => (await built()).remove());
  afterEach(async () => {
    await Promise.all(desks.splice(0).map(desk => desk.close()));
  });
  const started = async (): Promise<Desk> => {
    const desk = await openDesk();
    desks.push(desk);
    await desk.start();
    return desk;
  };
  return { desks, started };
}

export async function openDesk(options: { git?: boolean } = {}): Promise<Desk> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-desk-')));
  const root = join(base, 'work');
  mkdirSync(root);
  if (options.git !== false) {
    spawnSync('git', ['init', '--quiet', root]);
  }
  return deskAt(base, root);
}

async function deskAt(base: string, root: string): Promise<Desk> {
  const { bridge: program } = await built();
  const env = { ...process.env, XDG_STATE_HOME: join(base, 'state'), DVC_SITE_CACHE_DIR: join(base, 'site') };
  const bridge = await startBridge(program, root, env);
  const tab = await bridge.connect();
  const desk: Desk = {
    root,
    base,
    bridge,
    tab,
    env,
    write: (path, text) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    read: path => readFileSync(join(root, path), 'utf8'),
    sh: (...argv) => {
      const [program = '', ...args] = argv;
      const answer = spawnSync(program, args, { cwd: root, env, encoding: 'utf8', timeout: 120_000 });
      return { status: answer.status, out: answer.stdout + answer.stderr };
    },
    start: async () => {
      await tab.request('project/start', { path: 'a.ipynb', gitInit: false, subdir: false });
    },
    open: (cells, path = 'a.ipynb') => openNotebook(tab, cells, path),
    restart: async () => {
      tab.close();
      return deskAt(base, root);
    },
    close: async () => {
      tab.close();
      if (bridge.child.exitCode === null && bridge.child.signalCode === null) {
        await bridge.stop();
      }
      rmSync(base, { recursive: true, force: true });
    }
  };
  return desk;
}

async function openNotebook(tab: Tab, cells: WireCell[], path: string): Promise<Notebook> {
  let version = 1;
  let metadata: unknown = { version: 1 };
  const opened = await tab.request('notebook/open', { path, base: null, version, metadata, kernel, cells });
  let newest = opened;
  const notebook: Notebook = {
    doc: opened.doc,
    path,
    cells,
    view: async () => {
      newest = await notebook.change(notebook.cells);
      return newest;
    },
    problem: async wanted => {
      const has = (each: NotebookView): boolean => each.problems.some(problem => problem.code === wanted);
      const view = await notebook.view();
      // What the watcher has not told yet comes with the next view of the same text.
      const told = has(view)
        ? view
        : await tab.hear('notebook/view', each => each.doc === view.doc && each.version === view.version && has(each));
      const found = told.problems.find(each => each.code === wanted);
      if (found === undefined) {
        throw new Error(`no ${wanted}`);
      }
      return found;
    },
    change: async (next, changed) => {
      version += 1;
      const deltas = [{ start: 0, remove: notebook.cells.length, insert: next }];
      notebook.cells = next;
      metadata = changed ?? metadata;
      await tab.request('notebook/change', { doc: opened.doc, version, deltas, metadata });
      const asked = version;
      return tab.hear('notebook/view', each => each.doc === opened.doc && each.version === asked);
    },
    use: async kernel => {
      version += 1;
      await tab.request('notebook/change', { doc: opened.doc, version, deltas: [], kernel });
    },
    press: async (problem, label) => {
      const fix = problem.fixes.find(each =>
        typeof label === 'string' ? each.label === label : each.label.search(label) >= 0
      );
      if (fix === undefined) {
        throw new Error(`no such button: ${JSON.stringify(problem.fixes.map(each => each.label))}`);
      }
      let edits: readonly NotebookEdit[] = fix.edits ?? [];
      if (fix.action !== undefined) {
        const { method, params } = fix.action;
        edits = (await tab.request('problem/fix', { doc: opened.doc, path, method, params })).edits;
      }
      const after = applyEdits({ cells: notebook.cells, metadata }, edits);
      return notebook.change(
        after.cells.map(cell => ({ ...cell })),
        after.metadata
      );
    },
    reproduce: async () => {
      const job = await tab.request('run/start', { doc: opened.doc, mode: 'all', stage: null, clientId: 'one' });
      const end = await tab.hear(
        'job/event',
        each => each.job === job.id && each.event.type === 'state' && each.event.state !== 'running'
      );
      const { events } = await tab.request('job/replay', { job: job.id, path, from: 0 });
      const errors = Object.fromEntries(
        events.flatMap(event =>
          event.type === 'stage' && event.error !== undefined ? [[event.name, event.error] as const] : []
        )
      );
      return { state: end.event.type === 'state' ? end.event.state : '', errors };
    }
  };
  return notebook;
}
