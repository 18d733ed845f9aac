import { relative, resolve, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { parseDvcFile } from '../formats/dvcfile.js';
import { parsePipelineFile } from '../formats/pipelinefile.js';
import { readTextIfSync, statSync } from '../io/files.js';
import { discoverStageFiles } from '../workspace/discover.js';
import type { Project } from '../workspace/project.js';
import { readLock } from './lock-files.js';
import { readParamsFile } from './params-file.js';
import { parseOnce } from './parsed-files.js';
import { dvcStage, pipelineStage } from './read-stage.js';
import { lockPath, type Stage } from './stage.js';
import { resolvePipeline } from './templating/resolve.js';
import type { ParsingConfig } from './templating/text.js';

export interface LoadOptions {
  /** Called for a file that cannot be loaded; without it the first such file ends the load. */
  onError?: (file: string, error: CellarError) => void;
}

/**
 * Every stage of the project: those of each `dvc.yaml` after templating, and each `.dvc` file, with what the locks say,
 * in collection order (spec/dvc-pipelines.md §1.1).
 * @throws what parsers and templating throw; `E_GIT_IGNORED` for a stage or lock file that git ignores
 */
export async function loadStages(project: Project, options: LoadOptions = {}): Promise<Stage[]> {
  const stages: Stage[] = [];
  await discoverStageFiles(project, file => {
    try {
      const loaded = loadFile(project, file);
      stages.push(...loaded);
      return loaded.flatMap(stage => stage.outs.map(out => out.abs));
    } catch (error) {
      if (!(error instanceof CellarError) || options.onError === undefined) {
        throw error;
      }
      options.onError(file, error);
      return [];
    }
  });
  await refuseIgnoredLocks(project, stages);
  return stages;
}

/** The stages of one file. Paths in errors are relative to where the user stands. @throws as `loadStages` */
export function loadFile(project: Project, file: string): Stage[] {
  const stages = readStages(project, file);
  for (const out of stages.flatMap(stage => stage.outs)) {
    const isDirectory = statSync(out.abs)?.isDirectory() === true;
    const rule = project.ignore.ignores(out.abs, isDirectory, { nested: false }) ? project.ignore.rule(out.abs) : null;
    if (rule !== null) {
      throw new CellarError('E_OUT_IGNORED', `Path '${out.abs}' is ignored by ${rule}`, {
        next: `Take the rule out of .dvcignore, or write the file elsewhere.`,
        at: { path: out.abs }
      });
    }
  }
  return stages;
}

function readStages(project: Project, file: string): Stage[] {
  const shown = relative(project.cwd, file).split(sep).join('/');
  if (statSync(file)?.isFile() !== true) {
    throw new CellarError('E_STAGE_FILE', `'${shown}' is not a .dvc file`, {
      next: `Move '${shown}' away.`,
      at: { path: file }
    });
  }
  const text = readTextIfSync(file) ?? '';
  const origin = { file, root: project.root };
  if (file.endsWith('.dvc')) {
    return [
      dvcStage(
        origin,
        parseOnce(file, shown, text, () => parseDvcFile(text, shown))
      )
    ];
  }
  const pipeline = parseOnce(file, shown, text, () => parsePipelineFile(text, shown));
  const lock = readLock(project, lockPath({ file }));
  const resolved = resolvePipeline(pipeline, {
    readParams: path => readParamsFile(resolve(project.cwd, path), path),
    parsing: parsingOf(project)
  });
  return resolved.map(({ name, group, map }) =>
    pipelineStage(origin, name, group, map, lock?.stages.get(name) ?? null)
  );
}

/** DVC refuses a lock file that git would never see, even before it exists (§1.1). */
async function refuseIgnoredLocks(project: Project, stages: readonly Stage[]): Promise<void> {
  const locks = [...new Set(stages.filter(stage => stage.kind === 'pipeline').map(lockPath))];
  if (project.git === null || locks.length === 0) {
    return;
  }
  const ignored = await project.git.ignoredAmong(locks);
  const lock = locks.find(path => ignored.has(path));
  if (lock !== undefined) {
    const shown = relative(project.cwd, lock).split(sep).join('/');
    throw new CellarError('E_GIT_IGNORED', `'${shown}' is git-ignored.`, {
      next: `Take the rule that hides '${shown}' out of .gitignore: it belongs into git.`,
      at: { path: lock }
    });
  }
}

/** How a mapping in `cmd` becomes options; the configuration was checked when it was read. */
function parsingOf({ config }: Project): ParsingConfig {
  return {
    bool: config.text('parsing', 'bool') === 'boolean_optional' ? 'boolean_optional' : 'store_true',
    list: config.text('parsing', 'list') === 'append' ? 'append' : 'nargs'
  };
}
