import { isInside } from '../io/contain.js';
import type { OnProgress } from '../store/jobs.js';
import type { ProjectLockOptions } from '../workspace/lock.js';
import { openProject, type Project } from '../workspace/project.js';
import type { Stage } from '../pipeline/stage.js';
import { statusLines as pipelineLines, statusOf, type Status } from '../pipeline/status.js';
import { handled } from './exits.js';
import { withProject } from './locked.js';
import { chooseTargets, stageSource, type Chosen } from './targets.js';

export interface StatusRequest extends ProjectLockOptions {
  withDeps: boolean;
  recursive: boolean;
  progress?: OnProgress;
}

export interface StatusAnswer {
  /** What `--json` prints: address → parts; empty when nothing changed. */
  changes: Status;
  warnings: string[];
  /** Stages that were looked at. */
  stages: number;
}

/** `cellar status`, as `dvc status` (spec/dvc-pipelines.md §3.3): data and pipelines, without checks of the graph. */
export async function status(cwd: string, targets: readonly string[], request: StatusRequest): Promise<StatusAnswer> {
  const project = await openProject(cwd, { cwd });
  return withProject(project, request, () => handled(() => look(project, targets, request)));
}

async function look(project: Project, targets: readonly string[], request: StatusRequest): Promise<StatusAnswer> {
  const chosen = await chooseTargets(project, stageSource(project), targets, request);
  const warnings: string[] = [];
  const changes = await statusOf(project, chosen.map(narrowed), {
    signal: request.signal,
    progress: request.progress,
    warn: text => warnings.push(text)
  });
  return { changes, warnings, stages: chosen.length };
}

/** A target inside of an out asks only about that out. */
function narrowed({ stage, path }: Chosen): Stage {
  return path === null ? stage : { ...stage, outs: stage.outs.filter(out => isInside(out.abs, path)) };
}

/** The text for people. */
export function statusLines(changes: Status): string[] {
  return pipelineLines(changes);
}
