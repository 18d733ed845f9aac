import { dirname, join, resolve } from 'node:path';
import { parseNotebook } from '../formats/ipynb.js';
import { isErrno, readText } from '../io/files.js';
import { fromFile } from '../notebook/notebook.js';
import { readRecorded } from '../notebook/recorded.js';
import { loadStages } from '../pipeline/load.js';
import { CellarError } from '../protocol/errors.js';
import type { Problem } from '../protocol/analysis.js';
import type { Job, JobEvent } from '../protocol/job.js';
import type { Reason } from '../protocol/state.js';
import type { RunMode } from '../protocol/wire.js';
import { graphOptions } from '../pipeline/graph-options.js';
import type { Stage } from '../pipeline/stage.js';
import { openProject, type Project } from '../workspace/project.js';
import type { Document } from './documents.js';
import { gitFacts } from './git-facts.js';
import { addressesIn, liveStages, type LiveNotebook } from './live-stages.js';
import { atCells, loadingProblems } from './loading-problems.js';
import { goneProblems, movedProblem, notebookOwners } from './moved-notebooks.js';
import { joinStages } from './open-notebook.js';
import { openSession } from './project-session.js';
import { compileDocument, prepareRun } from './runs.js';
import { findRoot } from '../workspace/locate.js';

/** A notebook file as a document: nobody has it open. @throws CellarError `E_NO_NOTEBOOK`, `E_NOTEBOOK_INVALID` */
async function documentAt(cwd: string, path: string): Promise<Document> {
  const abs = resolve(cwd, path);
  let text: string;
  try {
    text = await readText(abs);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) {
      const fault = isErrno(error, 'EISDIR') ? 'is a folder, not a notebook.' : 'does not exist.';
      throw new CellarError('E_NO_NOTEBOOK', `'${path}' ${fault}`, { next: 'Give the path of an .ipynb file.' });
    }
    throw error;
  }
  const file = parseNotebook(text, path);
  const notebook = fromFile(file);
  return {
    id: abs,
    path,
    abs,
    version: 0,
    base: null,
    metadata: notebook.metadata,
    kernel: { name: file.kernel ?? null, language: file.language ?? null, executable: null },
    cells: notebook.cells
  };
}

export interface CompileReport {
  notebook: string;
  /** Files written or removed, or that would be with `check`; paths in the project. */
  changes: { path: string; change: 'write' | 'remove' }[];
  problems: Problem[];
  blocked: string[];
  /** Files of stages of the whole project that are not in git yet (N11); paths in the project. */
  unadded: string[];
}

/**
 * `cellar compile [--check] [NOTEBOOK…]`; without names every notebook that owns an entry of some `dvc.yaml`. One that is
 * not there any more keeps none of the others from being compiled.
 */
export async function compileNotebooks(
  cwd: string,
  notebooks: readonly string[],
  options: { check: boolean; signal: AbortSignal }
): Promise<CompileReport[]> {
  const known = notebooks.length > 0 ? { paths: notebooks, reports: [] } : await knownNotebooks(cwd);
  const reports: CompileReport[] = [];
  for (const path of known.paths) {
    const document = await documentAt(cwd, path);
    const session = openSession(findRoot(resolve(document.abs, '..')), () => undefined);
    const { changes, problems, blocked, analysis } = await compileDocument(session, document, options);
    const { stages } = await session.stages();
    const project = await session.project();
    const own = { path: analysis.notebook, stages: analysis.stages.map(stage => stage.name) };
    const refused = graphProblems({ abs: document.abs, root: project.root, analysis }, stages, project);
    const moved = movedProblem(notebookOwners(stages, project.root).gone, own);
    const { unadded } = await gitFacts(project, stages);
    reports.push({
      notebook: path,
      changes,
      problems: [...(moved === null ? [] : [moved]), ...problems, ...refused],
      blocked,
      unadded
    });
  }
  return [...reports, ...known.reports];
}

/** What the graph of all stages refuses with those of this notebook in it, at their cells (N29). */
function graphProblems(notebook: LiveNotebook, stages: readonly Stage[], project: Project): Problem[] {
  const live = liveStages(notebook, stages);
  const { errors } = joinStages(stages, live, graphOptions(project));
  return atCells(loadingProblems(errors, new Map(), project.root), notebook.analysis, addressesIn(live, project.root));
}

/** The notebooks of the project, and what is to be said of those that are gone. */
async function knownNotebooks(cwd: string): Promise<{ paths: string[]; reports: CompileReport[] }> {
  const project = await openProject(cwd);
  const { root } = project;
  const owners = notebookOwners(await loadStages(project), root);
  const reports = goneProblems(owners, root)
    // Of one that was moved its new place tells.
    .filter(problem => problem.code === 'W_NOTEBOOK_GONE')
    .map(problem => ({ notebook: problem.path ?? '', changes: [], problems: [problem], blocked: [], unadded: [] }));
  return { paths: owners.there.map(({ path }) => resolve(root, path)), reports };
}

/** What happened to one stage. */
export interface StageReport {
  address: string;
  name: string;
  action: 'ran' | 'restored' | 'skipped' | 'failed' | 'blocked' | 'not-run';
  reasons: Reason[];
  seconds: number | null;
  /** Why it failed or did not run. */
  text: string | null;
}

export interface ReproduceReport {
  notebook: string;
  stages: StageReport[];
  problems: Problem[];
  /** What the last run of a stage read that is no dep of it, so that a change of it is not noticed (N28). */
  undeclared: { stage: string; reads: string[] }[];
  job: Job | null;
}

export interface ReproduceNotebookOptions {
  mode: RunMode;
  stage: string | null;
  python?: string;
  jobs?: number;
  signal: AbortSignal;
  onEvent: (event: JobEvent) => void;
}

/** `cellar reproduce NOTEBOOK`: compile, then the stages (N53). The notebook file stays as it is. */
export async function reproduceNotebook(
  cwd: string,
  path: string,
  options: ReproduceNotebookOptions
): Promise<ReproduceReport> {
  const document = await documentAt(cwd, path);
  const session = openSession(findRoot(resolve(document.abs, '..')), () => undefined);
  const { mode, stage, python, jobs } = options;
  const prepared = await prepareRun(session, { document, mode, stage, python, jobs });
  const { plan, compiled } = prepared;
  const report = new Map<string, StageReport>(
    plan.items.map(item => [
      item.address,
      {
        address: item.address,
        name: item.name,
        action: item.action === 'blocked' ? 'blocked' : item.action === 'skip' ? 'skipped' : 'not-run',
        reasons: item.reasons,
        seconds: null,
        text: item.action === 'blocked' ? (item.reasons[0]?.text ?? null) : null
      }
    ])
  );
  const listener = (event: JobEvent): void => {
    note(report, event);
    options.onEvent(event);
  };
  const onAbort = (): void => session.active?.stop.abort();
  options.signal.addEventListener('abort', onAbort, { once: true });
  await prepared.start({
    session,
    serverPython: process.env['CELLAR_PYTHON'],
    listener: (_job, _notebook, event) => listener(event),
    onActivity: () => undefined
  });
  await session.active?.ended;
  options.signal.removeEventListener('abort', onAbort);
  const undeclared = compiled.analysis.stages
    .filter(each => plan.items.some(item => item.name === each.name))
    .map(each => ({
      stage: each.name,
      reads: readRecorded(join(dirname(document.abs), each.paths.outputs))?.undeclared ?? []
    }))
    .filter(each => each.reads.length > 0);
  return {
    notebook: path,
    stages: [...report.values()],
    problems: compiled.problems,
    undeclared,
    job: session.lastJob
  };
}

const ACTIONS: Partial<Record<Extract<JobEvent, { type: 'stage' }>['step'], StageReport['action']>> = {
  skipped: 'skipped',
  restored: 'restored',
  done: 'ran',
  failed: 'failed',
  'not-run': 'not-run'
};

function note(report: Map<string, StageReport>, event: JobEvent): void {
  if (event.type !== 'stage') {
    return;
  }
  const row = report.get(event.address);
  const action = ACTIONS[event.step];
  if (row !== undefined && action !== undefined) {
    row.action = action;
    row.seconds = event.seconds ?? row.seconds;
    row.text = event.text ?? row.text;
  }
}
