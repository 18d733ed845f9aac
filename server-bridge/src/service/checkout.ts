import { relative } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { isInside } from '../io/contain.js';
import { compareCodePoints } from '../io/walk.js';
import type { OnProgress } from '../store/jobs.js';
import { checkoutOuts, type CheckoutOut, type CheckoutReport, type OutChange } from '../workspace/checkout.js';
import { withPaths, type ProjectLockOptions } from '../workspace/lock.js';
import { openProject, shownPath, type Project } from '../workspace/project.js';
import type { Stage, StageOut } from '../pipeline/stage.js';
import { withProject } from './locked.js';
import { chooseTargets, isNotFound, stageSource, type Chosen, type StageSource } from './targets.js';

export interface CheckoutRequest extends ProjectLockOptions {
  withDeps: boolean;
  recursive: boolean;
  force: boolean;
  relink: boolean;
  allowMissing: boolean;
  progress?: OnProgress;
}

export interface CheckoutAnswer extends CheckoutReport {
  /** What the command ends with, after its changes were shown. */
  failure?: CellarError;
}

/** `cellar checkout`, as `dvc checkout` (spec/dvc-data.md §4.6), but nothing that is right is ever removed (Q8). */
export async function checkout(
  cwd: string,
  targets: readonly string[],
  request: CheckoutRequest
): Promise<CheckoutAnswer> {
  const project = await openProject(cwd, { cwd });
  return withProject(project, request, async () => {
    const source = stageSource(project);
    const outs = await chooseOuts(project, source, targets, request);
    const paths = outs.map(out => out.abs);
    const report = await withPaths(project, { write: paths, signal: request.signal }, () =>
      checkoutOuts(project, outs, {
        force: request.force,
        relink: request.relink,
        sweep: targets.length === 0,
        signal: request.signal,
        progress: request.progress
      })
    );
    const warnings = [...report.warnings, ...trashNotes(project, report)];
    const failure = failureOf(project, report, request.allowMissing);
    return { ...report, warnings, ...(failure === undefined ? {} : { failure }) };
  });
}

async function chooseOuts(
  project: Project,
  source: StageSource,
  targets: readonly string[],
  request: CheckoutRequest
): Promise<CheckoutOut[]> {
  const chosen: Chosen[] = [];
  for (const target of targets.length === 0 ? [null] : targets) {
    try {
      chosen.push(...(await chooseTargets(project, source, target === null ? [] : [target], request)));
    } catch (error) {
      throw target !== null && isNotFound(error) ? suggestGit(target, error) : error;
    }
  }
  const outs = new Map<string, CheckoutOut>();
  for (const { stage, path } of chosen) {
    for (const out of ownOuts(project, stage).filter(each => path === null || isInside(each.abs, path))) {
      outs.set(`${out.abs}\0${path ?? ''}`, path === null || path === out.abs ? out : { ...out, within: path });
    }
  }
  return [...outs.values()];
}

function ownOuts(project: Project, stage: Stage): StageOut[] {
  return stage.outs.filter(out => out.flags.cache && isInside(project.root, out.abs));
}

function suggestGit(target: string, cause: CellarError): CellarError {
  return new CellarError('E_NO_SUCH_TARGET', `Did you mean \`git checkout ${target}\`?: ${cause.message}`, {
    next: 'Name a tracked file or directory, a .dvc file, or a stage; `cellar status` lists what changed.',
    at: { path: target },
    cause
  });
}

function failureOf(project: Project, report: CheckoutReport, allowMissing: boolean): CellarError | undefined {
  if (report.failed.length === 0 || allowMissing) {
    return undefined;
  }
  const shown = report.failed.map(({ path }) => shownPath(project, path));
  return new CellarError(
    'E_CHECKOUT_FAILED',
    `Checkout failed for following targets:\n${shown.join('\n')}\nIs your cache up to date?`,
    {
      next: `They were left as they are. ${report.failed[0]?.error.next ?? ''}`.trim(),
      data: { paths: report.failed.map(({ path }) => path), causes: report.failed.map(({ error }) => error.message) }
    }
  );
}

function trashNotes(project: Project, report: CheckoutReport): string[] {
  return report.trash === null
    ? []
    : [`Files that were saved nowhere are in '${shownPath(project, report.trash)}' now.`];
}

const LETTERS = { modified: 'M', added: 'A', deleted: 'D' } as const;

/** `M       data/` (DVC's tab, expanded): one line an out, modified before added before deleted, directories first, paths from `cwd`. */
export function changeLines(report: CheckoutReport, cwd: string): string[] {
  return (['modified', 'added', 'deleted'] as const).flatMap(kind =>
    report.changes
      .filter(change => change.kind === kind)
      .map(change => shownChange(change, cwd))
      .sort((a, b) => Number(b.endsWith('/')) - Number(a.endsWith('/')) || compareCodePoints(a, b))
      .map(path => LETTERS[kind].padEnd(8) + path)
  );
}

function shownChange({ path, isDirectory }: OutChange, cwd: string): string {
  return relative(cwd, path) + (isDirectory ? '/' : '');
}

/** `1 file modified, 2 files added and 1 file deleted`, or `No changes.` */
export function summaryLine(report: CheckoutReport): string {
  const parts = (['modified', 'added', 'deleted'] as const)
    .map(kind => [kind, report.files[kind]] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${count === 1 ? 'file' : 'files'} ${kind}`);
  const last = parts.pop();
  if (last === undefined) {
    return 'No changes.';
  }
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}
