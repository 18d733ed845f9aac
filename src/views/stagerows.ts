import type { Mark, Reason, StageState } from '../../server-bridge/src/protocol/state.js';
import type { ProjectModel } from '../models/project.js';
import type { IStageStatus } from '../models/stagestate.js';
import type { INotebooks } from '../tokens.js';

export interface IStageRow {
  readonly name: string;
  readonly address: string;
  readonly notebook: string | null;
  readonly state: StageState;
  readonly marks: readonly Mark[];
  readonly reasons: readonly Reason[];
}

/** Why a stage stands as it does; a problem that blocks it comes first. */
function reasonsOf(stage: IStageStatus): readonly Reason[] {
  const errors = stage.problems.filter(problem => problem.severity === 'error');
  return [...errors.map(problem => ({ kind: 'problem' as const, text: problem.message })), ...stage.reasons];
}

/** The project's stages, those of the notebook in front with the states of its unsaved text and of its run. */
export function stageRows({
  project,
  notebooks
}: {
  readonly project: ProjectModel;
  readonly notebooks: INotebooks;
}): IStageRow[] {
  const live = new Map((notebooks.current?.stages ?? []).map(stage => [stage.address, stage]));
  const known = (project.view?.stages ?? []).map(stage => {
    const now = live.get(stage.address);
    return now === undefined ? stage : { ...stage, state: now.state, marks: now.marks, reasons: reasonsOf(now) };
  });
  const addresses = new Set(known.map(stage => stage.address));
  const added = [...live.values()].filter(stage => !addresses.has(stage.address));
  return [
    ...known,
    ...added.map(stage => ({ ...stage, reasons: reasonsOf(stage), notebook: notebooks.current?.path ?? null }))
  ];
}
