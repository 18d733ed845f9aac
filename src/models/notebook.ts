import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { NotebookEdit } from '../../server-bridge/src/protocol/analysis.js';
import type { CellarError } from '../../server-bridge/src/protocol/errors.js';
import type { CellView, KernelInfo, NotebookView, RunMode } from '../../server-bridge/src/protocol/wire.js';
import { applyEdits, isCode, setTags } from '../stages/apply.js';
import { type CellTag, METADATA_KEY, readTag } from '../stages/tags.js';
import type { IBridge } from '../tokens.js';
import type { JobModel } from './job.js';
import { type IMerge, mergeIn } from './merge.js';
import { type ICellsEdit, type INotebookLinkOptions, NotebookLink } from './notebooklink.js';
import { RecordedModel } from './recorded.js';
import { RunModel } from './run.js';
import { type IStageStatus, stageStatuses } from './stagestate.js';

/** *no-stages*: how to begin. *up-to-date*: nothing had to run. A merge: what became of tags that differed. */
export type NotebookNotice = 'no-stages' | 'up-to-date' | IMerge;

/**
 * One open notebook: its stages and their states, its run, its recorded outputs. Composes the link to the bridge, the run
 * and the recorded outputs; emits one `changed` for whatever the views draw.
 */
export class NotebookModel implements IDisposable {
  constructor(options: INotebookModelOptions) {
    this.notebook = options.notebook;
    this._bridge = options.bridge;
    this.link = new NotebookLink(options);
    this.recorded = new RecordedModel({ bridge: options.bridge, notebook: this });
    this.run = new RunModel({ bridge: options.bridge, notebook: this });
    this.link.viewChanged.connect(this._onView, this);
    this.link.failed.connect(this._emit, this);
    this.link.edited.connect(this._onEdited, this);
    this.run.changed.connect(this._emit, this);
    this.recorded.changed.connect(this._emit, this);
  }

  readonly notebook: INotebookModel;
  readonly link: NotebookLink;
  readonly run: RunModel;
  readonly recorded: RecordedModel;

  get path(): string {
    return this.link.path;
  }

  /** What the bridge last said, null before its first answer. */
  get view(): NotebookView | null {
    return this.link.view;
  }

  /** Why the bridge does not follow this notebook, null when it does. */
  get error(): CellarError | null {
    return this.link.error;
  }

  get job(): JobModel | null {
    return this.run.job;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Ids of cells that were run in the kernel since their recorded output was shown (N59). */
  get live(): ReadonlySet<string> {
    return this._live;
  }

  get stages(): readonly IStageStatus[] {
    if (this.view === null) {
      return [];
    }
    const job = this.run.job;
    return stageStatuses(this.view, job === null || job.ended ? [] : job.steps);
  }

  stage(name: string): IStageStatus | null {
    return this.stages.find(stage => stage.name === name) ?? null;
  }

  /** All names of stages, those that the bridge does not know yet too. */
  get stageNames(): string[] {
    const names = new Set<string>();
    for (const cell of this.notebook.cells) {
      const tag = this.tagOf(cell);
      if (tag?.role === 'stage' && tag.stage) {
        names.add(tag.stage);
      }
    }
    return [...names];
  }

  tagOf(cell: ICellModel): CellTag | null {
    return isCode(cell) ? readTag(cell.getMetadata(METADATA_KEY)) : null;
  }

  /** The bridge's view of a cell, found by the cell's id at the version that the view answers. */
  cellView(cell: ICellModel): CellView | null {
    const index = this.link.viewIds.indexOf(cell.id);
    return index < 0 ? null : (this.view?.cells[index] ?? null);
  }

  /** The cell that an index of the bridge's view means, null when it is gone. */
  cellAt(index: number): ICellModel | null {
    const id = this.link.viewIds[index];
    return id === undefined ? null : (Array.from(this.notebook.cells).find(cell => cell.id === id) ?? null);
  }

  indexOf(cell: ICellModel): number {
    return Array.from(this.notebook.cells).indexOf(cell);
  }

  /** The code cells of a stage, in order. */
  cellsOf(stage: string): ICodeCellModel[] {
    return Array.from(this.notebook.cells)
      .filter(isCode)
      .filter(cell => {
        const tag = this.tagOf(cell);
        return tag?.role === 'stage' && tag.stage === stage;
      });
  }

  /** What the strip tells once, until it is closed or something else happens. */
  get notice(): NotebookNotice | null {
    return this._notice;
  }

  /**
   * Whether the document is shared with other tabs (`jupyter-collaboration`): the bridge then hears of everybody's edits
   * through this tab. False once the line that says so was closed.
   */
  get saysShared(): boolean {
    // Lab's interface of a notebook lacks the flag that each of its models has.
    return !this._sharedClosed && Reflect.get(this.notebook, 'collaborative') === true;
  }

  closeShared(): void {
    this._sharedClosed = true;
    this._changed.emit();
  }

  setNotice(notice: NotebookNotice | null): void {
    if (notice !== this._notice) {
      this._notice = notice;
      this._changed.emit();
    }
  }

  /** Sets tags as one undo step. */
  setTags(tags: ReadonlyMap<ICellModel, CellTag | null>): void {
    setTags(this.notebook, tags);
    this._changed.emit();
  }

  /** Applies edits of the bridge as one undo step; throws `StaleEdits`. */
  applyEdits(edits: readonly NotebookEdit[]): void {
    applyEdits(this.notebook, edits);
    this._changed.emit();
  }

  /** A cell was run in the kernel. */
  markLive(cell: ICellModel): void {
    if (this.tagOf(cell)?.role === 'stage' && !this._live.has(cell.id)) {
      this._live.add(cell.id);
      this._changed.emit();
    }
  }

  /** A cell shows what a run of Cellar made. */
  markRecorded(cell: ICellModel): void {
    if (this._live.delete(cell.id)) {
      this._changed.emit();
    }
  }

  /** Starts a run of the text as it is now. */
  async start(mode: RunMode, stage: string | null): Promise<JobModel> {
    const doc = await this.link.settled();
    return this.run.start(doc, mode, stage, this._bridge.clientId);
  }

  /** Takes an answer of the bridge that holds a whole view. */
  takeView(view: NotebookView): void {
    this.link.takeView(view);
  }

  setKernel(kernel: KernelInfo): void {
    this.link.setKernel(kernel);
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this.run.dispose();
    this.recorded.dispose();
    this.link.dispose();
    Signal.clearData(this);
  }

  private _onView(): void {
    this.run.follow(this.view?.job ?? null);
    this.recorded.check();
    this._changed.emit();
  }

  /** What was told of the text before an edit is not true of the one after it. */
  private _onEdited(_sender: NotebookLink, { before, delta }: ICellsEdit): void {
    const merge = mergeIn(before, delta);
    const other = delta.remove !== delta.insert.length;
    if (merge !== null) {
      this._notice = merge;
    } else if (this._notice === 'up-to-date' || (other && this._notice !== 'no-stages')) {
      this._notice = null;
    }
    this.run.noteEdit();
    this._changed.emit();
  }

  private _emit(): void {
    this._changed.emit();
  }

  private readonly _bridge: IBridge;
  private _notice: NotebookNotice | null = null;
  private _sharedClosed = false;
  private readonly _live = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
  private _isDisposed = false;
}

/** What a `NotebookModel` is made of. */
export type INotebookModelOptions = INotebookLinkOptions;
