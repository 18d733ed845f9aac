import { isAbsolute, join, posix, relative, sep } from 'node:path';
import { assertWritable } from '../io/contain.js';
import { readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { newOperation, openTrash } from '../io/trash.js';
import { CellarError } from '../protocol/errors.js';
import type { Analysis, StageResult } from '../notebook/context.js';
import type { Problem } from '../protocol/analysis.js';
import type { Project } from '../workspace/project.js';
import type { ComputedState } from './stage-states.js';

/** What could not be loaded, and what was found in files when states were computed: each once. */
export function loadingProblems(
  errors: readonly CellarError[],
  states: ReadonlyMap<string, ComputedState>,
  root: string
): Problem[] {
  const found = [...states.values()].flatMap(({ error }) => error ?? []);
  const rows = [...errors, ...found].map(error => problemOf(error, root));
  return [...new Map(rows.map(row => [`${row.code} ${row.path ?? ''} ${row.message}`, row])).values()];
}

/** A loading error as a row of *Problems*. Errors name their file from the root or absolutely; the row names it from the root. */
function problemOf(error: CellarError, root: string): Problem {
  const path = error.at?.path;
  return {
    code: error.code,
    severity: 'error',
    message: error.message,
    next: error.next,
    notebook: null,
    cell: null,
    path: path === undefined ? undefined : inProject(root, path),
    stage: error.at?.stage,
    fixes: []
  };
}

/** Those that are about a stage of the open notebook go to its cell: where the path is found, else its first. */
export function atCells(
  problems: readonly Problem[],
  analysis: Analysis,
  addressOf: (stage: StageResult) => string
): Problem[] {
  return problems.map(problem => {
    const stage = analysis.stages.find(each => addressOf(each) === problem.stage);
    if (stage === undefined) {
      return problem;
    }
    const folder = posix.dirname(analysis.notebook);
    const found = stage.outputs.find(({ kind, name }) => kind === 'file' && posix.join(folder, name) === problem.path);
    const cell = found?.cell ?? stage.cells[0] ?? null;
    return { ...problem, notebook: analysis.notebook, cell, stage: stage.name };
  });
}

function inProject(root: string, path: string): string {
  return (isAbsolute(path) ? relative(root, path) : path).split(sep).join('/');
}

/** What a file that cannot be read as what it should be is said to be. */
const UNREADABLE =
  /^E_(YAML_INVALID|YAML_STYLE|PIPELINE_INVALID|LOCK_INVALID|DVCFILE_INVALID|PARAMS_INVALID|PARAMS_SHAPE|BAD_OID)$/;

/** Files that git keeps whole versions of, as far as Cellar writes them. */
const KEPT_IN_GIT = /(^|\/)(dvc\.yaml|dvc\.lock|params\.yaml|[^/]+\.dvc)$/;

/** A file that cannot be read gets the button *Put back …*, where the last commit has another text of it. */
export async function withPutBack(project: Project, problems: readonly Problem[]): Promise<Problem[]> {
  const given = new Map<string, boolean>();
  for (const { code, path } of problems) {
    if (path !== undefined && UNREADABLE.test(code) && KEPT_IN_GIT.test(path) && !given.has(path)) {
      const before = await committed(project, path);
      given.set(path, before !== null && before !== readTextIfSync(join(project.root, path)));
    }
  }
  return problems.map(problem => {
    const { path } = problem;
    return path === undefined || given.get(path) !== true || !UNREADABLE.test(problem.code)
      ? problem
      : {
          ...problem,
          fixes: [
            ...problem.fixes,
            { label: `Put back the committed ${path}`, action: { method: 'file/put-back', params: { path } } }
          ]
        };
  });
}

async function committed({ git, root }: Project, path: string): Promise<string | null> {
  const inGit = git === null ? null : relative(git.root, join(root, path)).split(sep).join('/');
  const bytes = git === null || inGit === null ? null : await git.show('HEAD', inGit);
  return bytes?.toString('utf8') ?? null;
}

/**
 * Gives a file the text that the last commit has of it; what stands there now goes to the trash. Call it with the project
 * lock held.
 * @throws CellarError `E_NOT_COMMITTED`, those of `assertWritable`
 */
export async function putBackCommitted(project: Project, path: string): Promise<void> {
  const abs = join(project.root, path);
  const text = KEPT_IN_GIT.test(path) ? await committed(project, path) : null;
  if (text === null) {
    throw new CellarError('E_NOT_COMMITTED', `The last commit has no '${path}'.`, { next: 'Repair the file by hand.' });
  }
  assertWritable(project.root, abs);
  openTrash(project.tmpDir, newOperation('put-back')).move(abs);
  publishFile(abs, text);
}
