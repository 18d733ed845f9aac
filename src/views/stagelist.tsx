import * as React from 'react';
import type { Mark, Reason, StageState } from '../../server-bridge/src/protocol/state.js';
import { Grid, Row } from './grid.js';
import { Icon } from './icons.js';
import type { IPanelOptions } from './panel.js';
import { Button, CodeText, Empty } from './parts.js';
import { markWord, plainText, stateWord } from './words.js';

interface IRow {
  readonly name: string;
  readonly address: string;
  readonly notebook: string | null;
  readonly state: StageState;
  readonly marks: readonly Mark[];
  readonly reasons: readonly Reason[];
}

/** The project's stages, those of the notebook in front with the states of its unsaved text and of its run. */
function rows({ project, notebooks }: IPanelOptions): IRow[] {
  const live = new Map((notebooks.current?.stages ?? []).map(stage => [stage.address, stage]));
  const known = (project.view?.stages ?? []).map(stage => {
    const now = live.get(stage.address);
    return now === undefined ? stage : { ...stage, state: now.state, marks: now.marks, reasons: now.reasons };
  });
  const addresses = new Set(known.map(stage => stage.address));
  const added = [...live.values()].filter(stage => !addresses.has(stage.address));
  return [...known, ...added.map(stage => ({ ...stage, notebook: notebooks.current?.path ?? null }))];
}

/** Section *Stages*. */
export function StageList(options: IPanelOptions): React.JSX.Element | null {
  const { bridge, project, trans, actions } = options;
  if (bridge.status.state !== 'ready' || project.view?.state !== 'ready') {
    return null;
  }
  const stages = rows(options);
  if (stages.length === 0) {
    return (
      <Empty text={trans.__('There are no stages yet: tag the cells that make a result.')}>
        <Button onClick={actions.tag}>{trans.__('Tag the active cell…')}</Button>
      </Empty>
    );
  }
  return (
    <Grid label={trans.__('Stages')}>
      {stages.map((stage, i) => {
        const reason = stage.reasons[0]?.text ?? '';
        const state = stateWord(trans, stage.state);
        return (
          <Row
            key={stage.address}
            first={i === 0}
            two
            label={`${stage.name}, ${state}${reason === '' ? '' : `: ${plainText(reason)}`}`}
            data={{ 'data-cellar-state': stage.state, 'data-cellar-stage': stage.name }}
            onActivate={() => actions.goToStage(stage.name, stage.notebook)}
          >
            <Icon name={stage.state} className="cellar-StateIcon" />
            <span role="gridcell" className="cellar-ellipsis" title={stage.address}>
              {stage.name}
            </span>
            <span className="cellar-Row-state">{state}</span>
            <span className="cellar-Row-sub" title={plainText(reason)}>
              <span className="cellar-ellipsis">
                <CodeText text={reason === '' ? (stage.notebook ?? stage.address) : reason} />
              </span>
              {stage.marks.map(mark => (
                <span key={mark} className="cellar-Row-mark" data-cellar-mark={mark}>
                  <Icon name={mark} /> {markWord(trans, mark)}
                </span>
              ))}
            </span>
          </Row>
        );
      })}
    </Grid>
  );
}
