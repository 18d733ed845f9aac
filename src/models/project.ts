import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { CellarError } from '../../server-bridge/src/protocol/errors.js';
import type { ProjectView, Review } from '../../server-bridge/src/protocol/wire.js';
import { toCellarError } from '../bridge/failure.js';
import type { BridgeNotification, IBridge } from '../tokens.js';

/** What a person agrees to: the project's code and all it does, or contacting its remotes alone (N64). */
export type TrustScope = 'code' | 'remotes';

/** The project that the current file is in, as the bridge sees it. */
export class ProjectModel implements IDisposable {
  constructor(options: IProjectModelOptions) {
    this._bridge = options.bridge;
    this._bridge.connected.connect(this._onConnected, this);
    this._bridge.notified.connect(this._onNotified, this);
    this._bridge.statusChanged.connect(this._onStatus, this);
  }

  /** Contents path that the panel is about: the notebook in front, or the folder of the file browser. */
  get path(): string | null {
    return this._path;
  }

  get view(): ProjectView | null {
    return this._view;
  }

  get error(): CellarError | null {
    return this._error;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  setPath(path: string): void {
    if (path !== this._path) {
      this._path = path;
      void this.refresh();
    }
  }

  /** Asks again; what is shown stays until the answer is there. With `again` the bridge looks at every file anew. */
  async refresh(again = false): Promise<void> {
    const path = this._path;
    if (path === null || this._bridge.status.state !== 'ready') {
      return;
    }
    const question = again ? { path, again } : { path };
    await this._take(path, this._bridge.request('project/get', question)).catch(() => undefined);
  }

  /** Makes a project here, with a git repository around it when asked (issue 4 §3.3). */
  async start(gitInit: boolean, subdir: boolean): Promise<ProjectView> {
    const path = this._path ?? '';
    return this._take(path, this._bridge.request('project/start', { path, gitInit, subdir }));
  }

  /** What the project would run, contact and write, for the question (N64). Changes nothing. */
  async review(path = this._path ?? ''): Promise<Review> {
    return this._bridge.request('project/review', { path });
  }

  async trust(digest: string, scope: TrustScope, path = this._path ?? ''): Promise<ProjectView> {
    return this._take(path, this._bridge.request('project/trust', { path, digest, scope }));
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  private async _take(path: string, answer: Promise<ProjectView>): Promise<ProjectView> {
    try {
      const view = await answer;
      if (path === this._path && !this._isDisposed) {
        this._view = view;
        this._error = null;
        this._changed.emit();
      }
      return view;
    } catch (error) {
      const failure = toCellarError(error);
      if (path === this._path && !this._isDisposed) {
        this._error = failure;
        this._changed.emit();
      }
      throw failure;
    }
  }

  private _onConnected(): void {
    void this.refresh();
  }

  private _onStatus(): void {
    this._changed.emit();
  }

  private _onNotified(_sender: IBridge, { name, params }: BridgeNotification): void {
    if (name === 'project/view' && (params.path === this._path || this._isShown(params.view.root))) {
      this._view = params.view;
      this._error = null;
      this._changed.emit();
    }
  }

  private _isShown(root: string | null): boolean {
    return root !== null && root === this._view?.root;
  }

  private readonly _bridge: IBridge;
  private readonly _changed = new Signal<this, void>(this);
  private _path: string | null = null;
  private _view: ProjectView | null = null;
  private _error: CellarError | null = null;
  private _isDisposed = false;
}

/** What a `ProjectModel` is made of. */
export interface IProjectModelOptions {
  readonly bridge: IBridge;
}
