import { ReactWidget } from '@jupyterlab/ui-components';
import { TextItem } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { countStates } from '../models/stagestate.js';
import type { INotebooks } from '../tokens.js';
import { Icon } from './icons.js';
import { useNow } from './seconds.js';
import { clock, countWord } from './words.js';

/** The running stage with its time. */
function Running(props: { readonly name: string; readonly startedAt: number }): React.JSX.Element {
  const now = useNow(true);
  return <TextItem source={`${props.name} ${clock((now - props.startedAt) / 1000)}`} />;
}

/** *train 0:07* while a stage runs, else *3 stale* or *1 failed · 2 pending*; a press goes to the next such stage. */
export class StatusItem extends ReactWidget {
  constructor(
    private readonly _options: {
      readonly notebooks: INotebooks;
      readonly commands: CommandRegistry;
      readonly trans: TranslationBundle;
    }
  ) {
    super();
    this.addClass('cellar-StatusItem');
    _options.notebooks.changed.connect(this.update, this);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      Signal.clearData(this);
      super.dispose();
    }
  }

  protected override render(): React.JSX.Element | null {
    const { notebooks, commands, trans } = this._options;
    const model = notebooks.current;
    if (model === null || model.stages.length === 0) {
      return null;
    }
    const running = model.stages.find(stage => stage.startedAt !== null);
    const counts = countStates(model.stages);
    const state = running !== undefined ? 'running' : (counts[0]?.state ?? 'fresh');
    const words =
      counts.length === 0
        ? trans.__('up to date')
        : counts.map(each => countWord(trans, each.state, each.count)).join(' · ');
    return (
      <button
        type="button"
        className="cellar-StatusButton"
        data-cellar-state={state}
        title={trans.__('Next Stale Stage')}
        onClick={() => void commands.execute('cellar:next-stale')}
      >
        <Icon name={state} className="cellar-StateIcon" />
        {running?.startedAt != null ? (
          <Running name={running.name} startedAt={running.startedAt} />
        ) : (
          <TextItem source={words} />
        )}
      </button>
    );
  }
}
