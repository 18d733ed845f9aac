import type { Project } from '../workspace/project.js';
import { commandsOf } from '../run/shell.js';
import type { RunOptions } from './run-stage.js';
import { findResult } from './run-stage.js';
import { readInputs } from './record.js';
import { CellarError } from '../protocol/errors.js';
import type { Stage } from './stage.js';

/**
 * Say what a stage would do and touch nothing. As in DVC it is judged on the files of now, and a stage with a known
 * result names its commands as well (spec/dvc-pipelines.md §5.4).
 */
export async function dryRun(project: Project, stage: Stage, options: RunOptions): Promise<void> {
  if (stage.cmd === null || stage.frozen) {
    return;
  }
  if (!options.force && (await hasResult(project, stage, options))) {
    options.onEvent({ type: 'stage-restore', stage });
  }
  options.onEvent({ type: 'stage-run', stage });
  for (const command of commandsOf(stage.cmd)) {
    options.onEvent({ type: 'stage-command', stage, command });
  }
}

/** A dep that a stage above would make first is no failure of a dry run. */
async function hasResult(project: Project, stage: Stage, options: RunOptions): Promise<boolean> {
  try {
    return (await findResult(project, stage, await readInputs(project, stage), options)) !== null;
  } catch (error) {
    if (error instanceof CellarError && error.code === 'E_MISSING_DEP') {
      return false;
    }
    throw error;
  }
}
