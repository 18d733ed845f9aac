import { CellarError } from '../protocol/errors.js';
import type { RecordedPath } from '../formats/entries.js';
import { isText } from '../hash/dos2unix.js';
import { assertWritable, isInside } from '../io/contain.js';
import { closeSync, constants, openSync, readSync, statSync } from '../io/files.js';
import { refuseTracked } from '../workspace/gitfiles.js';
import { hashPath } from '../store/hashtree.js';
import { ignoreEntry, saveOut, type WorkOptions } from '../workspace/outs.js';
import type { Project } from '../workspace/project.js';
import { shownOf } from './changes.js';
import { recordedOf } from './record.js';
import type { Stage } from './stage.js';

/**
 * Refuse a stage whose outs could not be saved after its run, before any file is touched (N29): git has one in its index,
 * one is a cached path outside of the project, or lies below a link.
 * @throws `E_OUT_TRACKED_BY_GIT`, `E_EXTERNAL_OUT`, `E_NO_WDIR`, and what `assertWritable` throws
 */
export async function checkOuts(project: Project, stage: Stage): Promise<void> {
  if (statSync(stage.wdir)?.isDirectory() !== true) {
    throw new CellarError('E_NO_WDIR', `stage working dir '${stage.wdir}' does not exist`, {
      next: 'Make the directory, or correct `wdir` of the stage.',
      at: { path: stage.wdir, stage: stage.name ?? stage.id }
    });
  }
  for (const out of stage.outs) {
    if (isInside(project.root, out.abs)) {
      assertWritable(project.root, out.abs);
    } else if (out.flags.cache) {
      throw new CellarError(
        'E_EXTERNAL_OUT',
        `Saving cached external output ${shownOf(project, out)} is not supported since DVC 3.0.`,
        { next: 'Write the file inside of the project, or set `cache: false` for it.', at: { path: out.abs } }
      );
    }
  }
  await refuseTracked(
    project.git,
    stage.outs.filter(out => out.flags.cache).map(out => out.abs),
    project.cwd
  );
}

/** @throws `E_MISSING_OUT`, `E_BAD_METRIC`, `E_NOT_FILE_OR_DIR` for what a command left behind */
export function checkMade(project: Project, stage: Stage): void {
  for (const out of stage.outs) {
    const shown = shownOf(project, out);
    const facts = statSync(out.abs);
    if (facts === null || (project.ignore.ignores(out.abs, facts.isDirectory()) && isInside(project.root, out.abs))) {
      throw new CellarError('E_MISSING_OUT', `output '${shown}' does not exist`, {
        next: `Let the stage write '${shown}', or take it out of its outs.`,
        at: { path: out.abs, stage: stage.name ?? stage.id }
      });
    }
    if (!facts.isFile() && !facts.isDirectory()) {
      throw new CellarError('E_NOT_FILE_OR_DIR', `output '${shown}' is not a file or directory`, {
        next: `Let the stage write a file or a directory to '${shown}'.`,
        at: { path: out.abs }
      });
    }
    if (out.flags.kind === 'metric' && facts.isFile() && !isTextFile(out.abs)) {
      throw new CellarError('E_BAD_METRIC', `binary file '${shown}' cannot be used as metrics.`, {
        next: 'Write metrics as JSON, YAML or TOML, or make the file an ordinary out.',
        at: { path: out.abs }
      });
    }
  }
}

export interface SaveOptions extends WorkOptions {
  /** False: hashed and recorded, not stored (`--no-commit`). */
  commit: boolean;
  /** Also store uncached metrics and plots, so that a run-cache entry can bring them back (spec/dvc-pipelines.md §5.7). */
  storeUncached: boolean;
}

/** Hash and store the outs of a stage; gives what the lock records of them. Objects are durable when it resolves (I5). */
export async function saveOuts(project: Project, stage: Stage, options: SaveOptions): Promise<RecordedPath[]> {
  const recorded: RecordedPath[] = [];
  for (const out of stage.outs) {
    const facts = await saveOut(project, out, options);
    if (options.storeUncached && !out.flags.cache && isInside(project.root, out.abs)) {
      // Bytes go into the cache, the workspace file stays an ordinary file for git.
      const context = { index: project.index, ignore: ignoreEntry(project) };
      await hashPath(context, out.abs, { ...options, name: facts.hash.name, store: project.store });
    }
    recorded.push(recordedOf(out.path, facts, out.recorded));
  }
  return recorded;
}

const PROBE = 512;

/** DVC's test, on the first 512 bytes. */
function isTextFile(path: string): boolean {
  const bytes = Buffer.alloc(PROBE);
  const fd = openSync(path, constants.O_RDONLY);
  try {
    return isText(bytes.subarray(0, readSync(fd, bytes, 0, PROBE)));
  } finally {
    closeSync(fd);
  }
}
