import type { FileBrowserModel } from '@jupyterlab/filebrowser';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import type { ProjectModel } from './project.js';

/** Keeps the project model on the notebook in front; without one, on the folder that the file browser shows. */
export class CurrentPath {
  constructor(
    private readonly _project: ProjectModel,
    private readonly _tracker: INotebookTracker,
    private readonly _folder: FileBrowserModel | null
  ) {
    _tracker.currentChanged.connect(this._onCurrent, this);
    _folder?.pathChanged.connect(this._set, this);
    this._onCurrent();
  }

  private _onCurrent(): void {
    const panel = this._tracker.currentWidget;
    if (panel !== this._panel) {
      if (this._panel !== null && !this._panel.isDisposed) {
        this._panel.context.pathChanged.disconnect(this._set, this);
      }
      this._panel = panel;
      panel?.context.pathChanged.connect(this._set, this);
    }
    this._set();
  }

  private _set(): void {
    const panel = this._panel;
    // Other drives than Jupyter's own are no files of the bridge.
    const folder = (this._folder?.path ?? '').replace(/^[^/]*:/, '');
    this._project.setPath(panel === null || panel.isDisposed ? folder : panel.context.localPath);
  }

  dispose(): void {
    Signal.clearData(this);
  }

  private _panel: NotebookPanel | null = null;
}
