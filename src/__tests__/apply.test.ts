// @vitest-environment jsdom
import type { NotebookModel } from '@jupyterlab/notebook';
import { describe, expect, it } from 'vitest';
import { applyEdits, setTags, StaleEdits } from '../stages/apply.js';
import { labNotebook } from './notebookfixture.js';

function facts(model: NotebookModel): [string, unknown][] {
  return Array.from(model.cells, (cell): [string, unknown] => [
    cell.sharedModel.getSource(),
    (cell.getMetadata('cellar') as unknown) ?? null
  ]);
}

function threeCells(): NotebookModel {
  return labNotebook([{ source: 'a = 1' }, { source: 'b = a' }, { source: 'c = b' }]);
}

describe('edits of the bridge', () => {
  it('are one undo step, whatever they are', () => {
    const model = threeCells();
    const before = facts(model);
    applyEdits(model, [
      { edit: 'tag', cell: 0, id: 'c0', tag: { role: 'setup' } },
      { edit: 'source', cell: 1, id: 'c1', source: 'b = a + 1' },
      { edit: 'insert', cell: 1, source: 'x = 0', tag: { role: 'stage', stage: 'load' } },
      { edit: 'tag', cell: 3, id: 'c2', tag: { role: 'stage', stage: 'train' } },
      { edit: 'move', cell: 3, id: 'c2', to: 0 }
    ]);
    expect(facts(model)).toEqual([
      ['c = b', { role: 'stage', stage: 'train' }],
      ['a = 1', { role: 'setup' }],
      ['x = 0', { role: 'stage', stage: 'load' }],
      ['b = a + 1', null]
    ]);
    model.sharedModel.undo();
    expect(facts(model)).toEqual(before);
  });

  it('do nothing at all when a cell is another one by now', () => {
    const model = threeCells();
    const before = facts(model);
    expect(() =>
      applyEdits(model, [
        { edit: 'tag', cell: 0, id: 'c0', tag: { role: 'setup' } },
        { edit: 'tag', cell: 1, id: 'gone', tag: { role: 'setup' } }
      ])
    ).toThrow(StaleEdits);
    expect(facts(model)).toEqual(before);
  });

  it('set and delete single keys of the notebook', () => {
    const model = threeCells();
    applyEdits(model, [{ edit: 'metadata', key: 'params_prefix', value: 'fit' }]);
    expect(model.getMetadata('cellar')).toEqual({ version: 1, params_prefix: 'fit' });
    applyEdits(model, [{ edit: 'metadata', key: 'params_prefix', value: null }]);
    expect(model.getMetadata('cellar')).toEqual({ version: 1 });
  });
});

describe('tags of several cells', () => {
  it('are one undo step and mark the document as changed', () => {
    const model = threeCells();
    model.dirty = false;
    const tag = { role: 'stage' as const, stage: 'train' };
    setTags(model, new Map([0, 2].map(i => [model.cells.get(i), tag])));
    expect(facts(model).map(([, found]) => found)).toEqual([tag, null, tag].map(found => found ?? null));
    expect(model.dirty).toBe(true);
    model.sharedModel.undo();
    expect(facts(model).map(([, found]) => found)).toEqual([null, null, null]);
  });
});
