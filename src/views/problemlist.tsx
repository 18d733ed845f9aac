import * as React from 'react';
import type { Problem } from '../../server-bridge/src/protocol/analysis.js';
import { Grid, Row } from './grid.js';
import { Icon } from './icons.js';
import type { IPanelOptions } from './panel.js';
import { Button, CodeText, Empty } from './parts.js';
import type { ShapeName } from './shapes.js';
import { plainText } from './words.js';

function shape(problem: Problem): ShapeName {
  return problem.severity === 'error' ? 'blocked' : problem.severity === 'warning' ? 'warning' : 'hint';
}

/** The project's problems and those of the unsaved notebook in front, each once. */
function problemsOf({ project, notebooks }: IPanelOptions): Problem[] {
  const own = notebooks.current?.view?.problems ?? [];
  const names = new Set(own.map(problem => problem.notebook));
  const moved = own.filter(problem => problem.code === 'W_NOTEBOOK_MOVED').map(problem => problem.path);
  const others = (project.view?.problems ?? []).filter(
    problem =>
      (problem.notebook === null || !names.has(problem.notebook)) &&
      // Where the notebook in front tells what it left behind, the project need not.
      !(problem.code === 'W_NOTEBOOK_GONE' && moved.includes(problem.path))
  );
  const seen = new Set<string>();
  return [...own, ...others].filter(problem => {
    // A file that cannot be read is told by the notebook and by the project.
    const place = problem.path !== undefined && problem.cell === null ? problem.path : problem.notebook;
    const key = JSON.stringify([problem.code, place, problem.cell, problem.message]);
    return !seen.has(key) && seen.add(key);
  });
}

/** Section *Problems*: each with its fix and a jump to its cell. */
export function ProblemList(options: IPanelOptions): React.JSX.Element | null {
  const { bridge, project, trans, actions } = options;
  if (bridge.status.state !== 'ready' || (project.view?.state ?? 'none') === 'none') {
    return null;
  }
  const problems = problemsOf(options);
  if (problems.length === 0) {
    return <Empty text={trans.__('There are no problems.')} />;
  }
  return (
    <Grid label={trans.__('Problems')}>
      {problems.map((problem, i) => {
        const where = [
          problem.notebook ?? problem.path ?? '',
          problem.cell === null ? '' : trans.__('cell %1', problem.cell + 1)
        ].filter(text => text !== '');
        const text = plainText(problem.message);
        return (
          <React.Fragment key={`${problem.code} ${problem.notebook} ${problem.cell} ${i}`}>
            <Row
              first={i === 0}
              wraps
              label={problem.next === undefined ? text : `${text} ${plainText(problem.next)}`}
              data={{
                'data-cellar-problem': problem.code,
                'data-cellar-state': problem.severity === 'error' ? 'blocked' : 'stale'
              }}
              onActivate={() => actions.goToProblem(problem)}
            >
              <Icon name={shape(problem)} className="cellar-StateIcon" />
              <span role="gridcell">
                <CodeText text={problem.message} />
              </span>
              {problem.next !== undefined && (
                <span role="gridcell" className="cellar-Row-next">
                  <CodeText text={problem.next} />
                </span>
              )}
              <span role="gridcell" className="cellar-Row-sub">
                <span className="cellar-ellipsis" title={where.join(', ')}>
                  {where.join(', ')}
                </span>
                <span className="cellar-code">{problem.code}</span>
              </span>
            </Row>
            {problem.fixes.length > 0 && (
              <div role="row" className="cellar-Fixes" aria-label={trans.__('Fixes')}>
                {problem.fixes.map(fix => (
                  <span key={fix.label} role="gridcell">
                    <Button title={fix.label} onClick={() => actions.fix(fix)}>
                      {fix.label}
                    </Button>
                  </span>
                ))}
              </div>
            )}
          </React.Fragment>
        );
      })}
    </Grid>
  );
}
