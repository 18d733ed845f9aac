import { relative, resolve } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import type { OnProgress } from '../store/jobs.js';
import { newAddTask, runAddTask, updateTask, type AddTask } from '../workspace/add.js';
import { refuseTracked } from '../workspace/gitfiles.js';
import { withPaths, type ProjectLockOptions } from '../workspace/lock.js';
import { openProject, shownPath, type Project } from '../workspace/project.js';
import { onRecord } from '../workspace/recovery.js';
import { buildGraph } from '../pipeline/graph.js';
import { dvcStage } from '../pipeline/read-stage.js';
import { addressOf, isDataSource, stageText, type Stage } from '../pipeline/stage.js';
import { handled } from './exits.js';
import { expandGlob } from './globbing.js';
import { withProject } from './locked.js';
import { outHolding, stageSource, type StageSource } from './targets.js';

export interface AddOptions extends ProjectLockOptions {
  commit: boolean;
  relink: boolean;
  glob: boolean;
  progress?: OnProgress;
}

export interface Added {
  /** Lines that tell what git should be told; none with `core.autostage`. */
  hint: string[];
  /** The `.dvc` files that were written, absolute. */
  files: string[];
}

/** `cellar add`, as `dvc add` (spec/dvc-data.md §6). Whatever is wrong is found before any data is read. */
export async function add(cwd: string, targets: readonly string[], options: AddOptions): Promise<Added> {
  const project = await openProject(cwd, { cwd });
  return handled(() =>
    withProject(project, options, async () => {
      const tasks = await planAdd(project, expand(cwd, targets, options.glob));
      const outs = [...new Set(tasks.map(task => task.out))];
      await withPaths(project, { write: outs, signal: options.signal }, () => runTasks(project, tasks, options));
      return { hint: await project.gitFiles.finish(), files: tasks.map(task => task.file) };
    })
  );
}

function expand(cwd: string, targets: readonly string[], glob: boolean): string[] {
  if (!glob) {
    return [...new Set(targets)];
  }
  const found = targets.flatMap(target => expandGlob(cwd, target));
  if (found.length === 0) {
    const shown = targets.map(target => `'${target}'`).join(', ');
    throw new CellarError('E_NO_MATCH', `Glob [${shown}] has no matches.`, { next: 'Check the pattern.' });
  }
  return [...new Set(found)];
}

async function planAdd(project: Project, targets: readonly string[]): Promise<AddTask[]> {
  const source = stageSource(project);
  const tasks: AddTask[] = [];
  for (const target of targets) {
    tasks.push(await taskFor(project, source, resolve(project.cwd, target)));
  }
  await checkGraph(project, source, tasks);
  const cached = tasks.filter(task => task.dvcfile.outs[task.index]?.flags.cache !== false);
  await refuseTracked(project.git, [...new Set(cached.map(task => task.out))], project.cwd);
  return tasks;
}

async function taskFor(project: Project, source: StageSource, target: string): Promise<AddTask> {
  const made = outHolding(await source.graph(), target);
  if (made === undefined) {
    return newAddTask(project, target);
  }
  if (!isDataSource(made.stage)) {
    throw ownedByStage(project, target, made.stage);
  }
  return updateTask(project, target, made.out.abs, made.stage.file);
}

function ownedByStage(project: Project, target: string, stage: Stage): CellarError {
  const file = relative(project.cwd, stage.file);
  const shown = shownPath(project, target);
  return new CellarError(
    'E_OUT_OF_STAGE',
    `cannot update '${shown}': overlaps with an output of ${stageText(stage, project.cwd)} in '${file}'.\n` +
      "Run the pipeline or use 'dvc commit' to force update it.",
    { next: `Run \`cellar repro ${addressOf(stage, project.cwd)}\`.`, at: { path: target, stage: stage.name ?? '' } }
  );
}

/** The graph with the new files in it must still be sound; DVC's advice for what overlaps. */
async function checkGraph(project: Project, source: StageSource, tasks: readonly AddTask[]): Promise<void> {
  const fresh = tasks.filter(task => task.text === null || task.target === task.out);
  const changed = new Map(
    fresh.map(task => [task.file, dvcStage({ file: task.file, root: project.root }, task.dvcfile)])
  );
  const stages = [...(await source.stages()).filter(stage => !changed.has(stage.file)), ...changed.values()];
  try {
    buildGraph(stages, { cwd: project.cwd, shown: path => shownPath(project, path) });
  } catch (error) {
    throw error instanceof CellarError ? translated(project, error, stages, new Set(changed.values())) : error;
  }
}

function translated(project: Project, error: CellarError, stages: Stage[], fresh: ReadonlySet<Stage>): CellarError {
  const ids = strings(error.data?.['stages']);
  const involved = ids.map(id => stages.find(stage => stage.id === id)).filter(stage => stage !== undefined);
  const [outer, inner] = involved;
  if (error.code === 'E_OVERLAPPING_OUTS' && outer !== undefined && inner !== undefined) {
    return overlap(project, strings(error.data?.['paths']), outer, inner, fresh.has(outer));
  }
  const old = involved.find(stage => !fresh.has(stage));
  if (error.code === 'E_DUPLICATE_OUT' && old !== undefined) {
    const address = addressOf(old, project.cwd);
    const shown = shownPath(project, error.at?.path ?? '');
    return new CellarError(
      error.code,
      `output '${shown}' is already specified in ${stageText(old, project.cwd)}.\n` +
        `Use \`dvc remove ${address}\` to stop tracking the overlapping output.`,
      { next: `Use \`dvc remove ${address}\` first.`, at: error.at, data: error.data }
    );
  }
  return error;
}

function overlap(project: Project, paths: string[], outer: Stage, inner: Stage, freshOuter: boolean): CellarError {
  const [parent = '', out = ''] = paths.map(path => shownPath(project, path));
  const address = addressOf(freshOuter ? inner : outer, project.cwd);
  const [subject, tracked, advice] = freshOuter
    ? [parent, out, `'dvc remove ${address}' and then 'dvc add ${parent}'`]
    : [out, parent, `'dvc commit ${address}'`];
  return new CellarError(
    'E_OVERLAPPING_OUTS',
    `Cannot add '${subject}', because it is overlapping with other DVC tracked output: '${tracked}'.\n` +
      `To include '${out}' in '${parent}', run ${advice}`,
    { next: `Run ${advice}.`, at: { path: paths[freshOuter ? 0 : 1] } }
  );
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

async function runTasks(project: Project, tasks: readonly AddTask[], options: AddOptions): Promise<void> {
  const plan = { files: tasks.map(task => relative(project.root, task.file)) };
  await onRecord(project, plan, async () => {
    for (const task of tasks) {
      await runAddTask(project, task, {
        commit: options.commit,
        relink: options.relink,
        progress: options.progress,
        signal: options.signal
      });
    }
  });
}
