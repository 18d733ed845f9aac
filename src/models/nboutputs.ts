import { CodeCellModel, type ICodeCellModel } from '@jupyterlab/cells';
import type { IOutput } from '@jupyterlab/nbformat';
import type { OutputItem } from '../../server-bridge/src/protocol/recorded.js';
import { sameJson } from './wirecells.js';

/** An output as nbformat holds it. No execution count: no kernel counted it. */
export function toOutput(item: OutputItem): IOutput {
  switch (item.output_type) {
    case 'stream':
      return { output_type: 'stream', name: item.name, text: item.text };
    case 'display_data':
      return { output_type: 'display_data', data: item.data, metadata: item.metadata } as IOutput;
    case 'execute_result':
      return {
        output_type: 'execute_result',
        data: item.data,
        metadata: item.metadata,
        execution_count: null
      } as IOutput;
    case 'error':
      return { output_type: 'error', ename: item.ename, evalue: item.evalue, traceback: item.traceback };
  }
}

function withoutCount(output: IOutput): IOutput {
  const { execution_count: _count, ...rest } = output;
  return rest;
}

/** Whether a cell shows exactly these outputs. Lab's own model normalises both sides (joined streams, carriage returns). */
export function shows(cell: ICodeCellModel, outputs: readonly OutputItem[]): boolean {
  const values = outputs.map(toOutput);
  const model = CodeCellModel.defaultContentFactory.createOutputArea({ values, trusted: false });
  const same = sameJson(model.toJSON().map(withoutCount), cell.outputs.toJSON().map(withoutCount));
  model.dispose();
  return same;
}

/**
 * Replaces a cell's outputs by recorded ones. Those of a run made here are trusted, others are not until the user says so
 * (N57). Trust changes while the cell is empty, so that nothing is rendered with the trust of something else.
 */
export function show(cell: ICodeCellModel, outputs: readonly OutputItem[], madeHere: boolean): void {
  cell.outputs.clear();
  cell.executionCount = null;
  cell.trusted = madeHere;
  cell.outputs.fromJSON(outputs.map(toOutput));
}
