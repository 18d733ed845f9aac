import type { INotebookModel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { CellarError } from '../../server-bridge/src/protocol/errors.js';
import type { CellDelta, KernelInfo, NotebookView, WireCell } from '../../server-bridge/src/protocol/wire.js';
import { lostError, toCellarError, unavailableError } from '../bridge/failure.js';
import { METADATA_KEY } from '../stages/tags.js';
import type { BridgeNotification, IBridge } from '../tokens.js';
import { NewestView } from './newestview.js';
import { toWire } from './towire.js';
import { cellDelta, sameJson } from './wirecells.js';

/** Pause after the last change before the bridge hears of it, in milliseconds: N51 asks for states within 100 ms of it. */
const PAUSE = 60;

/**
 * Tells the bridge what the notebook in memory says: whole at first and after each reconnect, then changes only, one
 * request at a time, in order (N51). Holds the newest view that came back.
 */
export class NotebookLink implements IDisposable {
  constructor(options: INotebookLinkOptions) {
    this._bridge = options.bridge;
    this._notebook = options.notebook;
    this._path = options.path;
    this._base = options.base;
    this._kernel = options.kernel;
    this._bridge.connected.connect(this._onConnected, this);
    this._bridge.notified.connect(this._onNotified, this);
    this._notebook.contentChanged.connect(this._onContentChanged, this);
    this._notebook.metadataChanged.connect(this._onContentChanged, this);
    if (this._bridge.status.state === 'ready') {
      this.reopen();
    }
  }

  get path(): string {
    return this._path;
  }

  get view(): NotebookView | null {
    return this._newest.view;
  }

  /** Cell ids at the version that the view answers: its indices count in this list. */
  get viewIds(): readonly string[] {
    return this._newest.ids;
  }

  get error(): CellarError | null {
    return this._error;
  }

  get viewChanged(): ISignal<this, void> {
    return this._viewChanged;
  }

  get failed(): ISignal<this, void> {
    return this._failed;
  }

  /** The cells that the bridge knew, and what became of them: emitted before it is told. Outputs are no change. */
  get edited(): ISignal<this, ICellsEdit> {
    return this._edited;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Waits until the bridge has the text as it is now; returns its id of the document. Rejects with a `CellarError`. */
  async settled(): Promise<string> {
    this._clearTimer();
    const { state, text, next } = this._bridge.status;
    if (state !== 'ready') {
      throw unavailableError(text, next);
    }
    await this._flush();
    if (this._doc === null) {
      throw this._error ?? lostError('notebook/open');
    }
    return this._doc;
  }

  /** After a save: what is on disk is what we hold; the bridge compiles (N12). */
  async saved(base: string | null): Promise<void> {
    this._base = base;
    try {
      const doc = await this.settled();
      this.takeView(await this._bridge.request('notebook/saved', { doc, path: this._path }));
    } catch (error) {
      this._fail(error);
    }
  }

  /** The notebook was renamed or moved: another document for the bridge. */
  moved(path: string): void {
    if (path !== this._path) {
      this._close();
      this._path = path;
      void this._flush();
    }
  }

  setKernel(kernel: KernelInfo): void {
    if (!sameJson(kernel, this._kernel)) {
      this._kernel = kernel;
      this._kernelChanged = true;
      this._schedule();
    }
  }

  takeView(view: NotebookView): void {
    if (!this._isDisposed && view.doc === this._doc && this._newest.take(view)) {
      this._error = null;
      this._viewChanged.emit();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._clearTimer();
    this._close();
    Signal.clearData(this);
  }

  private _onNotified(_sender: IBridge, { name, params }: BridgeNotification): void {
    if (name === 'notebook/view') {
      if (this._doc === null) {
        this._newest.keepEarly(params);
      } else {
        this.takeView(params);
      }
    }
  }

  private _onContentChanged(): void {
    this._schedule();
  }

  private _schedule(): void {
    this._clearTimer();
    this._timer = setTimeout(() => {
      this._timer = null;
      void this._flush();
    }, PAUSE);
  }

  private _clearTimer(): void {
    if (this._timer !== null) {
      clearTimeout(this._timer);
      this._timer = null;
    }
  }

  private _close(): void {
    if (this._doc !== null) {
      this._forget(this._doc);
    }
    this._doc = null;
    this._sent = null;
    this._generation += 1;
  }

  /** Lets the bridge forget a document: left open there, it would count as another tab's. */
  private _forget(doc: string): void {
    if (this._bridge.status.state === 'ready') {
      void this._bridge.request('notebook/close', { doc }).catch(() => undefined);
    }
  }

  /** Opens it in the bridge anew: after a rename, or when its project has come to be. */
  reopen(): void {
    this._close();
    void this._flush();
  }

  /** Another connection knows nothing of what was open in the last one. */
  private _onConnected(): void {
    this._doc = null;
    this.reopen();
  }

  /** Runs the exchange until the bridge has all; callers share one exchange. */
  private _flush(): Promise<void> {
    if (this._bridge.status.state !== 'ready') {
      // The next connect opens the notebook with all that was typed meanwhile.
      return Promise.resolve();
    }
    this._work ??= this._exchange().finally(() => {
      this._work = null;
    });
    return this._work;
  }

  private async _exchange(): Promise<void> {
    // A change during a request is sent by the next turn: the loop ends when nothing is left to say.
    for (;;) {
      const generation = this._generation;
      try {
        if (this._isDisposed || !(await this._sendNext())) {
          return;
        }
      } catch (error) {
        if (this._generation === generation) {
          const known = this._doc !== null;
          this._doc = null;
          this._sent = null;
          // The bridge forgot the notebook: the next turn opens it again.
          if (!known || toCellarError(error).code !== 'E_NOT_OPEN') {
            this._fail(error);
            return;
          }
        }
      }
    }
  }

  /** Sends one message, if there is anything to say. */
  private async _sendNext(): Promise<boolean> {
    const cells = Array.from(this._notebook.cells, toWire);
    const metadata: unknown = this._notebook.getMetadata(METADATA_KEY) ?? null;
    const sent = this._sent;
    if (this._doc === null || sent === null) {
      await this._sendOpen(cells, metadata);
      return true;
    }
    const delta = cellDelta(sent.cells, cells);
    const kernel = this._kernelChanged ? this._kernel : undefined;
    const tag = sameJson(sent.metadata, metadata) ? undefined : metadata;
    if (delta === null && tag === undefined && kernel === undefined) {
      return false;
    }
    if (delta !== null) {
      this._edited.emit({ before: sent.cells, delta });
    }
    const version = this._newest.nextVersion(cells);
    this._kernelChanged = false;
    await this._bridge.request('notebook/change', {
      doc: this._doc,
      version,
      deltas: delta === null ? [] : [delta],
      ...(tag === undefined ? {} : { metadata: tag }),
      ...(kernel === undefined ? {} : { kernel })
    });
    if (this._sent === sent) {
      this._sent = { cells, metadata };
    }
    return true;
  }

  private async _sendOpen(cells: WireCell[], metadata: unknown): Promise<void> {
    const generation = this._generation;
    const version = this._newest.nextVersion(cells);
    this._kernelChanged = false;
    const view = await this._bridge.request('notebook/open', {
      path: this._path,
      base: this._base,
      version,
      metadata,
      kernel: this._kernel,
      cells
    });
    if (this._generation !== generation || this._isDisposed) {
      this._forget(view.doc);
      return;
    }
    this._doc = view.doc;
    this._sent = { cells, metadata };
    const early = this._newest.begin(view.doc);
    this.takeView(view);
    if (early !== undefined) {
      this.takeView(early);
    }
  }

  private _fail(error: unknown): void {
    this._error = toCellarError(error);
    this._failed.emit();
  }

  private readonly _bridge: IBridge;
  private readonly _notebook: INotebookModel;
  private readonly _viewChanged = new Signal<this, void>(this);
  private readonly _failed = new Signal<this, void>(this);
  private readonly _edited = new Signal<this, ICellsEdit>(this);
  private readonly _newest = new NewestView();
  private _path: string;
  private _base: string | null;
  private _kernel: KernelInfo;
  private _kernelChanged = false;
  private _doc: string | null = null;
  private _error: CellarError | null = null;
  private _sent: { readonly cells: readonly WireCell[]; readonly metadata: unknown } | null = null;
  private _generation = 0;
  private _timer: ReturnType<typeof setTimeout> | null = null;
  private _work: Promise<void> | null = null;
  private _isDisposed = false;
}

/** One change of the cells, with the cells before it. */
export interface ICellsEdit {
  readonly before: readonly WireCell[];
  readonly delta: CellDelta;
}

/** What a `NotebookLink` is made of. */
export interface INotebookLinkOptions {
  readonly bridge: IBridge;
  readonly notebook: INotebookModel;
  /** Contents path. */
  readonly path: string;
  /** SHA-256 of the file's text as it was loaded, null for a new one. */
  readonly base: string | null;
  readonly kernel: KernelInfo;
}
