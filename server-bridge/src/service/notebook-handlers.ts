import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { readRecorded } from '../notebook/recorded.js';
import type { NotebookView, RequestParams } from '../protocol/wire.js';
import { analyseText, neededCells } from './analysing.js';
import type { Document } from './documents.js';
import { readEvents, readJob } from './job-log.js';
import { foundOf } from './live-stages.js';
import { fileHash, heldBecause, openNotebook } from './open-notebook.js';
import type { ProjectSession } from './project-session.js';
import type { OpenNotebook } from './open-notebook.js';
import { recordedStages } from './recorded-stages.js';
import { loadPlan } from './result-loading.js';
import type { Handlers, Peer } from './rpc.js';
import { compileDocument, prepareRun } from './runs.js';
import type { Desk } from './service.js';
import { applyFix, renameStageOf, setStageOptions } from './stage-edits.js';

type NotebookHandlers = Omit<Handlers, 'hello' | 'project/get' | 'project/start' | 'project/review' | 'project/trust'>;

/** Requests about open notebooks: they belong to the tab that opened them and end with it. */
export function notebookHandlers(desk: Desk, peer: Peer): NotebookHandlers {
  const open = new Map<string, OpenNotebook>();
  peer.onClose(() => {
    for (const each of open.values()) {
      each.close();
      desk.documents.delete(each.document);
    }
  });

  const find = (doc: string): OpenNotebook => {
    const found = open.get(doc);
    if (found === undefined) {
      throw new CellarError('E_NOT_OPEN', 'The bridge does not know this notebook any more.', {
        next: 'The tab opens it again by itself.'
      });
    }
    return found;
  };
  /** For everything that runs, writes or unpickles (N64). */
  const trusted = (notebook: OpenNotebook): Promise<ProjectSession> => trustedAt(notebook.document.abs);
  const trustedAt = async (abs: string): Promise<ProjectSession> => {
    const session = desk.requireSession(abs);
    if ((await session.trust()) === 'restricted') {
      throw new CellarError(
        'E_RESTRICTED',
        'This project was not started on this machine: nothing of it runs until you trust it.',
        {
          next: 'Review the project in the Cellar panel, then trust it.'
        }
      );
    }
    return session;
  };
  const notHeld = async (notebook: OpenNotebook): Promise<void> => {
    const held = await heldBecause(notebook.document, othersOf(desk, notebook.document));
    if (held !== null) {
      throw new CellarError(held.code, held.message, { next: held.next });
    }
  };
  const viewOf = (notebook: OpenNotebook): Promise<NotebookView> => notebook.view();

  return {
    'notebook/open': async params => {
      const document = documentOf(desk, params);
      const notebook = openNotebook({
        document,
        sessionAt: abs => desk.sessionAt(abs),
        others: () => othersOf(desk, document),
        onView: view => peer.notify('notebook/view', view),
        log: desk.options.log
      });
      open.set(document.id, notebook);
      desk.documents.add(document);
      return viewOf(notebook);
    },
    'notebook/change': async ({ doc, version, deltas, metadata, kernel }) => {
      const notebook = find(doc);
      notebook.change(version, deltas);
      if (metadata !== undefined) {
        notebook.document.metadata = metadata;
      }
      if (kernel !== undefined) {
        notebook.document.kernel = kernel;
      }
      notebook.refresh();
      return {};
    },
    'notebook/saved': async ({ doc, path }) => {
      const notebook = find(doc);
      notebook.document.path = path;
      notebook.document.abs = desk.abs(path);
      notebook.document.base = await fileHash(notebook.document.abs);
      const session = notebook.session();
      const others = othersOf(desk, notebook.document);
      const quiet = session !== null && session.active === null && (await session.trust()) === 'trusted';
      if (quiet && (await heldBecause(notebook.document, others)) === null) {
        await compileWhenFree(session, notebook);
      }
      return viewOf(notebook);
    },
    'notebook/close': async ({ doc }) => {
      const notebook = open.get(doc);
      notebook?.close();
      if (notebook !== undefined) {
        desk.documents.delete(notebook.document);
      }
      open.delete(doc);
      return {};
    },
    'notebook/preview': async ({ doc, cells, tag }) => {
      const { document } = find(doc);
      const tagged = document.cells.map((cell, index) => (cells.includes(index) ? { ...cell, tag } : cell));
      const root = find(doc).session()?.root ?? null;
      const analysis = await analyseText(document, root, { cells: tagged, metadata: document.metadata });
      const name = analysis.cells[cells[0] ?? -1]?.stage ?? null;
      const stage = analysis.stages.find(each => each.name === name);
      return {
        found: stage === undefined ? null : foundOf(stage),
        problems: analysis.problems.filter(
          problem =>
            (problem.cell !== null && cells.includes(problem.cell)) || (name !== null && problem.stage === name)
        ),
        names: analysis.stages.map(each => each.name)
      };
    },
    'notebook/needs': ({ doc, stage }) => neededCells(find(doc).document, find(doc).session()?.root ?? null, stage),
    'stage/options': async ({ doc, stage, frozen, always }) => {
      const notebook = find(doc);
      const session = await trusted(notebook);
      await notHeld(notebook);
      await compileDocument(session, notebook.document);
      await setStageOptions(session, notebook.document.abs, stage, { frozen, always });
      return viewOf(notebook);
    },
    'stage/rename': async ({ doc, stage, to }) => {
      const notebook = find(doc);
      const session = await trusted(notebook);
      await notHeld(notebook);
      return { edits: await renameStageOf(session, notebook.document, stage, to) };
    },
    'stage/script': async ({ doc, stage }) => {
      const notebook = find(doc);
      const analysis = await notebook.analysis();
      const found = analysis.stages.find(each => each.name === stage);
      if (found === undefined) {
        throw new CellarError('E_NO_STAGE', `There is no stage '${stage}' in this notebook.`);
      }
      const recorded = readRecorded(join(dirname(notebook.document.abs), found.paths.outputs));
      return { text: found.script, recorded: recorded?.script ?? null };
    },
    'problem/fix': async ({ doc, path, method, params }) => {
      const notebook = doc === null ? null : find(doc);
      const abs = notebook?.document.abs ?? desk.abs(path);
      const session = await trustedAt(abs);
      if (notebook !== null) {
        await notHeld(notebook);
      }
      return { edits: await applyFix(session, notebook?.document ?? null, method, params) };
    },
    'plan/make': async ({ doc, mode, stage }) => {
      const notebook = find(doc);
      const session = await trusted(notebook);
      await notHeld(notebook);
      return (await prepareRun(session, { document: notebook.document, mode, stage })).plan;
    },
    'run/start': async ({ doc, mode, stage }) => {
      const notebook = find(doc);
      const session = await trusted(notebook);
      await notHeld(notebook);
      const prepared = await prepareRun(session, { document: notebook.document, mode, stage });
      return prepared.start({
        session,
        serverPython: desk.options.python,
        // Every tab may watch: outputs go into cells only through the one that started the run (N56).
        listener: (id, notebookPath, event) => {
          for (const each of desk.peers) {
            each.notify('job/event', { job: id, notebook: notebookPath, event });
          }
        },
        onActivity: () => desk.activity()
      });
    },
    'run/stop': async ({ job, path }) => {
      const session = desk.requireSession(desk.abs(path));
      if (session.active?.log.job.id === job) {
        session.active.stop.abort();
        await session.active?.ended;
      }
      return requireJob((await session.project()).tmpDir, job);
    },
    'job/replay': async ({ job, path, from }) => {
      const { tmpDir } = await desk.requireSession(desk.abs(path)).project();
      return { job: requireJob(tmpDir, job), events: readEvents(tmpDir, job, from) };
    },
    'outputs/recorded': async ({ doc }) => {
      const notebook = find(doc);
      const session = notebook.session();
      return { stages: session === null ? [] : await recordedStages(session, notebook) };
    },
    'results/load': async ({ doc, cell }) => {
      const notebook = find(doc);
      await trusted(notebook);
      return loadPlan(notebook, cell);
    }
  };
}

/** Milliseconds between two looks at files that a running stage of some tool reads (N12). */
const BUSY_PAUSE = 2000;

/**
 * Compiles after a save; while a running stage of any tool reads what would be written, it waits for the end of that stage
 * (N12). The save itself is not held up: the wait goes on in the background, and ends with the tab or a newer save.
 */
async function compileWhenFree(session: ProjectSession, notebook: OpenNotebook): Promise<void> {
  const { version } = notebook.document;
  try {
    await compileDocument(session, notebook.document);
  } catch (error) {
    if (!(error instanceof CellarError) || error.code !== 'E_BUSY_PATH') {
      throw error;
    }
    const again = setTimeout(() => {
      if (!notebook.isClosed && notebook.document.version === version && session.active === null) {
        compileWhenFree(session, notebook).catch(() => undefined);
      }
    }, BUSY_PAUSE);
    again.unref();
  }
}

function requireJob(tmpDir: string, id: string): NonNullable<ReturnType<typeof readJob>> {
  const job = readJob(tmpDir, id);
  if (job === null) {
    throw new CellarError('E_NO_SUCH_JOB', `There is no job '${id}'.`);
  }
  return job;
}

function othersOf(desk: Desk, document: Document): Document[] {
  return [...desk.documents].filter(each => each !== document && each.abs === document.abs);
}

function documentOf(desk: Desk, params: RequestParams<'notebook/open'>): Document {
  return {
    id: randomUUID(),
    path: params.path,
    abs: desk.abs(params.path),
    version: params.version,
    base: params.base,
    metadata: params.metadata,
    kernel: params.kernel,
    cells: [...params.cells]
  };
}
