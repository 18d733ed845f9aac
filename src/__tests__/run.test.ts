// @vitest-environment jsdom
import type { ICodeCellModel } from '@jupyterlab/cells';
import { describe, expect, it } from 'vitest';
import type { OutputItem } from '../../server-bridge/src/protocol/recorded.js';
import type { RecordedStage } from '../../server-bridge/src/protocol/wire.js';
import { md5 } from '../models/md5.js';
import { type IClaimStore, RunClaims } from '../models/runclaims.js';
import { FakeBridge } from './fakebridge.js';
import { JOB } from './jobfixture.js';
import { labNotebook, ourNotebook, settle } from './notebookfixture.js';

const SOURCE = 'print("hello")';
const OUTPUT: OutputItem = { output_type: 'stream', name: 'stdout', text: 'hello\n' };

function bridgeWithRun(): FakeBridge {
  const bridge = new FakeBridge();
  bridge.stages = [{ name: 'train', cells: [0] }];
  bridge.handlers['run/start'] = () => JOB;
  bridge.handlers['job/replay'] = ({ from }) => {
    const ended = bridge.events.some(event => event.type === 'state' && event.state === 'done');
    return {
      job: { ...JOB, state: ended ? 'done' : 'running', ended: ended ? JOB.started : null, last: bridge.events.length },
      events: bridge.events.filter(event => event.n > from)
    };
  };
  bridge.handlers['outputs/recorded'] = () => ({ stages: [recorded(OUTPUT)] });
  return bridge;
}

function recorded(output: OutputItem, source = md5(SOURCE), madeHere = true): RecordedStage {
  return { stage: 'train', md5: 'r1', cells: [{ cell: 0, source, outputs: [output] }], madeHere };
}

const stage = { type: 'stage' as const, address: 'train', name: 'train' };

function begin(bridge: FakeBridge): void {
  bridge.emit({ type: 'state', state: 'running', error: null });
  bridge.emit({
    type: 'plan',
    items: [{ address: 'train', name: 'train', own: true, action: 'run', reasons: [], expected: null, bytes: null }]
  });
  bridge.emit({ ...stage, step: 'started', blocks: [{ cell: 0, id: 'c0', source: md5(SOURCE), lines: [] }] });
  const runner = { type: 'runner' as const, address: 'train', name: 'train' };
  bridge.emit({ ...runner, event: { v: 1, block: 0, event: 'cell-start' } });
  bridge.emit({ ...runner, event: { v: 1, block: 0, event: 'stream', name: 'stdout', text: 'hello\n' } });
}

function end(bridge: FakeBridge, silent = false): void {
  bridge.emit({ ...stage, step: 'done', seconds: 1 }, silent);
  bridge.emit({ type: 'state', state: 'done', error: null }, silent);
}

function shown(lab: ReturnType<typeof labNotebook>): unknown {
  return (lab.cells.get(0) as ICodeCellModel).outputs.toJSON();
}

describe('a run started here', () => {
  it('shows no cell as running when its owner died without a last word', async () => {
    const bridge = bridgeWithRun();
    const lab = labNotebook([{ source: SOURCE, stage: 'train' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    await model.start('all', null);
    begin(bridge);
    const cell = lab.cells.get(0) as ICodeCellModel;
    expect(cell.executionState).toBe('running');
    const dead = { ...JOB, state: 'interrupted' as const, ended: JOB.started, last: bridge.events.length };
    bridge.handlers['job/replay'] = () => ({ job: dead, events: [] });
    bridge.connected.emit();
    await settle();
    expect(model.run.active).toBe(false);
    expect(cell.executionState).toBe('idle');
    model.dispose();
  });

  it('streams into the cell, overlays its state, and ends with the recorded output', async () => {
    const bridge = bridgeWithRun();
    const lab = labNotebook([{ source: SOURCE, stage: 'train' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    await model.start('all', null);
    expect(bridge.asked.find(item => item.name === 'run/start')?.params).toEqual({
      doc: 'd1',
      mode: 'all',
      stage: null,
      clientId: 'tab-1'
    });
    begin(bridge);
    expect(model.run.active).toBe(true);
    expect(model.stage('train')?.state).toBe('running');
    expect(shown(lab)).toEqual([OUTPUT]);
    end(bridge);
    await settle();
    expect(model.run.active).toBe(false);
    expect(model.stage('train')?.state).toBe('fresh');
    expect(bridge.names()).toContain('outputs/recorded');
    expect(shown(lab)).toEqual([OUTPUT]);
    model.dispose();
  });

  it('is taken over by the tab that opens the notebook after its own was closed', async () => {
    localStorage.clear();
    const bridge = bridgeWithRun();
    const first = labNotebook([{ source: SOURCE, stage: 'train' }]);
    const closed = ourNotebook(bridge, first);
    await settle();
    await closed.start('all', null);
    begin(bridge);
    closed.dispose();
    end(bridge, true);
    const later = labNotebook([{ source: SOURCE, stage: 'train' }]);
    bridge.more = { job: { ...JOB, state: 'done', ended: JOB.started } };
    const model = ourNotebook(bridge, later);
    await settle();
    await settle();
    expect(shown(later)).toEqual([OUTPUT]);
    expect(shown(later)).toEqual(shown(first));
    model.dispose();
    const third = labNotebook([{ source: SOURCE, stage: 'train' }]);
    const again = ourNotebook(bridge, third);
    await settle();
    expect(shown(third)).toEqual([]);
    again.dispose();
  });

  it('of somebody else is shown, but puts nothing into cells', async () => {
    localStorage.clear();
    const bridge = bridgeWithRun();
    bridge.more = { job: JOB };
    const lab = labNotebook([{ source: SOURCE, stage: 'train' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    begin(bridge);
    expect(model.stage('train')?.state).toBe('running');
    expect(shown(lab)).toEqual([]);
    model.dispose();
  });
});

describe('recorded outputs that are newer (N56)', () => {
  it('are said in one line, and put in only when asked', async () => {
    const bridge = bridgeWithRun();
    bridge.stages = [{ name: 'train', cells: [0], recorded: 'r1' }];
    const lab = labNotebook([{ source: SOURCE, stage: 'train' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    expect(model.recorded.newer).toEqual(['train']);
    expect(shown(lab)).toEqual([]);
    await model.recorded.put();
    expect(shown(lab)).toEqual([OUTPUT]);
    expect(model.recorded.newer).toEqual([]);
    model.dispose();
  });

  it('are not those of another source, of a stale stage, or of a cell that was run by hand', async () => {
    const bridge = bridgeWithRun();
    bridge.stages = [{ name: 'train', cells: [0], recorded: 'r1' }];
    bridge.handlers['outputs/recorded'] = () => ({ stages: [recorded(OUTPUT, md5('other'))] });
    const lab = labNotebook([{ source: SOURCE, stage: 'train' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    expect(model.recorded.newer).toEqual([]);
    bridge.handlers['outputs/recorded'] = () => ({ stages: [recorded(OUTPUT)] });
    model.markLive(lab.cells.get(0));
    bridge.stages = [{ name: 'train', cells: [0], recorded: 'r2' }];
    bridge.pushView();
    await settle();
    expect(model.recorded.newer).toEqual([]);
    expect(model.live.has('c0')).toBe(true);
    await model.recorded.put(new Set(['train']));
    expect(model.live.has('c0')).toBe(false);
    model.dispose();
  });
});

describe('claims on runs', () => {
  function store(): IClaimStore {
    const map = new Map<string, string>();
    return {
      getItem: key => map.get(key) ?? null,
      setItem: (key, value) => void map.set(key, value),
      removeItem: key => void map.delete(key)
    };
  }

  /** Web Locks as far as they are used: one holder a name, told at once whether it is free. */
  function locks(): LockManager {
    const held = new Set<string>();
    const request = async (
      name: string,
      _options: LockOptions,
      callback: (lock: Lock | null) => Promise<unknown>
    ): Promise<unknown> => {
      if (held.has(name)) {
        return callback(null);
      }
      held.add(name);
      return callback({ name, mode: 'exclusive' }).finally(() => held.delete(name));
    };
    return { request } as LockManager;
  }

  it('pass to one tab only, and only when the first is gone', async () => {
    const shared = store();
    const manager = locks();
    const [a, b, c] = [0, 1, 2].map(() => new RunClaims(shared, manager)) as [RunClaims, RunClaims, RunClaims];
    await a.claim('j1');
    expect(await b.inherit('j1')).toBe(false);
    a.release('j1');
    await settle();
    expect(await b.inherit('j1')).toBe(true);
    expect(await c.inherit('j1')).toBe(false);
    b.finish('j1');
    await settle();
    expect(await c.inherit('j1')).toBe(false);
    expect(await c.inherit('never')).toBe(false);
  });
});
