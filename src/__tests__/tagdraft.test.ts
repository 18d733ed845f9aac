// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Found } from '../../server-bridge/src/protocol/analysis.js';
import { TagDraft } from '../models/tagdraft.js';
import { FakeBridge } from './fakebridge.js';
import { labNotebook, ourNotebook } from './notebookfixture.js';

const FILE: Found = { kind: 'file', name: 'notes.txt', how: 'open', cell: 1, line: 1, added: false, excluded: false };

describe('the draft of a tag', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function make(cells: readonly number[]) {
    const bridge = new FakeBridge();
    bridge.handlers['notebook/preview'] = () => ({
      found: { inputs: [FILE], outputs: [] },
      problems: [],
      names: ['load', 'train']
    });
    const lab = labNotebook([
      { source: 'a = 1' },
      { source: 'open("notes.txt")', stage: 'train' },
      { source: 'c = 3', stage: 'train' }
    ]);
    const notebook = ourNotebook(bridge, lab);
    const draft = new TagDraft({ bridge, notebook, cells: cells.map(i => lab.cells.get(i)) });
    await vi.advanceTimersByTimeAsync(300);
    const tags = (): unknown[] => Array.from(lab.cells, cell => notebook.tagOf(cell));
    return { bridge, lab, notebook, draft, tags };
  }

  it('asks what the tag would mean while one types, and changes nothing until it is taken over', async () => {
    const { bridge, draft, tags } = await make([0]);
    expect(draft.isNew).toBe(true);
    draft.setStage('lo');
    draft.setStage('load');
    await vi.advanceTimersByTimeAsync(300);
    expect(bridge.asked.filter(item => item.name === 'notebook/preview').at(-1)?.params).toEqual({
      doc: 'd1',
      cells: [0],
      tag: { role: 'stage', stage: 'load' }
    });
    expect(draft.names).toEqual(['train', 'load']);
    expect(tags()[0]).toBeNull();
    expect(draft.commit()).toBe(true);
    expect(tags()[0]).toEqual({ role: 'stage', stage: 'load' });
  });

  it('refuses a name that cannot be a stage', async () => {
    const { draft, tags } = await make([0]);
    for (const name of ['', 'no spaces', 'con', 'x'.repeat(65)]) {
      draft.setStage(name);
      expect(draft.commit()).toBe(false);
    }
    expect(tags()[0]).toBeNull();
  });

  it('gives several cells the same role as one undo step', async () => {
    const { lab, draft, tags } = await make([0, 1]);
    draft.setRole('setup');
    expect(draft.commit()).toBe(true);
    expect(tags().slice(0, 2)).toEqual([{ role: 'setup' }, { role: 'setup' }]);
    lab.sharedModel.undo();
    expect(tags().slice(0, 2)).toEqual([null, { role: 'stage', stage: 'train' }]);
  });

  it('writes an exclusion at the cell where the file was found, and takes it back wherever it stands', async () => {
    const { draft, tags } = await make([2]);
    draft.exclude(FILE);
    expect(tags()[1]).toEqual({ role: 'stage', stage: 'train', ignore: ['notes.txt'] });
    draft.restore({ ...FILE, cell: null, excluded: true });
    expect(tags()[1]).toEqual({ role: 'stage', stage: 'train' });
  });
});
