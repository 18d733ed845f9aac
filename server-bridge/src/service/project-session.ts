import { join, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import type { Job } from '../protocol/job.js';
import { existsSync } from '../io/files.js';
import { watchTree } from '../io/watch.js';
import type { Watcher } from '../io/watch.js';
import { loadStages } from '../pipeline/load.js';
import type { Stage } from '../pipeline/stage.js';
import { openProject } from '../workspace/project.js';
import type { Project } from '../workspace/project.js';
import type { FailedRun } from './failed-runs.js';
import type { JobLog } from './job-log.js';
import { lostOuts } from './lost-outs.js';
import type { LostOut } from './lost-outs.js';
import { trustFacts } from './project-digest.js';
import { followHead, headMoved, recordTrust, trustOf } from './trust.js';
import type { Trust } from './trust.js';
import type { ChangesCache } from './stage-states.js';

/** A run of this process, while it lasts. */
export interface ActiveRun {
  log: JobLog;
  /** Aborted by its user without a reason of ours; by the end of this process with `E_INTERRUPTED`. */
  stop: AbortController;
  queued: Set<string>;
  running: Set<string>;
  /** Resolves when everything is over: outs put back, the job's last event written. */
  ended: Promise<void>;
}

/** Every stage on disk; for files that could not be loaded the error, and the paths of which they would have told. */
export interface LoadedStages {
  stages: Stage[];
  errors: CellarError[];
  lost: LostOut[];
}

/** What the bridge keeps of one project between requests. */
export interface ProjectSession {
  readonly root: string;
  /** Opened once; anew when its configuration changed. @throws CellarError of `openProject` */
  project(): Promise<Project>;
  /** Every stage on disk, and what could not be loaded. */
  stages(): Promise<LoadedStages>;
  readonly changes: ChangesCache;
  /** Stage id → how its last run failed (`RunFacts.failed`). */
  readonly failed: Map<string, FailedRun>;
  active: ActiveRun | null;
  lastJob: Job | null;
  trust(): Promise<Trust>;
  /** Before an edit made here: the returned function, called after it, lets a trusted project stay trusted (N64). */
  holdTrust(): Promise<() => Promise<void>>;
  /** What was remembered of files is not believed any more: the next question looks at them, whatever the watcher saw. */
  forget(): void;
  /** Files may have changed: states are looked at again. */
  invalidate(): void;
  onInvalidated(listener: () => void): () => void;
  close(): Promise<void>;
}

/**
 * Milliseconds without a change after which files count as edited here. A pull writes the files first and moves HEAD last:
 * looked at in between, its code would pass for the user's own.
 */
const QUIET = 1000;

/** Why a run ended that nobody stopped. */
function interruptedError(): CellarError {
  return new CellarError('E_INTERRUPTED', 'The Jupyter server ended during this run.', {
    exit: 252,
    next: 'Reproduce again: finished stages are kept, the interrupted one starts anew.'
  });
}

/** Folders whose events mean nothing for states. */
function unwatched(root: string, project: Project): string[] {
  return ['.git', '.venv', 'node_modules', '.ipynb_checkpoints']
    .map(name => join(root, name))
    .concat([project.tmpDir, project.cacheDir]);
}

/** Opens a session; watching begins with the first listener, so that a short question costs no watcher. */
export function openSession(root: string, log: (text: string) => void): ProjectSession {
  let opened: Promise<Project> | null = null;
  let watcher: Promise<Watcher[]> | null = null;
  let loaded: Promise<LoadedStages> | null = null;
  let edited: NodeJS.Timeout | undefined;
  const listeners = new Set<() => void>();

  const session: ProjectSession = {
    root,
    changes: new Map(),
    failed: new Map(),
    active: null,
    lastJob: null,
    project: () => {
      opened ??= openProject(root);
      opened.catch(() => (opened = null));
      return opened;
    },
    stages: () => {
      loaded ??= load();
      loaded.catch(() => (loaded = null));
      return loaded;
    },
    trust: async () => {
      const now = await facts();
      if (!headMoved(root, now)) {
        return trustOf(root, now);
      }
      // What came with another HEAD counts as it lies there now, not as it was loaded, and only if HEAD stood still meanwhile.
      loaded = null;
      const again = await facts();
      if (again.head === now.head) {
        followHead(root, again);
      }
      return trustOf(root, again);
    },
    holdTrust: async () => {
      const before = await facts();
      const trusted = trustOf(root, before) === 'trusted';
      return async () => {
        loaded = null;
        const after = await facts();
        // HEAD moved meanwhile: what came with it was not written here, and is asked about as ever.
        if (trusted && after.head === before.head) {
          recordTrust(root, after, { code: false, remotes: false });
        }
      };
    },
    forget: () => {
      session.changes.clear();
      loaded = null;
    },
    invalidate: () => {
      session.forget();
      for (const listener of listeners) {
        listener();
      }
    },
    onInvalidated: listener => {
      listeners.add(listener);
      watcher ??= watch().catch((error: unknown) => {
        log(`not watching ${root}: ${String(error)}`);
        return [];
      });
      return () => listeners.delete(listener);
    },
    close: async () => {
      listeners.clear();
      clearTimeout(edited);
      session.active?.stop.abort(interruptedError());
      await session.active?.ended;
      await Promise.all((await watcher)?.map(each => each.close()) ?? []);
    }
  };

  async function facts(): Promise<Awaited<ReturnType<typeof trustFacts>>> {
    const { stages } = await session.stages();
    return trustFacts(await session.project(), stages);
  }

  async function load(): Promise<LoadedStages> {
    const errors: CellarError[] = [];
    const lost: LostOut[] = [];
    const onError = (file: string, error: CellarError): void => {
      errors.push(error);
      lost.push(...lostOuts(file, error));
    };
    return { stages: await loadStages(await session.project(), { onError }), errors, lost };
  }

  /** An editor changed a module or a command under the same HEAD: these are the user's own edits (N64). */
  function keepOwnEdits(): void {
    clearTimeout(edited);
    void session
      .project()
      .then(async ({ git }) => {
        // While git writes, what arrives is a commit of somebody whose HEAD comes last.
        if (git !== null && existsSync(join((await git.folders()).own, 'index.lock'))) {
          edited = setTimeout(keepOwnEdits, QUIET);
          edited.unref();
          return;
        }
        await (
          await session.holdTrust()
        )();
      })
      .catch((error: unknown) => log(String(error)));
  }

  async function watch(): Promise<Watcher[]> {
    const project = await session.project();
    return (await Promise.all([watchFiles(project), watchHead(project)])).filter(each => each !== null);
  }

  /** A commit or a checkout of git's moves HEAD, which trust and the panel are about, and touches nothing that is watched. */
  async function watchHead(project: Project): Promise<Watcher | null> {
    try {
      const folder = (await project.git?.folders())?.own;
      return folder === undefined
        ? null
        : await watchTree(
            folder,
            paths => {
              if (paths === null || [...paths].some(path => path.endsWith(`${sep}HEAD`))) {
                session.invalidate();
              }
            },
            { ignore: ['objects', 'hooks', 'lfs', 'modules', 'worktrees'].map(name => join(folder, name)) }
          );
    } catch (error) {
      log(`not watching the HEAD of ${root}: ${String(error)}`);
      return null;
    }
  }

  async function watchFiles(project: Project): Promise<Watcher | null> {
    try {
      return await watchTree(
        root,
        paths => {
          if (paths === null || [...paths].some(path => path.startsWith(join(root, '.dvc', 'config')))) {
            opened = null;
          }
          session.invalidate();
          clearTimeout(edited);
          edited = setTimeout(keepOwnEdits, QUIET);
          edited.unref();
        },
        { ignore: unwatched(root, project) }
      );
    } catch (error) {
      log(`not watching ${root}: ${String(error)}`);
      return null;
    }
  }
  return session;
}
