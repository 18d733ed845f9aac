import type { NotebookView, WireCell } from '../../server-bridge/src/protocol/wire.js';

/** The versions that were sent to the bridge, and the newest view that answers one of them. */
export class NewestView {
  get view(): NotebookView | null {
    return this._view;
  }

  /** Cell ids at the version that the view answers: its indices count in this list. */
  get ids(): readonly string[] {
    return this._viewIds;
  }

  /** Numbers a text that is about to be sent. */
  nextVersion(cells: readonly WireCell[]): number {
    this._version += 1;
    this._ids.set(
      this._version,
      cells.map(cell => cell.id ?? '')
    );
    return this._version;
  }

  /** Takes a view of the open document; false for one that is older, or answers what was never said. */
  take(view: NotebookView): boolean {
    const ids = this._ids.get(view.version);
    if (ids === undefined || view.version < (this._view?.version ?? 0)) {
      return false;
    }
    this._view = view;
    this._viewIds = ids;
    for (const version of this._ids.keys()) {
      if (version < view.version) {
        this._ids.delete(version);
      }
    }
    return true;
  }

  /** Keeps a view that came while nothing is open: it may answer the open whose result is on its way. */
  keepEarly(view: NotebookView): void {
    this._early.set(view.doc, view);
  }

  /** Another document was opened; gives the view of it that came before, if any. */
  begin(doc: string): NotebookView | undefined {
    this._view = null;
    const early = this._early.get(doc);
    this._early.clear();
    return early;
  }

  private readonly _early = new Map<string, NotebookView>();
  private readonly _ids = new Map<number, string[]>();
  private _view: NotebookView | null = null;
  private _viewIds: readonly string[] = [];
  private _version = 0;
}
