// @vitest-environment jsdom
import type { ICodeCellModel } from '@jupyterlab/cells';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CellarError } from '../../server-bridge/src/protocol/errors.js';
import { wantedKernel } from '../models/notebooks.js';
import { FakeBridge } from './fakebridge.js';
import { labNotebook, ourNotebook, settle } from './notebookfixture.js';

describe('a notebook and the bridge (N51)', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is sent whole once, then as changes, within 100 ms of the last key', async () => {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1', stage: 'load' }, { source: 'b = a' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    expect(bridge.asked.map(item => item.name)).toEqual(['notebook/open']);
    expect(bridge.asked[0]?.params).toMatchObject({ path: 'a.ipynb', base: 'base', version: 1 });
    expect(bridge.cells[0]).toEqual({
      type: 'code',
      id: 'c0',
      source: 'a = 1',
      tag: { role: 'stage', stage: 'load' },
      tags: []
    });
    lab.cells.get(1).sharedModel.setSource('b = a +');
    await vi.advanceTimersByTimeAsync(30);
    lab.cells.get(1).sharedModel.setSource('b = a + 1');
    expect(bridge.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(bridge.asked).toHaveLength(2);
    expect(bridge.asked[1]?.params).toMatchObject({ doc: 'd1', version: 2 });
    expect(bridge.cells.map(cell => cell.source)).toEqual(['a = 1', 'b = a + 1']);
    model.dispose();
  });

  it('asks for the kernel of the notebook’s own choice while none is running (N48)', () => {
    const lab = labNotebook([{ source: 'a = 1' }]);
    expect(wantedKernel(lab)).toEqual({ name: 'python3', language: null, executable: null });
    lab.setMetadata('kernelspec', { name: 'ir', display_name: 'R', language: 'R' });
    expect(wantedKernel(lab)).toEqual({ name: 'ir', language: 'R', executable: null });
    lab.deleteMetadata('kernelspec');
    expect(wantedKernel(lab)).toEqual({ name: null, language: null, executable: null });
  });

  it('says nothing when only outputs changed', async () => {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    const cell = lab.cells.get(0) as ICodeCellModel;
    cell.outputs.add({ output_type: 'stream', name: 'stdout', text: 'x' });
    await vi.advanceTimersByTimeAsync(200);
    expect(bridge.asked.map(item => item.name)).toEqual(['notebook/open']);
    model.dispose();
  });

  it('waits for the answer before the next change, and loses none', async () => {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    const answers: (() => void)[] = [];
    const apply = bridge.handlers['notebook/change'];
    bridge.handlers['notebook/change'] = async params => {
      await new Promise<void>(resolve => answers.push(resolve));
      return apply!(params);
    };
    lab.cells.get(0).sharedModel.setSource('a = 2');
    await vi.advanceTimersByTimeAsync(100);
    lab.cells.get(0).sharedModel.setSource('a = 3');
    await vi.advanceTimersByTimeAsync(100);
    expect(bridge.asked).toHaveLength(2);
    answers[0]!();
    await settle();
    answers[1]!();
    await settle();
    expect(bridge.cells[0]?.source).toBe('a = 3');
    model.dispose();
  });

  it('finds cells by what they were at the version that a view answers', async () => {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1' }, { source: 'b = 2', stage: 'train' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    lab.sharedModel.insertCell(0, { cell_type: 'code', source: 'new' });
    // The view is still about two cells: index 1 is the stage's, which now stands at 2.
    expect(model.cellAt(1)?.sharedModel.getSource()).toBe('b = 2');
    expect(model.cellView(lab.cells.get(0))).toBeNull();
    await vi.advanceTimersByTimeAsync(100);
    bridge.pushView();
    expect(model.cellAt(0)?.sharedModel.getSource()).toBe('new');
    model.dispose();
  });

  it('is opened again after a reconnect, with all that was typed meanwhile', async () => {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    bridge.status = { state: 'restarting', text: 'Cellar starts again.', next: null, retryAt: null };
    lab.cells.get(0).sharedModel.setSource('a = 2');
    await vi.advanceTimersByTimeAsync(500);
    expect(bridge.names()).toEqual(['notebook/open']);
    await expect(model.link.settled()).rejects.toMatchObject({ code: 'E_BRIDGE_UNAVAILABLE' });
    bridge.status = { state: 'ready', text: '', next: null, retryAt: null };
    bridge.connected.emit();
    await settle();
    expect(bridge.names()).toEqual(['notebook/open', 'notebook/open']);
    expect(bridge.cells[0]?.source).toBe('a = 2');
    model.dispose();
  });

  it('is opened again when the bridge lost track of it', async () => {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    const good = bridge.handlers['notebook/change'];
    bridge.handlers['notebook/change'] = () => {
      throw new CellarError('E_VERSION', 'that is another text');
    };
    lab.cells.get(0).sharedModel.setSource('a = 2');
    await vi.advanceTimersByTimeAsync(100);
    expect(model.error?.code).toBe('E_VERSION');
    bridge.handlers['notebook/change'] = good;
    await model.link.settled();
    expect(bridge.names().at(-1)).toBe('notebook/open');
    expect(bridge.cells[0]?.source).toBe('a = 2');
    expect(model.error).toBeNull();
    model.dispose();
  });

  it('is opened again at once when the bridge does not know it any more', async () => {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    bridge.handlers['notebook/change'] = () => {
      throw new CellarError('E_NOT_OPEN', 'unknown');
    };
    lab.cells.get(0).sharedModel.setSource('a = 2');
    await model.link.settled();
    expect(bridge.names()).toEqual(['notebook/open', 'notebook/change', 'notebook/open']);
    expect(model.error).toBeNull();
    model.dispose();
  });

  it('is closed and opened under its new path when it was renamed, and told of saves', async () => {
    const bridge = new FakeBridge();
    const lab = labNotebook([{ source: 'a = 1' }]);
    const model = ourNotebook(bridge, lab);
    await settle();
    model.link.moved('b.ipynb');
    await settle();
    await model.link.saved('base-2');
    expect(bridge.names()).toEqual(['notebook/open', 'notebook/close', 'notebook/open', 'notebook/saved']);
    expect(bridge.asked.at(-1)?.params).toEqual({ doc: 'd1', path: 'b.ipynb' });
    model.dispose();
    expect(bridge.names().at(-1)).toBe('notebook/close');
  });

  it('leaves no document open in the bridge when it is renamed before the first answer', async () => {
    const bridge = new FakeBridge();
    const answers: (() => void)[] = [];
    const open = bridge.handlers['notebook/open'];
    let doc = 0;
    bridge.handlers['notebook/open'] = async params => {
      await new Promise<void>(resolve => answers.push(resolve));
      doc += 1;
      bridge.more = { doc: `d${doc}` };
      return open!(params);
    };
    const model = ourNotebook(bridge, labNotebook([{ source: 'a = 1' }]));
    await settle();
    model.link.moved('b.ipynb');
    answers[0]!();
    await settle();
    answers[1]!();
    await settle();
    expect(bridge.names()).toEqual(['notebook/open', 'notebook/close', 'notebook/open']);
    expect(bridge.asked[1]?.params).toEqual({ doc: 'd1' });
    expect(model.link.view?.doc).toBe('d2');
    model.dispose();
  });
});
