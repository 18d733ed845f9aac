import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { RecordedStage, StageView } from '../../server-bridge/src/protocol/wire.js';
import { isCode } from '../stages/apply.js';
import type { IBridge } from '../tokens.js';
import { md5 } from './md5.js';
import { show, shows } from './nboutputs.js';
import type { NotebookModel } from './notebook.js';

/**
 * The recorded outputs of a notebook: compares them with what the cells show, and puts them in only when a run of this
 * tab ended or the user asked. After a clone or a run elsewhere nothing is put in by itself (N56).
 */
export class RecordedModel implements IDisposable {
  constructor(options: IRecordedModelOptions) {
    this._bridge = options.bridge;
    this._notebook = options.notebook;
  }

  /** Stages whose recorded outputs are not what their cells show. */
  get newer(): readonly string[] {
    return this._newer;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Looks again if the record of any stage is another one than at the last look. */
  check(): void {
    const stages = this._fresh();
    const key = JSON.stringify(stages.map(stage => [stage.name, stage.recorded]));
    if (key === this._key || this._notebook.run.active || stages.every(stage => stage.recorded === null)) {
      return;
    }
    this._key = key;
    void this._look(new Set(stages.map(stage => stage.name)), false);
  }

  /**
   * Puts recorded outputs into their cells, where the source still is the one they were recorded from.
   * `only`: the stages meant; without it those whose record is newer than what is shown.
   */
  async put(only: ReadonlySet<string> = new Set(this._newer)): Promise<void> {
    await this._look(only, true);
  }

  /** The line was closed: nothing is said until a record changes again. */
  dismiss(): void {
    this._setNewer([]);
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  /** A stale or failed stage's record is older than what its cells show. */
  private _fresh(): StageView[] {
    return (this._notebook.view?.stages ?? []).filter(stage => stage.state === 'fresh');
  }

  private async _look(names: ReadonlySet<string>, put: boolean): Promise<void> {
    const doc = this._notebook.view?.doc;
    if (doc === undefined) {
      return;
    }
    try {
      const { stages } = await this._bridge.request('outputs/recorded', { doc });
      if (this._isDisposed) {
        return;
      }
      const meant = stages.filter(stage => names.has(stage.stage));
      this._setNewer(meant.filter(stage => this._compare(stage, put)).map(stage => stage.stage));
    } catch {
      // Asked again with the next change of a record; a failure that matters shows in the state of the bridge.
      this._key = null;
    }
  }

  /** Whether a stage's cells show something else than recorded; with `put` they are made to show it, and the answer is no. */
  private _compare(stage: RecordedStage, put: boolean): boolean {
    let differs = false;
    for (const entry of stage.cells) {
      const cell = this._notebook.cellAt(entry.cell);
      if (cell === null || !isCode(cell)) {
        continue;
      }
      if (md5(cell.sharedModel.getSource()) !== entry.source) {
        continue;
      }
      if (shows(cell, entry.outputs)) {
        if (put) {
          this._notebook.markRecorded(cell);
        }
        continue;
      }
      if (put) {
        show(cell, entry.outputs, stage.madeHere);
        this._notebook.markRecorded(cell);
      } else if (!this._notebook.live.has(cell.id)) {
        differs = true;
      }
    }
    return differs;
  }

  private _setNewer(stages: string[]): void {
    this._newer = stages;
    this._changed.emit();
  }

  private readonly _bridge: IBridge;
  private readonly _notebook: NotebookModel;
  private readonly _changed = new Signal<this, void>(this);
  private _newer: readonly string[] = [];
  private _key: string | null = null;
  private _isDisposed = false;
}

/** What a `RecordedModel` is made of. */
export interface IRecordedModelOptions {
  readonly bridge: IBridge;
  readonly notebook: NotebookModel;
}
