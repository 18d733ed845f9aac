import type { ICodeCellModel } from '@jupyterlab/cells';
import type { BlockMap, JobEvent } from '../../server-bridge/src/protocol/job.js';
import type { RunnerEvent } from '../../server-bridge/src/protocol/runner-events.js';
import { md5 } from './md5.js';
import { toOutput } from './nboutputs.js';

/** A code cell as it was when the run started (N56). */
export interface ICellSnapshot {
  readonly index: number;
  readonly cell: ICodeCellModel;
  readonly source: string;
}

interface IDisplay {
  readonly target: ICellSnapshot;
  readonly index: number;
}

/** The blocks of one stage of the run. */
interface IStageTargets {
  readonly blocks: (ICellSnapshot | null)[];
  /** Outputs that `update_display` may replace, by display id. */
  readonly displays: Map<string, IDisplay[]>;
}

/**
 * Writes what a run streams into the cells that it came from: each into the cell object as it was at the start, and only
 * while its source is the same (N56). Works from the job's events alone, so a replay gives what watching gives.
 */
export class OutputsModel {
  /** `cells`: all code cells at the start of the run, or when its replay begins. */
  constructor(
    cells: readonly ICellSnapshot[],
    private readonly _onWritten: (cell: ICodeCellModel) => void
  ) {
    this._cells = cells;
  }

  apply(event: JobEvent): void {
    switch (event.type) {
      case 'stage':
        if (event.step === 'started' && event.blocks !== undefined) {
          this._begin(event.address, event.blocks);
        } else if (event.step === 'done' || event.step === 'failed') {
          this._rest(event.address);
        }
        break;
      case 'runner':
        this._run(event.address, event.event);
        break;
      case 'state':
        if (event.state !== 'queued' && event.state !== 'running' && event.state !== 'paused') {
          this.end();
        }
        break;
      default:
        break;
    }
  }

  /** No cell runs any more, also where the run had no last word because its owner died. */
  end(): void {
    for (const address of this._stages.keys()) {
      this._rest(address);
    }
  }

  /**
   * Finds the cell of a block: the one with the hinted id, else the one at its place, else the only one that is left, each
   * only with the very source that the block was made from.
   */
  private _find(block: BlockMap, taken: ReadonlySet<ICellSnapshot>): ICellSnapshot | null {
    const equal = this._cells.filter(item => !taken.has(item) && this._sum(item) === block.source);
    return (
      equal.find(item => block.id !== null && item.cell.id === block.id) ??
      equal.find(item => item.index === block.cell) ??
      (equal.length === 1 ? equal[0]! : null)
    );
  }

  private _sum(item: ICellSnapshot): string {
    let sum = this._sums.get(item);
    if (sum === undefined) {
      sum = md5(item.source);
      this._sums.set(item, sum);
    }
    return sum;
  }

  private _begin(address: string, blocks: readonly BlockMap[]): void {
    const taken = new Set<ICellSnapshot>();
    const found = blocks.map(block => {
      const target = this._find(block, taken);
      if (target !== null) {
        taken.add(target);
      }
      return target;
    });
    this._stages.set(address, { blocks: found, displays: new Map() });
  }

  /** The cell still is what it was; else its outputs go into the recorded output alone. */
  private _usable(target: ICellSnapshot | null | undefined): ICellSnapshot | null {
    if (target == null || target.cell.isDisposed || target.cell.sharedModel.getSource() !== target.source) {
      return null;
    }
    return target;
  }

  private _run(address: string, event: RunnerEvent): void {
    const stage = this._stages.get(address);
    if (stage === undefined) {
      return;
    }
    // What goes wrong before the first block or while the outs are saved is shown below the stage's last cell.
    const block = event.event === 'error' && event.block < 0 ? stage.blocks.length - 1 : event.block;
    const target = this._usable(stage.blocks[block]);
    if (target === null) {
      return;
    }
    const { cell } = target;
    switch (event.event) {
      case 'cell-start':
        this._drop(stage, target);
        cell.outputs.clear();
        cell.executionCount = null;
        cell.trusted = true;
        cell.executionState = 'running';
        this._onWritten(cell);
        break;
      case 'stream':
        cell.outputs.add({ output_type: 'stream', name: event.name, text: event.text });
        break;
      case 'display':
        this._display(stage, target, event);
        break;
      case 'clear':
        this._drop(stage, target);
        cell.outputs.clear(event.wait);
        break;
      case 'error':
        cell.outputs.add(toOutput({ output_type: 'error', ...event }));
        cell.executionState = 'idle';
        break;
      case 'cell-done':
        cell.executionState = 'idle';
        break;
      case 'done':
        break;
    }
  }

  private _display(
    stage: IStageTargets,
    target: ICellSnapshot,
    event: Extract<RunnerEvent, { event: 'display' }>
  ): void {
    const output = toOutput({ output_type: event.kind, data: event.data, metadata: event.metadata });
    const id = event.display_id;
    if (event.update) {
      for (const { target: shown, index } of (id !== undefined && stage.displays.get(id)) || []) {
        if (this._usable(shown) !== null && index < shown.cell.outputs.length) {
          shown.cell.outputs.set(index, { ...output, output_type: shown.cell.outputs.get(index).type });
        }
      }
      return;
    }
    const length = target.cell.outputs.add(output);
    if (id !== undefined) {
      stage.displays.set(id, [...(stage.displays.get(id) ?? []), { target, index: length - 1 }]);
    }
  }

  /** Outputs of a cleared cell cannot be updated any more. */
  private _drop(stage: IStageTargets, target: ICellSnapshot): void {
    for (const [id, shown] of stage.displays) {
      stage.displays.set(
        id,
        shown.filter(item => item.target !== target)
      );
    }
  }

  private _rest(address: string): void {
    for (const target of this._stages.get(address)?.blocks ?? []) {
      if (target !== null && !target.cell.isDisposed && target.cell.executionState === 'running') {
        target.cell.executionState = 'idle';
      }
    }
  }

  private readonly _cells: readonly ICellSnapshot[];
  private readonly _sums = new WeakMap<ICellSnapshot, string>();
  private readonly _stages = new Map<string, IStageTargets>();
}
