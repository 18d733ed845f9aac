import { NotebookModel as LabNotebook } from '@jupyterlab/notebook';
import { NotebookModel } from '../models/notebook.js';
import type { FakeBridge } from './fakebridge.js';

export interface IFixtureCell {
  readonly source: string;
  readonly stage?: string;
}

/** A real notebook of Lab with code cells `c0`, `c1`, …; a stage name makes a cell a stage's. */
export function labNotebook(cells: readonly IFixtureCell[]): LabNotebook {
  const model = new LabNotebook();
  model.fromJSON({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
    cells: cells.map(({ source, stage }, i) => ({
      id: `c${i}`,
      cell_type: 'code',
      source,
      metadata: stage === undefined ? {} : { cellar: { role: 'stage', stage } },
      outputs: [],
      execution_count: null
    }))
  });
  model.sharedModel.clearUndoHistory();
  return model;
}

/** Our model of it, on a fake bridge. */
export function ourNotebook(bridge: FakeBridge, notebook: LabNotebook): NotebookModel {
  return new NotebookModel({
    bridge,
    notebook,
    path: 'a.ipynb',
    base: 'base',
    kernel: { name: 'python3', language: 'python', executable: null }
  });
}

export { settle } from './settle.js';
