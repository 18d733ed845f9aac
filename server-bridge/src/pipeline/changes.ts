import { CellarError } from '../protocol/errors.js';
import { outStatus, pathStatus, type OutStatus, type WorkOptions } from '../workspace/outs.js';
import { shownPath, type Project } from '../workspace/project.js';
import { paramsStatus, type ParamsStatus } from './params.js';
import { commandChanged, isCallback, type Dep, type ParamsDep, type Stage, type StageOut } from './stage.js';

/** Everything in which a stage differs from its lock entry. Empty parts mean no difference. */
export interface StageChanges {
  command: boolean;
  /** A callback, or `always_changed: true`: it runs whatever its files say. */
  always: boolean;
  deps: { dep: Dep; status: OutStatus }[];
  params: { dep: ParamsDep; status: ParamsStatus }[];
  outs: { out: StageOut; status: OutStatus }[];
}

/** All differences of a stage (spec/dvc-pipelines.md §3.2). With `deps: false` those of deps and params are left out. */
export async function stageChanges(
  project: Project,
  stage: Stage,
  options: WorkOptions & { deps?: boolean } = {}
): Promise<StageChanges> {
  const changes: StageChanges = {
    command: commandChanged(stage),
    always: isCallback(stage) || stage.alwaysChanged,
    deps: [],
    params: [],
    outs: []
  };
  if (options.deps !== false) {
    for (const dep of stage.deps) {
      const status = await depStatus(project, dep, options);
      if (status !== '') {
        changes.deps.push({ dep, status });
      }
    }
    for (const dep of stage.params) {
      const status = paramsStatus(dep);
      if (typeof status === 'string' || status.size > 0) {
        changes.params.push({ dep, status });
      }
    }
  }
  for (const out of stage.outs) {
    const status = await outStatus(project, out, options);
    if (status !== '') {
      changes.outs.push({ out, status });
    }
  }
  return changes;
}

export interface ChangedOptions extends WorkOptions {
  /** Data that is not here (`deleted`, `not in cache`) is no change (`--allow-missing`). */
  allowMissing?: boolean;
  /** Stages that make what this one reads, as they are recorded now. */
  upstream?: readonly Stage[];
}

/** Whether `repro` would do something for the stage; stops at the first difference, in DVC's order (§3.1). */
export async function isChanged(project: Project, stage: Stage, options: ChangedOptions = {}): Promise<boolean> {
  return commandChanged(stage) || (await depsChanged(project, stage, options)) || outsChanged(project, stage, options);
}

async function depsChanged(project: Project, stage: Stage, options: ChangedOptions): Promise<boolean> {
  if (stage.frozen) {
    return false;
  }
  if (isCallback(stage) || stage.alwaysChanged) {
    return true;
  }
  for (const dep of stage.params) {
    const status = paramsStatus(dep);
    const missing = status === 'deleted' && options.allowMissing === true;
    if (!missing && (typeof status === 'string' || status.size > 0)) {
      return true;
    }
  }
  for (const dep of stage.deps) {
    const status = await depStatus(project, dep, options);
    const tolerated = status === 'deleted' && options.allowMissing === true && !upstreamDiffers(dep, options.upstream);
    if (status !== '' && !tolerated) {
      return true;
    }
  }
  return false;
}

/** A missing dep still counts when the stage that makes it recorded another content than we read. */
function upstreamDiffers(dep: Dep, upstream: readonly Stage[] = []): boolean {
  return upstream.some(stage =>
    stage.outs.some(out => out.abs === dep.abs && out.recorded?.hash?.value !== dep.recorded?.hash?.value)
  );
}

async function outsChanged(project: Project, stage: Stage, options: ChangedOptions): Promise<boolean> {
  for (const out of stage.outs) {
    const status = await outStatus(project, out, options);
    const tolerated = options.allowMissing === true && (status === 'deleted' || status === 'not in cache');
    if (status !== '' && !tolerated) {
      return true;
    }
  }
  return false;
}

/** How a dep differs from what the lock says of it. @throws `E_EXTERNAL_DEP` */
export function depStatus(project: Project, dep: Dep, options: WorkOptions = {}): Promise<OutStatus> {
  if (dep.external) {
    throw new CellarError('E_EXTERNAL_DEP', `dependency '${dep.path}' is not on this machine and cannot be checked.`, {
      next: 'Import the data into the project, and let the stage read the imported file.',
      data: { path: dep.path }
    });
  }
  return pathStatus(project, dep.abs, dep.recorded?.hash, options);
}

/** How DVC shows a path of a stage: as it is defined when that is absolute or a URL, else from where the user stands. */
export function shownOf(project: Project, at: { path: string; abs: string }): string {
  return at.path === at.abs ? at.path : shownPath(project, at.abs);
}
