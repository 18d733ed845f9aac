import { join, resolve } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { isInside } from '../io/contain.js';
import { existsSync, statSync } from '../io/files.js';
import { buildGraph, type Graph, type Made } from '../pipeline/graph.js';
import { loadFile, loadStages } from '../pipeline/load.js';
import { postOrder } from '../pipeline/order.js';
import type { Stage } from '../pipeline/stage.js';
import { findTargets } from '../pipeline/targets.js';
import { isStageFileName } from '../workspace/discover.js';
import { shownPath, type Project } from '../workspace/project.js';

/** A stage that a target names; with `path` only its out at or above that path counts. */
export interface Chosen {
  stage: Stage;
  path: string | null;
}

export interface ChooseOptions {
  withDeps: boolean;
  recursive: boolean;
}

/** All stages of a project and their graph, loaded when first asked for and then kept. */
export interface StageSource {
  stages(): Promise<readonly Stage[]>;
  /** @throws what `buildGraph` throws: duplicate or overlapping outs, cycles */
  graph(): Promise<Graph>;
}

export function stageSource(project: Project): StageSource {
  let loaded: Promise<readonly Stage[]> | undefined;
  let graph: Promise<Graph> | undefined;
  const stages = (): Promise<readonly Stage[]> => (loaded ??= loadStages(project));
  return {
    stages,
    graph: () =>
      (graph ??= stages().then(all => buildGraph(all, { cwd: project.cwd, shown: path => shownPath(project, path) })))
  };
}

/** The out that is `path` or a directory above it. */
export function outHolding(graph: Graph, path: string): Made | undefined {
  return graph.outsAt(path).find(made => isInside(made.out.abs, path));
}

const NOT_FOUND = new Set(['E_STAGE_NOT_FOUND', 'E_STAGE_FILE_MISSING', 'E_BAD_STAGE_FILE']);

export function isNotFound(error: unknown): error is CellarError {
  return error instanceof CellarError && (NOT_FOUND.has(error.code) || error.code === 'E_NO_OUT_OR_STAGE');
}

/**
 * What targets name, as `status` and `checkout` take them (spec/dvc-pipelines.md §4.3): a stage of `./dvc.yaml` wins
 * over an out, an out over a directory; no targets mean everything, without checks of the graph.
 * @throws CellarError `E_NO_OUT_OR_STAGE` and what `findTargets` throws
 */
export async function chooseTargets(
  project: Project,
  source: StageSource,
  targets: readonly string[],
  options: ChooseOptions
): Promise<Chosen[]> {
  if (targets.length === 0) {
    return (await source.stages()).map(stage => ({ stage, path: null }));
  }
  const chosen: Chosen[] = [];
  for (const target of targets) {
    chosen.push(...(await chooseOne(project, source, target, options)));
  }
  return chosen;
}

async function chooseOne(
  project: Project,
  source: StageSource,
  target: string,
  options: ChooseOptions
): Promise<Chosen[]> {
  const at = resolve(project.cwd, target);
  if (options.recursive && statSync(at)?.isDirectory() === true) {
    const { stages } = await source.graph();
    return whole(stages.filter(stage => isInside(at, stage.file)));
  }
  const bare = !isStageFileName(target) && !/:[^\\/]*$/.test(target);
  if (bare) {
    const named = await namedStages(project, source, target, options);
    if (named.length > 0) {
      return named;
    }
    const made = outHolding(await source.graph(), at);
    if (made !== undefined) {
      return [{ stage: made.stage, path: at }];
    }
  } else if (!options.withDeps && isStageFileName(target) && existsSync(at) && !project.ignore.ignores(at, false)) {
    await refuseGitIgnored(project, at, target);
    return whole(loadFile(project, at));
  }
  try {
    return await withDependencies(source, findTargets(project, await source.stages(), [target]), options);
  } catch (error) {
    throw bare && isNotFound(error) ? noOutOrStage(target, error) : error;
  }
}

/** Stages of the `dvc.yaml` where the user stands, by name; none when the name is another thing. */
async function namedStages(
  project: Project,
  source: StageSource,
  target: string,
  options: ChooseOptions
): Promise<Chosen[]> {
  if (!existsSync(join(project.cwd, 'dvc.yaml'))) {
    return [];
  }
  try {
    return await withDependencies(source, findTargets(project, await source.stages(), [target]), options);
  } catch (error) {
    if (isNotFound(error)) {
      return [];
    }
    throw error;
  }
}

async function withDependencies(source: StageSource, stages: Stage[], options: ChooseOptions): Promise<Chosen[]> {
  if (!options.withDeps) {
    return whole(stages);
  }
  const graph = await source.graph();
  return whole(postOrder(stages, stage => graph.upstream.get(stage) ?? []));
}

function whole(stages: readonly Stage[]): Chosen[] {
  return stages.map(stage => ({ stage, path: null }));
}

async function refuseGitIgnored(project: Project, file: string, target: string): Promise<void> {
  if (project.git !== null && (await project.git.isIgnored(file))) {
    throw new CellarError('E_GIT_IGNORED', `bad DVC file name '${target}' is git-ignored.`, {
      next: `Take the rule that hides '${target}' out of .gitignore.`,
      at: { path: file }
    });
  }
}

function noOutOrStage(target: string, cause: CellarError): CellarError {
  return new CellarError(
    'E_NO_OUT_OR_STAGE',
    `'${target}' does not exist as an output or a stage name in 'dvc.yaml': ${cause.message}`,
    {
      exit: cause.exit,
      next: 'Name a tracked file or directory, a .dvc file, or a stage.',
      cause,
      at: { path: target }
    }
  );
}
