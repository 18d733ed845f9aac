import { ReactWidget } from '@jupyterlab/ui-components';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import type { IJobStep } from '../models/job.js';
import type { NotebookModel } from '../models/notebook.js';
import { IconButton } from './parts.js';
import { JobLine } from './jobline.js';
import { NoticeLines, noticeCount } from './noticelines.js';

/** What the strip's buttons do. */
export interface IStripActions {
  tag(): void;
  /** Goes to the cell and line where a stage failed. */
  goToError(step: IJobStep): void;
}

/**
 * The lines between toolbar and cells: the plan while it runs and its end, notices, and *Recorded outputs are newer*.
 * When its height changes the notebook scrolls by as much, so that no cell moves on screen.
 */
export class Strip extends ReactWidget {
  constructor(options: IStripOptions) {
    super();
    this._panel = options.panel;
    this._model = options.model;
    this._trans = options.trans;
    this._actions = options.actions;
    this.addClass('cellar-Strip');
    this.node.setAttribute('aria-label', this._trans.__('Run and notices of Cellar'));
    this.node.setAttribute('role', 'region');
    this.hide();
    this._model.changed.connect(this._onChanged, this);
    this._onChanged();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      Signal.clearData(this);
      super.dispose();
    }
  }

  protected override render(): React.JSX.Element {
    return (
      <>
        {this._showsJob && this._model.job !== null && (
          <div className="cellar-Strip-line">
            <JobLine
              key={this._model.job.id}
              trans={this._trans}
              job={this._model.job}
              goToError={step => this._actions.goToError(step)}
            />
            <IconButton icon="close" label={this._trans.__('Close')} onClick={() => this._closeJob()} />
          </div>
        )}
        <NoticeLines trans={this._trans} model={this._model} tag={() => this._actions.tag()} />
      </>
    );
  }

  private get _showsJob(): boolean {
    const { job, run } = this._model;
    return job !== null && job.id !== this._closed && job.steps.length > 0 && !run.outdated;
  }

  private _closeJob(): void {
    this._closed = this._model.job?.id ?? null;
    this._onChanged();
  }

  private _onChanged(): void {
    const lines = (this._showsJob ? 1 : 0) + noticeCount(this._model);
    if (lines !== this._lines) {
      this._keepPlace(lines);
    }
    this.update();
  }

  private _keepPlace(lines: number): void {
    const scroller = this._panel.content.outerNode;
    const before = this.node.offsetHeight;
    const at = scroller.scrollTop;
    this._lines = lines;
    this.setHidden(lines === 0);
    this.node.style.minHeight = `${lines * LINE}px`;
    this.node.style.maxHeight = `${lines * LINE}px`;
    this._panel.contentHeader.update();
    const moved = lines * LINE - before;
    // At the very top there is nothing above to scroll by: the cells give way there.
    if (at > 0 || moved < 0) {
      requestAnimationFrame(() => {
        scroller.scrollTop = Math.max(0, at + moved);
      });
    }
  }

  private readonly _panel: NotebookPanel;
  private readonly _model: NotebookModel;
  private readonly _trans: TranslationBundle;
  private readonly _actions: IStripActions;
  private _lines = 0;
  private _closed: string | null = null;
}

/** Height of one line in pixels, as in the style sheet. */
const LINE = 28;

/** What a `Strip` is made of. */
export interface IStripOptions {
  readonly panel: NotebookPanel;
  readonly model: NotebookModel;
  readonly trans: TranslationBundle;
  readonly actions: IStripActions;
}
