import type { ICodeCellModel } from '@jupyterlab/cells';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Job, JobEvent } from '../../server-bridge/src/protocol/job.js';
import type { RunMode } from '../../server-bridge/src/protocol/wire.js';
import { isCode } from '../stages/apply.js';
import type { IBridge } from '../tokens.js';
import { JobModel } from './job.js';
import type { NotebookModel } from './notebook.js';
import { type ICellSnapshot, OutputsModel } from './outputs.js';
import { RunClaims } from './runclaims.js';

/**
 * The run of one notebook: the one started here, whose outputs go into the cells, or one that somebody else started,
 * which is only shown (N56). A run whose tab is gone is taken over by the first that opens the notebook.
 */
export class RunModel implements IDisposable {
  constructor(options: IRunModelOptions) {
    this._bridge = options.bridge;
    this._notebook = options.notebook;
    this._claims = options.claims ?? new RunClaims();
  }

  get job(): JobModel | null {
    return this._job;
  }

  /** True while a run of this notebook has not ended. */
  get active(): boolean {
    return this._starting || (this._job !== null && !this._job.ended);
  }

  /** True when the run's outputs go into the cells of this tab. */
  get owned(): boolean {
    return this._outputs !== null;
  }

  /** The notebook was edited since its run ended well: what the run says of itself is not about the cells as they are. */
  get outdated(): boolean {
    return this._outdated;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  async start(doc: string, mode: RunMode, stage: string | null, clientId: string): Promise<JobModel> {
    // The cells as they are now: what is typed or moved after this does not change where outputs go.
    const cells = this._snapshot();
    this._starting = true;
    this._changed.emit();
    try {
      const job = await this._bridge.request('run/start', { doc, mode, stage, clientId });
      await this._claims.claim(job.id);
      return this._attach(job, cells);
    } finally {
      this._starting = false;
      this._changed.emit();
    }
  }

  /** Shows the notebook's newest run as the bridge names it, and takes its outputs over if their tab is gone. */
  follow(job: Job | null): void {
    if (job === null || this._starting || this._job?.id === job.id || this._seen.has(job.id)) {
      return;
    }
    this._seen.add(job.id);
    void this._follow(job);
  }

  noteEdit(): void {
    this._outdated ||= this._job?.state === 'done';
  }

  async stop(): Promise<void> {
    await this._job?.stop();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._detach();
    Signal.clearData(this);
  }

  private async _follow(job: Job): Promise<void> {
    const mine = await this._claims.inherit(job.id);
    if (this._isDisposed || (this._job !== null && !this._job.ended)) {
      return;
    }
    const ended = job.ended !== null;
    if (mine || !ended) {
      this._attach(job, mine ? this._snapshot() : null);
    }
  }

  private _attach(job: Job, cells: readonly ICellSnapshot[] | null): JobModel {
    this._detach();
    this._seen.add(job.id);
    const model = new JobModel({ bridge: this._bridge, job, path: this._notebook.path });
    this._job = model;
    this._outdated = false;
    this._outputs = cells === null ? null : new OutputsModel(cells, cell => this._notebook.markRecorded(cell));
    model.event.connect(this._onEvent, this);
    model.changed.connect(this._onJobChanged, this);
    // Events may have come before the answer that named the job.
    void model.replay().catch(() => undefined);
    this._changed.emit();
    return model;
  }

  private _detach(): void {
    if (this._job !== null) {
      this._claims.release(this._job.id);
      this._job.dispose();
      this._job = null;
    }
    this._outputs = null;
  }

  private _onEvent(_sender: JobModel, event: JobEvent): void {
    this._outputs?.apply(event);
  }

  private _onJobChanged(job: JobModel): void {
    if (job.ended && this._outputs !== null && !this._finished.has(job.id)) {
      this._finished.add(job.id);
      this._outputs.end();
      this._claims.finish(job.id);
      // The streamed outputs of a stage that failed stay: its record is that of an earlier run.
      const made = job.steps.filter(step => step.own && ['done', 'restored', 'skipped'].includes(step.step));
      void this._notebook.recorded.put(new Set(made.map(step => step.name)));
    }
    this._changed.emit();
  }

  private _snapshot(): ICellSnapshot[] {
    return Array.from(this._notebook.notebook.cells, (cell, index) => ({ cell, index }))
      .filter((item): item is { cell: ICodeCellModel; index: number } => isCode(item.cell))
      .map(({ cell, index }) => ({ cell, index, source: cell.sharedModel.getSource() }));
  }

  private readonly _bridge: IBridge;
  private readonly _notebook: NotebookModel;
  private readonly _claims: RunClaims;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _seen = new Set<string>();
  private readonly _finished = new Set<string>();
  private _job: JobModel | null = null;
  private _outputs: OutputsModel | null = null;
  private _starting = false;
  private _outdated = false;
  private _isDisposed = false;
}

/** What a `RunModel` is made of. */
export interface IRunModelOptions {
  readonly bridge: IBridge;
  readonly notebook: NotebookModel;
  readonly claims?: RunClaims;
}
