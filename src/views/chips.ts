import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { Fix } from '../../server-bridge/src/protocol/analysis.js';
import type { NotebookModel } from '../models/notebook.js';
import { chipHost, ghostButton } from './chip.js';
import { cellFaces, type IFace } from './faces.js';
import { clock } from './words.js';

/** What a chip can be asked. */
export interface IChipActions {
  /** Opens the popover of a cell at its chip. */
  open(cell: Cell): void;
  fix(fix: Fix, cell: Cell): void;
  rename(stage: string): void;
}

const OWN = ':scope > .cellar-StageHost, :scope > .cellar-Ghost';

/**
 * Draws chips, bars, rails and tag icons on the cells of one notebook. One idempotent pass over the cells, at most once an
 * animation frame, from the model alone: cells come and go with windowing, their nodes stay. What has not changed is not
 * touched, so focus and scroll position survive.
 */
export class ChipLayer implements IDisposable {
  constructor(options: IChipLayerOptions) {
    this._panel = options.panel;
    this._model = options.model;
    this._trans = options.trans;
    this._actions = options.actions;
    this._model.changed.connect(this.update, this);
    this._panel.content.modelContentChanged.connect(this.update, this);
    this.update();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Draws with the next frame. */
  update(): void {
    if (this._frame === null && !this._isDisposed) {
      this._frame = requestAnimationFrame(() => {
        this._frame = null;
        this.sync();
      });
    }
  }

  /** Draws at once. */
  sync(): void {
    if (this._isDisposed || this._panel.isDisposed) {
      return;
    }
    const faces = cellFaces(this._model);
    const notebook: Notebook = this._panel.content;
    let running = false;
    for (const cell of notebook.widgets) {
      const face = faces.get(cell.model) ?? null;
      running ||= face?.startedAt != null;
      this._draw(cell, face);
    }
    this._tick(running);
  }

  /** The chip, bar or tag icon of a cell, for focus and as an anchor. */
  anchor(cell: Cell): HTMLElement | null {
    return cell.node.querySelector(':scope > .cellar-StageHost > button, :scope > .cellar-Ghost');
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    if (this._frame !== null) {
      cancelAnimationFrame(this._frame);
    }
    this._tick(false);
    if (!this._panel.isDisposed) {
      for (const cell of this._panel.content.widgets) {
        this._draw(cell, null);
      }
    }
    Signal.clearData(this);
  }

  private _draw(cell: Cell, face: IFace | null): void {
    const key = face === null ? '' : JSON.stringify(face);
    const drawn = cell.node.querySelectorAll<HTMLElement>(OWN);
    this._await(cell);
    if (this._drawn.get(cell.model) === key && drawn.length === (face === null ? 0 : 1)) {
      if (drawn[0] !== undefined && cell.node.firstElementChild !== drawn[0]) {
        cell.node.prepend(drawn[0]);
      }
      return;
    }
    this._drawn.set(cell.model, key);
    const hadFocus = Array.from(drawn).some(node => node.contains(document.activeElement));
    const made = face === null ? null : this._make(cell, face);
    drawn.forEach(node => node.remove());
    if (made !== null) {
      cell.node.prepend(made);
    }
    this._mark(cell, face);
    if (hadFocus) {
      this.anchor(cell)?.focus({ preventScroll: true });
    }
  }

  /** When a cell builds its inside, that stands before what is there already: the host then goes to the top again. */
  private _await(cell: Cell): void {
    if (!this._awaited.has(cell)) {
      this._awaited.add(cell);
      void cell.ready.then(() => this.update());
    }
  }

  private _make(cell: Cell, face: IFace): HTMLElement {
    const open = (): void => this._actions.open(cell);
    if (face.kind === 'ghost' && face.problem === null) {
      return ghostButton(this._trans, open);
    }
    return chipHost(this._trans, face, {
      open,
      fix: fix => this._actions.fix(fix, cell),
      rename: () => this._actions.rename(face.stage)
    });
  }

  private _mark(cell: Cell, face: IFace | null): void {
    const { classList, dataset } = cell.node;
    const tagged = face !== null && face.kind !== 'ghost';
    classList.toggle('cellar-mod-first', tagged && face.first);
    classList.toggle('cellar-mod-last', tagged && face.last);
    if (tagged && face.state !== null) {
      dataset.cellarState = face.state;
    } else {
      delete dataset.cellarState;
    }
    if (tagged && face.role !== null) {
      dataset.cellarRole = face.role;
    } else {
      delete dataset.cellarRole;
    }
    if (tagged && face.stage !== '') {
      dataset.cellarStage = face.stage;
    } else {
      delete dataset.cellarStage;
    }
  }

  /** The clock of the running stage: text alone changes, once a second. */
  private _tick(running: boolean): void {
    if (running && this._timer === null) {
      this._timer = window.setInterval(() => this._showTimes(), 1000);
    } else if (!running && this._timer !== null) {
      window.clearInterval(this._timer);
      this._timer = null;
    }
    if (running) {
      this._showTimes();
    }
  }

  private _showTimes(): void {
    for (const node of this._panel.content.node.querySelectorAll<HTMLElement>('[data-cellar-started]')) {
      node.textContent = clock((Date.now() - Number(node.dataset.cellarStarted)) / 1000);
    }
  }

  private readonly _panel: NotebookPanel;
  private readonly _model: NotebookModel;
  private readonly _trans: TranslationBundle;
  private readonly _actions: IChipActions;
  private readonly _awaited = new WeakSet<Cell>();
  private readonly _drawn = new WeakMap<ICellModel, string>();
  private _frame: number | null = null;
  private _timer: number | null = null;
  private _isDisposed = false;
}

/** What a `ChipLayer` is made of. */
export interface IChipLayerOptions {
  readonly panel: NotebookPanel;
  readonly model: NotebookModel;
  readonly trans: TranslationBundle;
  readonly actions: IChipActions;
}
