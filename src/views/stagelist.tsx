import * as React from 'react';
import { Grid, Row } from './grid.js';
import { Icon } from './icons.js';
import type { IPanelOptions } from './panel.js';
import { Button, CodeText, Empty } from './parts.js';
import { stageRows } from './stagerows.js';
import { markWord, plainText, stateWord } from './words.js';

/** Section *Stages*. */
export function StageList(options: IPanelOptions): React.JSX.Element | null {
  const { bridge, project, trans, actions } = options;
  if (bridge.status.state !== 'ready' || project.view?.state !== 'ready') {
    return null;
  }
  const stages = stageRows(options);
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
            <span role="gridcell" className="cellar-Row-state">
              {state}
            </span>
            <span role="gridcell" className="cellar-Row-sub" title={plainText(reason)}>
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
