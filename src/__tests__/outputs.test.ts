// @vitest-environment jsdom
import type { ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookModel } from '@jupyterlab/notebook';
import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../../server-bridge/src/protocol/job.js';
import type { RunnerEvent } from '../../server-bridge/src/protocol/runner-events.js';
import { md5 } from '../models/md5.js';
import { show, shows } from '../models/nboutputs.js';
import { type ICellSnapshot, OutputsModel } from '../models/outputs.js';
import type { Unnumbered } from './fakebridge.js';
import { labNotebook } from './notebookfixture.js';

function codeCell(lab: NotebookModel, index: number): ICodeCellModel {
  return lab.cells.get(index) as ICodeCellModel;
}

function snapshot(lab: NotebookModel): ICellSnapshot[] {
  return Array.from(lab.cells, (cell, index) => ({
    index,
    cell: cell as ICodeCellModel,
    source: cell.sharedModel.getSource()
  }));
}

type Told = { [E in RunnerEvent['event']]: Omit<Extract<RunnerEvent, { event: E }>, 'v'> }[RunnerEvent['event']];

/** A run of the stage `train`, whose blocks are cells 1 and 2. */
function events(told: readonly Told[]): JobEvent[] {
  const block = (cell: number, source: string) => ({ cell, id: `c${cell}`, source: md5(source), lines: [] });
  const all: Unnumbered[] = [
    {
      type: 'stage',
      address: 'train',
      name: 'train',
      step: 'started',
      blocks: [block(1, 'fit()'), block(2, 'plot()')]
    },
    ...told.map(event => ({
      type: 'runner' as const,
      address: 'train',
      name: 'train',
      event: { v: 1 as const, ...event }
    })),
    { type: 'stage', address: 'train', name: 'train', step: 'done' }
  ];
  return all.map((event, i) => ({ n: i + 1, ...event }));
}

const WATCHED: Told[] = [
  { block: 0, event: 'cell-start' },
  { block: 0, event: 'stream', name: 'stdout', text: 'fold 0\n' },
  { block: 0, event: 'stream', name: 'stdout', text: '10%\r' },
  { block: 0, event: 'stream', name: 'stdout', text: '20%\rfold 1\n' },
  { block: 0, event: 'stream', name: 'stderr', text: 'careful\n' },
  { block: 0, event: 'cell-done', seconds: 1 },
  { block: 1, event: 'cell-start' },
  { block: 1, event: 'display', kind: 'display_data', data: { 'text/plain': '0 %' }, metadata: {}, display_id: 'bar' },
  { block: 1, event: 'display', kind: 'execute_result', data: { 'text/plain': '42' }, metadata: {} },
  {
    block: 1,
    event: 'display',
    kind: 'display_data',
    data: { 'text/plain': '100 %' },
    metadata: {},
    display_id: 'bar',
    update: true
  },
  { block: 1, event: 'cell-done', seconds: 1 }
];

function notebook(): NotebookModel {
  return labNotebook([{ source: 'x = 1' }, { source: 'fit()', stage: 'train' }, { source: 'plot()', stage: 'train' }]);
}

function play(lab: NotebookModel, list: readonly JobEvent[]): void {
  const model = new OutputsModel(snapshot(lab), () => undefined);
  list.forEach(event => model.apply(event));
}

describe('outputs of a run (N56)', () => {
  it('come into the cells as a kernel would put them, without a count', () => {
    const lab = notebook();
    play(lab, events(WATCHED));
    expect(codeCell(lab, 1).outputs.toJSON()).toEqual([
      { output_type: 'stream', name: 'stdout', text: 'fold 0\nfold 1\n' },
      { output_type: 'stream', name: 'stderr', text: 'careful\n' }
    ]);
    expect(codeCell(lab, 2).outputs.toJSON()).toEqual([
      { output_type: 'display_data', data: { 'text/plain': '100 %' }, metadata: {} },
      { output_type: 'execute_result', data: { 'text/plain': '42' }, metadata: {}, execution_count: null }
    ]);
    expect([1, 2].map(i => [codeCell(lab, i).trusted, codeCell(lab, i).executionState])).toEqual([
      [true, 'idle'],
      [true, 'idle']
    ]);
    expect(codeCell(lab, 0).trusted).toBe(false);
  });

  it('are the same when the run is told again from the beginning', () => {
    const watched = notebook();
    play(watched, events(WATCHED));
    const late = notebook();
    // The tab saw the first half, was closed, and another one plays all of it.
    play(late, events(WATCHED).slice(0, 6));
    play(late, events(WATCHED));
    expect([1, 2].map(i => codeCell(late, i).outputs.toJSON())).toEqual(
      [1, 2].map(i => codeCell(watched, i).outputs.toJSON())
    );
  });

  it('leave a cell alone whose source changed meanwhile, and go on in the others', () => {
    const lab = notebook();
    const model = new OutputsModel(snapshot(lab), () => undefined);
    const list = events(WATCHED);
    const second = codeCell(lab, 2);
    model.apply(list[0]!);
    model.apply(list[1]!);
    model.apply(list[2]!);
    codeCell(lab, 1).sharedModel.setSource('fit(2)');
    list.slice(3).forEach(event => model.apply(event));
    expect(codeCell(lab, 1).outputs.toJSON()).toEqual([{ output_type: 'stream', name: 'stdout', text: 'fold 0\n' }]);
    expect(second.outputs.length).toBe(2);
  });

  it('find the cell of a block by its source when ids and places are others', () => {
    const lab = labNotebook([{ source: 'plot()' }, { source: 'fit()' }]);
    play(lab, events(WATCHED));
    expect(codeCell(lab, 1).outputs.toJSON()[0]).toMatchObject({ name: 'stdout' });
    expect(codeCell(lab, 0).outputs.length).toBe(2);
  });

  it('show an error where it happened, and one while saving at the last cell', () => {
    const lab = notebook();
    const error = (block: number): Told => ({
      block,
      event: 'error',
      ename: 'ValueError',
      evalue: 'no',
      traceback: ['ValueError: no'],
      line: 3
    });
    play(lab, events([{ block: 0, event: 'cell-start' }, error(0), error(-1)]));
    const shown = { output_type: 'error', ename: 'ValueError', evalue: 'no', traceback: ['ValueError: no'] };
    expect(codeCell(lab, 1).outputs.toJSON()).toEqual([shown]);
    expect(codeCell(lab, 2).outputs.toJSON()).toEqual([shown]);
    expect(codeCell(lab, 1).executionState).toBe('idle');
  });

  it('are cleared when the code clears them, at once or with the next output', () => {
    const lab = notebook();
    play(
      lab,
      events([
        { block: 0, event: 'cell-start' },
        { block: 0, event: 'stream', name: 'stdout', text: 'old' },
        { block: 0, event: 'clear', wait: true },
        { block: 0, event: 'stream', name: 'stdout', text: 'new' },
        { block: 1, event: 'cell-start' },
        { block: 1, event: 'stream', name: 'stdout', text: 'gone' },
        { block: 1, event: 'clear', wait: false }
      ])
    );
    expect(codeCell(lab, 1).outputs.toJSON()).toEqual([{ output_type: 'stream', name: 'stdout', text: 'new' }]);
    expect(codeCell(lab, 2).outputs.length).toBe(0);
  });
});

describe('a recorded output', () => {
  const recorded = [
    { output_type: 'stream' as const, name: 'stdout' as const, text: 'fold 0\nfold 1\n' },
    { output_type: 'stream' as const, name: 'stderr' as const, text: 'careful\n' }
  ];

  it('is what the cell shows when a run was watched', () => {
    const lab = notebook();
    play(lab, events(WATCHED));
    expect(shows(codeCell(lab, 1), recorded)).toBe(true);
    expect(shows(codeCell(lab, 2), recorded)).toBe(false);
  });

  it('is trusted when it was made here, and not when it came from elsewhere (N57)', () => {
    const lab = notebook();
    const cell = codeCell(lab, 1);
    show(cell, recorded, true);
    expect(cell.trusted).toBe(true);
    show(cell, recorded, false);
    expect(cell.trusted).toBe(false);
    expect(shows(cell, recorded)).toBe(true);
  });
});
