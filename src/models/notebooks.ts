import type { Cell } from '@jupyterlab/cells';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import {
  type INotebookModel,
  type INotebookTracker,
  type Notebook,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import type { ISessionContext } from '@jupyterlab/apputils';
import { type IDisposable, DisposableDelegate } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { KernelInfo } from '../../server-bridge/src/protocol/wire.js';
import type { IBridge, INotebooks } from '../tokens.js';
import { askExecutable, speaksPython } from './kernel.js';
import { NotebookModel } from './notebook.js';

/** The kernel that a notebook asks for, while none is running: its name decides which interpreter runs stages (N48). */
export function wantedKernel(notebook: INotebookModel): KernelInfo {
  const spec: unknown = notebook.getMetadata('kernelspec');
  const text = (key: string): string | null => {
    const value: unknown = typeof spec === 'object' && spec !== null ? Reflect.get(spec, key) : undefined;
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return { name: text('name'), language: text('language'), executable: null };
}

/** SHA-256 of the notebook file as the context holds it (N51); null when the server did not say. */
function baseOf(context: DocumentRegistry.IContext<INotebookModel>): string | null {
  const model = context.contentsModel;
  return model?.hash && (model.hash_algorithm ?? 'sha256') === 'sha256' ? model.hash : null;
}

/** Ties one notebook panel to its model: path, saves and kernel. */
class Attachment implements IDisposable {
  constructor(
    readonly panel: NotebookPanel,
    bridge: IBridge
  ) {
    const { context } = panel;
    this.model = new NotebookModel({
      bridge,
      notebook: context.model,
      path: context.localPath,
      base: baseOf(context),
      kernel: wantedKernel(context.model)
    });
    context.saveState.connect(this._onSaveState, this);
    context.pathChanged.connect(this._onPathChanged, this);
    panel.sessionContext.kernelChanged.connect(this._onKernel, this);
    panel.sessionContext.statusChanged.connect(this._onKernelStatus, this);
    this._onKernel(panel.sessionContext);
  }

  readonly model: NotebookModel;

  get isDisposed(): boolean {
    return this.model.isDisposed;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.model.dispose();
      Signal.clearData(this);
    }
  }

  private _onSaveState(context: DocumentRegistry.IContext<INotebookModel>, state: DocumentRegistry.SaveState): void {
    if (state === 'completed') {
      void this.model.link.saved(baseOf(context));
    }
  }

  private _onPathChanged(context: DocumentRegistry.IContext<INotebookModel>): void {
    this.model.link.moved(context.localPath);
  }

  private _onKernelStatus(context: ISessionContext): void {
    const kernel = context.session?.kernel;
    if (kernel?.status === 'idle' && this._asked !== kernel.id) {
      this._onKernel(context);
    }
  }

  private _onKernel(context: ISessionContext): void {
    void this._tellKernel(context);
  }

  /** Asks a kernel for its interpreter once, and only when it is idle: a question never waits behind the user's cells. */
  private async _tellKernel(context: ISessionContext): Promise<void> {
    const kernel = context.session?.kernel ?? null;
    if (kernel === null) {
      this.model.setKernel(wantedKernel(this.model.notebook));
      return;
    }
    const language = (await kernel.spec)?.language ?? null;
    if (kernel.status !== 'idle' || this._asked === kernel.id || !(await speaksPython(context))) {
      if (this._asked !== kernel.id) {
        this.model.setKernel({ name: kernel.name, language, executable: null });
      }
      return;
    }
    this._asked = kernel.id;
    let executable: string | null;
    try {
      executable = await askExecutable(kernel);
    } catch {
      // It was restarted or went away during the question: asked again when one is idle.
      this._asked = null;
      return;
    }
    if (!this.isDisposed && context.session?.kernel?.id === kernel.id) {
      this.model.setKernel({ name: kernel.name, language, executable });
    }
  }

  private _asked: string | null = null;
}

/** The models of all open notebooks, made when their file has loaded and disposed with their panel. */
export class Notebooks implements INotebooks, DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  constructor(
    private readonly _bridge: IBridge,
    private readonly _tracker: INotebookTracker
  ) {
    _tracker.currentChanged.connect(this._onCurrentChanged, this);
    NotebookActions.executed.connect(this._onExecuted, this);
  }

  get current(): NotebookModel | null {
    const panel = this._tracker.currentWidget;
    return panel === null ? null : this.of(panel);
  }

  get currentChanged(): ISignal<this, NotebookModel | null> {
    return this._currentChanged;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get all(): readonly NotebookModel[] {
    return [...this._attached.values()].map(item => item.model);
  }

  of(panel: NotebookPanel): NotebookModel | null {
    return this._attached.get(panel)?.model ?? null;
  }

  /** Called by Lab for each notebook panel. */
  createNew(panel: NotebookPanel, context: DocumentRegistry.IContext<INotebookModel>): IDisposable {
    void context.ready.then(() => {
      if (!panel.isDisposed && !this._attached.has(panel)) {
        const attachment = new Attachment(panel, this._bridge);
        this._attached.set(panel, attachment);
        attachment.model.changed.connect(() => this._changed.emit());
        this._onCurrentChanged();
      }
    });
    return new DisposableDelegate(() => {
      this._attached.get(panel)?.dispose();
      this._attached.delete(panel);
      this._changed.emit();
    });
  }

  private _onCurrentChanged(): void {
    this._currentChanged.emit(this.current);
    this._changed.emit();
  }

  private _onExecuted(_sender: unknown, { notebook, cell }: { notebook: Notebook; cell: Cell }): void {
    for (const { panel, model } of this._attached.values()) {
      if (panel.content === notebook) {
        model.markLive(cell.model);
      }
    }
  }

  private readonly _attached = new Map<NotebookPanel, Attachment>();
  private readonly _currentChanged = new Signal<this, NotebookModel | null>(this);
  private readonly _changed = new Signal<this, void>(this);
}
