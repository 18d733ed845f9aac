import { ReactWidget } from '@jupyterlab/ui-components';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { Menu } from '@lumino/widgets';
import * as React from 'react';
import { countStates } from '../models/stagestate.js';
import type { INotebooks } from '../tokens.js';
import { Icon } from './icons.js';
import { State } from './parts.js';
import { countWord } from './words.js';

/** What the items of the notebook toolbar work with. */
export interface IToolbarOptions {
  readonly panel: NotebookPanel;
  readonly notebooks: INotebooks;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

/** An item that redraws whenever the panel's model changes. */
abstract class ToolbarItem extends ReactWidget {
  constructor(protected readonly options: IToolbarOptions) {
    super();
    options.notebooks.changed.connect(this.update, this);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      Signal.clearData(this);
      super.dispose();
    }
  }
}

/** *Reproduce*, which is *Stop* while a run of this notebook lasts; the caret opens the other ways to reproduce. */
export class ReproduceButton extends ToolbarItem {
  constructor(options: IToolbarOptions) {
    super(options);
    this.addClass('cellar-RunButton');
    this._menu = new Menu({ commands: options.commands });
    for (const command of [
      'cellar:reproduce',
      'cellar:reproduce-with-plan',
      'cellar:reproduce-to-here',
      'cellar:reproduce-only-this',
      'cellar:force-stage'
    ]) {
      this._menu.addItem({ command });
    }
    this._menu.addItem({ type: 'separator' });
    this._menu.addItem({ command: 'cellar:load-results' });
    this._menu.addItem({ command: 'cellar:stop' });
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._menu.dispose();
      super.dispose();
    }
  }

  protected override render(): React.JSX.Element {
    const { trans, notebooks, panel } = this.options;
    const active = notebooks.of(panel)?.run.active ?? false;
    const caption = active
      ? trans.__('Stop reproducing; outs of the running stage are put back')
      : trans.__('Run what is out of date; Shift-click shows the plan first');
    return (
      <>
        <button
          type="button"
          className="cellar-RunButton-main"
          title={caption}
          data-cellar-active={active}
          onClick={event => this._press(active, event.shiftKey)}
        >
          <Icon name={active ? 'stop' : 'reproduce'} />
          {active ? trans.__('Stop') : trans.__('Reproduce')}
        </button>
        <button
          type="button"
          className="cellar-RunButton-menu"
          title={trans.__('More ways to reproduce')}
          aria-label={trans.__('More ways to reproduce')}
          aria-haspopup="menu"
          onClick={event => this._openMenu(event.currentTarget)}
        >
          <Icon name="chevron" />
        </button>
      </>
    );
  }

  private _press(active: boolean, shift: boolean): void {
    const command = active ? 'cellar:stop' : shift ? 'cellar:reproduce-with-plan' : 'cellar:reproduce';
    void this.options.commands.execute(command);
  }

  private _openMenu(anchor: HTMLElement): void {
    const { left, bottom } = anchor.getBoundingClientRect();
    this._menu.open(left, bottom);
  }

  private readonly _menu: Menu;
}

/** Widths of the toolbar, in pixels, under which the summary keeps its numbers only, and under which it goes. */
const NUMBERS = 1100;
const NOTHING = 600;

/** *1 stale · 1 available*: what needs something; nothing when all is well. It is the first to give way to other items. */
export class StageSummary extends ToolbarItem {
  constructor(options: IToolbarOptions) {
    super(options);
    this._observer = new ResizeObserver(() => this._measure());
    this._observer.observe(options.panel.toolbar.node);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._observer.disconnect();
      super.dispose();
    }
  }

  protected override render(): React.JSX.Element | null {
    const { trans, notebooks, panel } = this.options;
    const counts = countStates(notebooks.of(panel)?.stages ?? []).filter(
      item => item.state !== 'running' && item.state !== 'queued'
    );
    if (this._room === 'nothing') {
      return null;
    }
    return (
      <span className="cellar-Summary" data-cellar-room={this._room}>
        {counts.map(({ state, count }) => {
          const words = countWord(trans, state, count);
          return (
            <span key={state} title={words} role="img" aria-label={words}>
              <State trans={trans} state={state} word={this._room === 'words' ? words : String(count)} />
            </span>
          );
        })}
      </span>
    );
  }

  private _measure(): void {
    const width = this.options.panel.toolbar.node.clientWidth;
    const room = width < NOTHING ? 'nothing' : width < NUMBERS ? 'numbers' : 'words';
    if (room !== this._room) {
      this._room = room;
      this.update();
    }
  }

  private readonly _observer: ResizeObserver;
  private _room: 'words' | 'numbers' | 'nothing' = 'words';
}
