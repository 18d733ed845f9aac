import { join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { readTextIfSync } from '../io/files.js';
import type { Project } from '../workspace/project.js';
import { isChanged } from './changes.js';
import { dryRun } from './dry-run.js';
import { cancelledError } from './executor.js';
import { registerPaths, runStage, type RunOptions } from './run-stage.js';
import { addressOf, isDataSource, isImport, stageText, type Stage } from './stage.js';
import type { Turn } from './turn.js';
import { verifyStage } from './verify-stage.js';

export interface ReproduceStageOptions extends RunOptions, DecideOptions {
  signal?: AbortSignal;
  confirm?: (stage: Stage) => Promise<boolean>;
}

export type Outcome = 'skipped' | 'ran' | 'restored' | 'verified' | 'would-run';

/** Bring one stage up to date, its deps being so already (spec/dvc-pipelines.md §5.2, §5.3). */
export async function reproduceStage(
  project: Project,
  stage: Stage,
  turn: Turn,
  options: ReproduceStageOptions
): Promise<Outcome> {
  const { onEvent, signal } = options;
  if (signal?.aborted) {
    throw cancelledError();
  }
  if (stage.frozen && !isImport(stage)) {
    const text = `${stageText(stage, project.cwd)} is frozen. Its dependencies are not going to be reproduced.`;
    onEvent({ type: 'warning', text, stage });
  }
  if (!options.force && !(await turn(() => decide(project, stage, options)))) {
    onEvent({ type: 'stage-skip', stage });
    return 'skipped';
  }
  if (options.confirm && !(await options.confirm(stage))) {
    throw new CellarError('E_ABORTED', 'reproduction aborted by the user', {
      next: 'Run the command without `-i`, or answer with yes.'
    });
  }
  if (options.dry) {
    await turn(() => dryRun(project, stage, options));
    return 'would-run';
  }
  const how = await act(project, stage, turn, options);
  onEvent({ type: 'stage-done', stage, how });
  return how;
}

export interface DecideOptions {
  dry: boolean;
  allowMissing: boolean;
  /** Stages that make what this one reads. */
  upstream: readonly Stage[];
  signal?: AbortSignal;
}

/**
 * Whether anything is to be done. With the project lock held nobody begins to write; who is writing already has said so
 * in the registry of paths, and only then we have to say what we read.
 */
export async function decide(project: Project, stage: Stage, options: DecideOptions): Promise<boolean> {
  const { allowMissing, upstream, signal } = options;
  const free = options.dry || isRegistryEmpty(project);
  const release = free ? null : await registerPaths(project, stage, signal);
  try {
    return await isChanged(project, stage, { allowMissing, upstream, signal });
  } finally {
    await release?.();
  }
}

function isRegistryEmpty(project: Project): boolean {
  const text = readTextIfSync(join(project.tmpDir, 'rwlock'));
  return text === null || text === '{}';
}

async function act(
  project: Project,
  stage: Stage,
  turn: Turn,
  options: ReproduceStageOptions
): Promise<'ran' | 'restored' | 'verified'> {
  if (isImport(stage) && !stage.frozen) {
    throw new CellarError(
      'E_IMPORT',
      `'${addressOf(stage, project.cwd)}' is an import, which cannot be fetched anew here.`,
      {
        next: 'Freeze it (`frozen: true` in the file), or update it with `dvc update`.',
        at: { path: stage.file }
      }
    );
  }
  if (isDataSource(stage) || stage.frozen) {
    options.onEvent({ type: 'stage-verify', stage });
    await turn(() => verifyStage(project, stage, options));
    return 'verified';
  }
  return runStage(project, stage, turn, options);
}
