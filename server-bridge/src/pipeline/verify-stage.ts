import { CellarError } from '../protocol/errors.js';
import { printDvcFile, type DvcFile } from '../formats/dvcfile.js';
import { readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { isPresent, recordOf } from '../workspace/outs.js';
import type { Project } from '../workspace/project.js';
import { shownOf } from './changes.js';
import { checkOuts, saveOuts } from './outputs.js';
import { entryOf, readInputs } from './record.js';
import { registerPaths, type RunOptions } from './run-stage.js';
import { saveRun, savesRuns } from './runcache.js';
import type { Stage } from './stage.js';
import { writeLock } from './lock-files.js';

/**
 * A frozen stage or a data source runs nothing: its outs must be there, and what they are now is recorded
 * (spec/dvc-pipelines.md §5.3).
 * @throws `E_MISSING_SOURCE`
 */
export async function verifyStage(project: Project, stage: Stage, options: RunOptions): Promise<void> {
  const release = await registerPaths(project, stage, options.signal);
  try {
    const missing = stage.outs.filter(out => !isPresent(project, out.abs)).map(out => shownOf(project, out));
    if (missing.length > 0) {
      throw new CellarError(
        'E_MISSING_SOURCE',
        `missing data '${missing.length > 1 ? 'sources' : 'source'}': ${missing.join(', ')}`,
        {
          next: `Bring it back with \`cellar checkout\`, or make the stage not frozen.`,
          at: { path: stage.outs[0]?.abs, stage: stage.name ?? stage.id },
          data: { missing }
        }
      );
    }
    await checkOuts(project, stage);
    if (stage.dvcfile === null) {
      await recordStage(project, stage, options);
    } else {
      await recordSource(project, stage, stage.dvcfile, options);
    }
  } finally {
    await release();
  }
}

async function recordStage(project: Project, stage: Stage, options: RunOptions): Promise<void> {
  const inputs = await readInputs(project, stage, { signal: options.signal });
  const saves = options.commit && savesRuns(project, stage);
  const outs = await saveOuts(project, stage, { commit: options.commit, storeUncached: saves, signal: options.signal });
  const entry = entryOf(stage, inputs, outs);
  if (saves) {
    saveRun(project, entry);
  }
  writeLock(project, stage, entry, options.onEvent);
}

async function recordSource(project: Project, stage: Stage, dvcfile: DvcFile, options: RunOptions): Promise<void> {
  const facts = await saveOuts(project, stage, {
    commit: options.commit,
    storeUncached: false,
    signal: options.signal
  });
  const outs = dvcfile.outs.map((out, i) => {
    const { path: _path, ...now } = facts[i] ?? { path: out.path };
    return now.hash ? { ...out, ...recordOf(out.path, { ...now, hash: now.hash }, out) } : out;
  });
  const before = readTextIfSync(stage.file);
  const text = printDvcFile({ ...dvcfile, outs }, before ?? undefined);
  if (text !== before) {
    publishFile(stage.file, text, { expect: before });
    options.onEvent({ type: 'file-written', path: stage.file, created: before === null });
  }
  project.gitFiles.track(stage.file);
}
