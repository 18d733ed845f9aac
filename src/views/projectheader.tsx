import * as React from 'react';
import { countStates } from '../models/stagestate.js';
import type { IPanelOptions } from './panel.js';
import { Icon } from './icons.js';
import { Button, Empty, IconButton, State } from './parts.js';
import { useNow } from './seconds.js';
import { stageRows } from './stagerows.js';
import { countWord } from './words.js';

/** Why there is no connection, with the one thing that can be done about it. */
function BridgeState({ bridge, trans, actions }: IPanelOptions): React.JSX.Element {
  const { state, text, next, retryAt } = bridge.status;
  const now = useNow(retryAt !== null);
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - now) / 1000);
  const again = seconds > 0 ? ` ${trans.__('Next try in %1 s.', seconds)}` : '';
  return (
    <div data-cellar-bridge={state}>
      <Empty text={`${text}${next === null ? '' : ` ${next}`}${again}`}>
        {state === 'restarting' && <Button onClick={actions.retry}>{trans.__('Start now')}</Button>}
        {state === 'unavailable' && <Button onClick={actions.retry}>{trans.__('Try again')}</Button>}
      </Empty>
    </div>
  );
}

function NoProject({ project, trans, actions }: IPanelOptions): React.JSX.Element {
  return (
    <Empty text={trans.__('There is no project here yet: data in this folder has no versions.')}>
      <Button kind="primary" disabled={project.view?.start == null} onClick={actions.start}>
        {trans.__('Start versioning data here')}
      </Button>
    </Empty>
  );
}

function Summary(options: IPanelOptions): React.JSX.Element | null {
  const { trans } = options;
  const stages = stageRows(options);
  const counts = countStates(stages);
  if (counts.length === 0) {
    return stages.length === 0 || stages.some(stage => stage.state === 'checking') ? null : (
      <div className="cellar-Line cellar-Project-state">
        <State trans={trans} state="fresh" word={trans.__('everything is up to date')} />
      </div>
    );
  }
  return (
    <div className="cellar-Line cellar-Project-state">
      {counts.map(({ state, count }) => (
        <State key={state} trans={trans} state={state} word={countWord(trans, state, count)} />
      ))}
    </div>
  );
}

/** What a killed bridge or machine left: its outs are put back by the next run, nothing is lost (N55). */
function Interrupted({ project, trans }: IPanelOptions): React.JSX.Element | null {
  const job = project.view?.jobs.find(each => each.state === 'interrupted');
  return job === undefined ? null : (
    <div className="cellar-Line cellar-muted" data-cellar-interrupted={job.id}>
      {trans.__(
        'A run of %1 was interrupted. Reproduce goes on; outs that are not back yet come back first.',
        job.notebook ?? trans.__('this project')
      )}
    </div>
  );
}

/** Files of stages that git does not have yet: a clone would lack them (N11). One quiet line. */
function Unadded({ project, trans, actions }: IPanelOptions): React.JSX.Element | null {
  const files = project.view?.unadded ?? [];
  if (files.length === 0 || project.view?.trust === 'restricted') {
    return null;
  }
  const words = trans._n('%1 file not in git yet', '%1 files not in git yet', files.length);
  return (
    <div className="cellar-Line cellar-muted" data-cellar-unadded={files.length}>
      <span className="cellar-ellipsis" title={files.join('\n')}>
        {words}
      </span>
      <span className="cellar-Strip-grow" />
      <Button kind="small" onClick={() => actions.fix({ label: '', action: { method: 'git/add', params: {} } })}>
        {trans.__('Add to git')}
      </Button>
    </div>
  );
}

/** The top of the panel: which project and branch, how it stands, and what keeps it from working. */
export function ProjectHeader(options: IPanelOptions): React.JSX.Element | null {
  const { bridge, project, trans, actions } = options;
  if (bridge.status.state !== 'ready') {
    return <BridgeState {...options} />;
  }
  const { view, error } = project;
  if (error !== null) {
    return (
      <Empty text={error.next === undefined ? error.message : `${error.message} ${error.next}`}>
        <Button onClick={actions.refresh}>{trans.__('Try again')}</Button>
      </Empty>
    );
  }
  if (view === null) {
    return null;
  }
  if (view.state === 'none') {
    return <NoProject {...options} />;
  }
  return (
    <>
      <div className="cellar-Project">
        <div className="cellar-Line">
          <Icon name="branch" />
          <span className="cellar-ellipsis" title={view.root ?? ''}>
            <b>{view.git?.branch ?? view.name}</b>{' '}
            <span className="cellar-muted">
              {view.git?.ahead ? trans.__('%1 ahead', view.git.ahead) : view.git?.branch ? view.name : null}
            </span>
          </span>
          <span className="cellar-Strip-grow" />
          <IconButton icon="refresh" label={trans.__('Refresh')} onClick={actions.refresh} />
        </div>
        <Summary {...options} />
        <Interrupted {...options} />
        <Unadded {...options} />
      </div>
      {view.trust === 'restricted' && (
        <div className="cellar-Notice" data-cellar-trust="restricted">
          <Icon name="lock" />
          <span>{trans.__('Restricted: nothing here runs, pulls or writes until you trust this project.')}</span>
          <Button kind="small" onClick={actions.review}>
            {trans.__('Review…')}
          </Button>
        </div>
      )}
      {view.error !== null && (
        <div className="cellar-Notice" data-cellar-state="failed" role="alert">
          <span>
            {view.error.message} {view.error.next}
          </span>
        </div>
      )}
    </>
  );
}
