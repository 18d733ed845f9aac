import { basename } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import type { ProjectView } from '../protocol/wire.js';
import { ignoredProblem } from '../notebook/ingit.js';
import { readRecorded } from '../notebook/recorded.js';
import { addressOf } from '../pipeline/stage.js';
import type { Stage } from '../pipeline/stage.js';
import { buildGraph } from '../pipeline/graph.js';
import { graphOptions } from '../pipeline/graph-options.js';
import { orderOf } from '../pipeline/order.js';
import { gitFacts } from './git-facts.js';
import { listJobs, isEnded } from './job-log.js';
import { loadingProblems, withPutBack } from './loading-problems.js';
import { blockReaders } from './lost-outs.js';
import { goneProblems, notebookOf, notebookOwners } from './moved-notebooks.js';
import { isNotebookStage } from './notebook-executor.js';
import { recordedOut } from './recorded-outputs.js';
import type { ProjectSession } from './project-session.js';
import { computeStates } from './stage-states.js';
import type { LiveStage } from './stage-states.js';
import { startPlace } from './start-project.js';

/** What the panel shows where no project is found above `folder`. */
export function noProject(folder: string): ProjectView {
  return {
    state: 'none',
    root: null,
    name: null,
    git: null,
    start: startPlace(folder),
    trust: 'restricted',
    error: null,
    stages: [],
    problems: [],
    jobs: [],
    unadded: []
  };
}

/** Stages in an order in which producers come first; with a broken graph in file order, and the graph's error. */
export function ordered(
  stages: Stage[],
  options: ReturnType<typeof graphOptions>
): { stages: Stage[]; error: CellarError | null } {
  try {
    return { stages: orderOf(buildGraph(stages, options), null), error: null };
  } catch (error) {
    if (error instanceof CellarError) {
      return { stages, error };
    }
    throw error;
  }
}

/** A stage as its files say, for states outside of an open notebook. */
export function diskStage(stage: Stage): LiveStage {
  return {
    stage,
    script: null,
    params: new Map(),
    blocked: null,
    explainScript: () => [],
    undeclared: hasUndeclared(stage)
  };
}

/** N28: what a stage read undeclared keeps it from being plainly fresh, open or not. */
function hasUndeclared(stage: Stage): boolean {
  const out = isNotebookStage(stage) ? recordedOut(stage) : undefined;
  return out !== undefined && (readRecorded(out.abs)?.undeclared.length ?? 0) > 0;
}

/** Everything that the panel shows of a project; states as the files say (open notebooks have their own view). */
export async function projectView(session: ProjectSession): Promise<ProjectView> {
  const project = await session.project();
  const { stages: loaded, errors, lost } = await session.stages();
  const { stages, error } = ordered(loaded, graphOptions(project));
  const all = error === null ? errors : [...errors, error];
  const git = await gitFacts(project, loaded);
  const states = await computeStates(
    project,
    blockReaders(stages.map(diskStage), lost),
    {
      queued: session.active?.queued ?? new Set(),
      running: session.active?.running ?? new Set(),
      failed: session.failed
    },
    session.changes
  );
  return {
    state: all.length > 0 && stages.length === 0 ? 'broken' : 'ready',
    root: project.root,
    name: basename(project.root),
    git:
      project.git === null
        ? null
        : { root: project.git.root, branch: await project.git.branch(), ahead: await project.git.ahead() },
    start: null,
    trust: await session.trust(),
    error: null,
    stages: stages
      .filter(stage => stage.kind === 'pipeline')
      .map(stage => {
        const state = states.get(stage.id);
        return {
          address: addressOf(stage, project.root),
          name: stage.name ?? stage.id,
          notebook: notebookOf(stage, project.root),
          state: state?.state ?? 'checking',
          marks: state?.marks ?? [],
          reasons: state?.reasons ?? []
        };
      }),
    problems: [
      ...(await withPutBack(project, loadingProblems(all, states, project.root))),
      ...goneProblems(notebookOwners(loaded, project.root), project.root),
      ...git.ignored.map(path => ignoredProblem(path, null))
    ],
    unadded: git.unadded,
    jobs: listJobs(project.tmpDir)
      .filter((job, index) => !isEnded(job.state) || (index === 0 && job.state === 'interrupted'))
      .slice(0, 5)
  };
}
