import { createHash } from 'node:crypto';
import type { Problem } from '../protocol/analysis.js';
import { CellarError } from '../protocol/errors.js';
import type { NotebookView, StageView } from '../protocol/wire.js';
import { readFile, isErrno } from '../io/files.js';
import type { Analysis } from '../notebook/context.js';
import { pythonText } from '../notebook/params.js';
import { graphOptions } from '../pipeline/graph-options.js';
import { addressOf } from '../pipeline/stage.js';
import type { Stage } from '../pipeline/stage.js';
import { analyseText } from './analysing.js';
import { applyDeltas, textOf } from './documents.js';
import type { Document } from './documents.js';
import { failedProblems } from './failed-runs.js';
import { expectedSeconds, readHistory } from './history.js';
import { addressesIn, foundOf, liveStages } from './live-stages.js';
import { atCells, loadingProblems, withPutBack } from './loading-problems.js';
import { blockReaders } from './lost-outs.js';
import { movedProblem, notebookOwners } from './moved-notebooks.js';
import { diskStage, ordered } from './project-view.js';
import type { ProjectSession } from './project-session.js';
import { slowSetup } from './slow-setup.js';
import { trackedProblems } from './tracked-outs.js';
import { undeclaredProblems } from './undeclared-problems.js';
import { computeStates } from './stage-states.js';
import type { ComputedState, LiveStage } from './stage-states.js';

/** An open notebook of one tab, with what is known of it. */
export interface OpenNotebook {
  readonly document: Document;
  /** Null while the notebook lies in no project. */
  session(): ProjectSession | null;
  /** The newest analysis of the text in memory. */
  analysis(): Promise<Analysis>;
  view(): Promise<NotebookView>;
  change(version: number, deltas: Parameters<typeof applyDeltas>[1]): void;
  /** Looks at everything again and tells the tab when something changed; bursts are joined. */
  refresh(): void;
  close(): void;
  readonly isClosed: boolean;
}

export interface OpenOptions {
  document: Document;
  sessionAt: (abs: string) => ProjectSession | null;
  /** Other tabs' documents of the same file (N51). */
  others: () => Document[];
  onView: (view: NotebookView) => void;
  log: (text: string) => void;
}

export function openNotebook(options: OpenOptions): OpenNotebook {
  const { document } = options;
  let sent = '';
  let busy = false;
  let again = false;
  let closed = false;
  let following: { session: ProjectSession; stop: () => void } | null = null;

  const session = (): ProjectSession | null => {
    const found = options.sessionAt(document.abs);
    if (found !== following?.session) {
      following?.stop();
      following = found === null ? null : { session: found, stop: found.onInvalidated(() => notebook.refresh()) };
    }
    return found;
  };

  const notebook: OpenNotebook = {
    document,
    session,
    analysis: () => analyseText(document, session()?.root ?? null),
    view: async () => {
      const view = await makeView(document, session(), options.others());
      sent = JSON.stringify({ ...view, version: 0 });
      return view;
    },
    change: (version, deltas) => {
      document.cells = applyDeltas(document.cells, deltas);
      document.version = version;
    },
    refresh: () => {
      if (closed) {
        return;
      }
      again = true;
      if (!busy) {
        void run();
      }
    },
    close: () => {
      closed = true;
      following?.stop();
    },
    get isClosed() {
      return closed;
    }
  };

  async function run(): Promise<void> {
    busy = true;
    while (again && !closed) {
      again = false;
      try {
        const view = await makeView(document, session(), options.others());
        // Unchanged facts still answer a new version: the tab waits for it.
        const text = JSON.stringify({ ...view, version: 0 });
        if (text !== sent || view.version !== lastVersion) {
          sent = text;
          lastVersion = view.version;
          options.onView(view);
        }
      } catch (error) {
        options.log(`view of ${document.path}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
      }
    }
    busy = false;
  }
  let lastVersion = -1;
  return notebook;
}

async function makeView(document: Document, session: ProjectSession | null, others: Document[]): Promise<NotebookView> {
  const analysis = await analyseText(document, session?.root ?? null);
  const base = {
    doc: document.id,
    version: document.version,
    cells: analysis.cells.map((cell, index) => ({
      role: cell.role,
      stage: cell.stage,
      params: analysis.drifts
        .filter(drift => drift.kind === 'file' && drift.param.unit.cell === index)
        .map(drift => ({
          name: drift.param.name,
          key: drift.param.key,
          cell: pythonText(drift.param.value),
          file: pythonText(drift.file ?? null)
        }))
    }))
  };
  if (session === null) {
    return {
      ...base,
      project: null,
      trust: 'restricted',
      stages: analysis.stages.map(stage => ({
        name: stage.name,
        address: stage.name,
        state: stage.blocked ? 'blocked' : 'stale',
        marks: [],
        reasons: [{ kind: 'never-run', text: 'never run' }],
        cells: stage.cells,
        expected: null,
        frozen: false,
        always: false,
        found: foundOf(stage),
        recorded: null
      })),
      problems: analysis.problems,
      held: null,
      job: null
    };
  }
  const project = await session.project();
  const { stages: onDisk, errors, lost } = await session.stages();
  const live = liveStages({ abs: document.abs, root: project.root, analysis }, onDisk);
  const all = joinStages(onDisk, live, graphOptions(project));
  const states = await computeStates(
    project,
    blockReaders(all.stages, lost),
    {
      queued: session.active?.queued ?? new Set(),
      running: session.active?.running ?? new Set(),
      failed: session.failed
    },
    session.changes
  );
  const own = { path: analysis.notebook, stages: analysis.stages.map(stage => stage.name) };
  const moved = movedProblem(notebookOwners(onDisk, project.root).gone, own);
  const history = readHistory(project.tmpDir);
  const idOf = (name: string): string => live.find(each => each.stage.name === name)?.stage.id ?? '';
  const text = { cells: document.cells, metadata: document.metadata };
  const tracked = await trackedProblems(analysis, text, project);
  // What is known before a run need not be said once more because a run met it.
  const isNew = ({ code, stage }: Problem): boolean =>
    !tracked.some(each => each.code === code && each.stage === stage);
  const problems = await withPutBack(project, [
    ...(moved === null ? [] : [moved]),
    ...analysis.problems,
    ...tracked,
    ...failedProblems(analysis, text, project.root, idOf, states, session.failed).filter(isNew),
    ...undeclaredProblems(analysis, text, document.abs, project.root),
    ...slowSetup(analysis, text, document.abs, name => history[idOf(name)]),
    ...atCells(
      loadingProblems([...errors, ...all.errors], states, project.root),
      analysis,
      addressesIn(live, project.root)
    )
  ]);
  return {
    ...base,
    project: project.root,
    trust: await session.trust(),
    stages: analysis.stages.map((result, index) => {
      const stage = live[index]?.stage;
      return stageView(result, stage, states.get(stage?.id ?? ''), {
        address: stage === undefined ? result.name : addressOf(stage, project.root),
        expected: expectedSeconds(history[stage?.id ?? ''])
      });
    }),
    problems,
    held: await heldBecause(document, others),
    job: session.active?.log.job ?? session.lastJob
  };
}

function stageView(
  result: Analysis['stages'][number],
  stage: Stage | undefined,
  state: ComputedState | undefined,
  more: { address: string; expected: number | null }
): StageView {
  const outputs = stage?.lock?.outs.find(out => out.path === result.paths.outputs);
  return {
    name: result.name,
    address: more.address,
    state: state?.state ?? 'checking',
    marks: state?.marks ?? [],
    reasons: state?.reasons ?? [],
    cells: result.cells,
    expected: more.expected,
    frozen: stage?.frozen ?? false,
    always: stage?.alwaysChanged ?? false,
    found: foundOf(result),
    recorded: outputs?.hash?.value ?? null
  };
}

/** The project's stages with those of the notebook in memory in place of what is on disk, producers first. */
export function joinStages(
  onDisk: readonly Stage[],
  live: readonly LiveStage[],
  options: Parameters<typeof ordered>[1]
): { stages: LiveStage[]; errors: CellarError[] } {
  const byId = new Map(live.map(each => [each.stage.id, each]));
  const stages = onDisk.map(stage => byId.get(stage.id)?.stage ?? stage);
  const known = new Set(stages.map(stage => stage.id));
  stages.push(...live.map(each => each.stage).filter(stage => !known.has(stage.id)));
  const sorted = ordered(stages, options);
  return {
    stages: sorted.stages.map(stage => byId.get(stage.id) ?? diskStage(stage)),
    errors: sorted.error === null ? [] : [sorted.error]
  };
}

/**
 * Why nothing of this notebook is written to disk at present (N51): the file is not what this tab loaded, or another tab
 * holds another text.
 */
export async function heldBecause(document: Document, others: readonly Document[]): Promise<NotebookView['held']> {
  if (others.some(other => textOf(other) !== textOf(document))) {
    return new CellarError('E_TWO_TABS', 'Another tab holds this notebook with other changes.', {
      next: 'Save in one tab, then reload the other.'
    }).toJSON();
  }
  if (document.base === null) {
    return null;
  }
  const now = await fileHash(document.abs);
  return now === null || now === document.base
    ? null
    : new CellarError('E_FILE_CHANGED', 'The notebook file was changed outside of this tab.', {
        next: 'Reload the notebook from disk, or save it here.'
      }).toJSON();
}

/** SHA-256 of a file's bytes, as Jupyter's contents say it; null when there is no file. */
export async function fileHash(abs: string): Promise<string | null> {
  try {
    return createHash('sha256')
      .update(await readFile(abs))
      .digest('hex');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}
