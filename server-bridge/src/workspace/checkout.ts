import { relative, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { lstatSync } from '../io/files.js';
import { newOperation } from '../io/trash.js';
import { applyCheckout, unsavedError } from '../store/checkout.js';
import { oidOfScan } from '../store/hashtree.js';
import { isNothing, planCheckout, type CheckoutPlan, type Target } from '../store/plan.js';
import type { Out, WorkOptions } from './out.js';
import { forgetPlaced, leftOvers, rememberPlaced } from './placed.js';
import { shownPath, type Project } from './project.js';
import { hashContext } from './walkrules.js';

/** An out to check out; with `within` (absolute) only what is at or below that path. */
export interface CheckoutOut extends Out {
  within?: string;
}

export interface CheckoutOptions extends WorkOptions {
  /** Also replace files that are saved nowhere; they go to the trash first (I3). */
  force?: boolean;
  /** Also place files anew that hang on the cache by another kind of link than configured. */
  relink?: boolean;
  /** Also remove what earlier checkouts placed and no stage tracks any more (spec/dvc-data.md §4.6.1). */
  sweep?: boolean;
}

export interface OutChange {
  /** Absolute path of the out. */
  path: string;
  kind: 'added' | 'modified' | 'deleted';
  /** Whether it is, or was, a directory. */
  isDirectory: boolean;
}

export interface CheckoutReport {
  changes: OutChange[];
  /** Files that were added, modified and deleted. */
  files: { added: number; modified: number; deleted: number };
  /** Outs that were left as they are because their data is not, or not whole, in the cache. Absolute. */
  failed: { path: string; error: CellarError }[];
  warnings: string[];
  /** Where unsaved files that were forced away are now; null when there were none. */
  trash: string | null;
}

interface Step {
  plan: CheckoutPlan;
  path: string;
  before: boolean;
  /** Null for what is left over. */
  out: CheckoutOut | null;
}

/** `checkoutOuts` for one out. */
export function checkoutOut(
  project: Project,
  out: CheckoutOut,
  options: CheckoutOptions = {}
): Promise<CheckoutReport> {
  return checkoutOuts(project, [out], options);
}

/**
 * Brings outs into the recorded state (spec/dvc-data.md §4.6). Everything is planned before the first file is touched:
 * one unsaved file that would be lost refuses the whole. An out whose objects are missing or damaged is left as it is and
 * reported; the others are still checked out (quirk Q8 is not copied).
 * @throws CellarError `E_UNSAVED_FILES` (exit 255) and those of the store
 */
export async function checkoutOuts(
  project: Project,
  outs: readonly CheckoutOut[],
  options: CheckoutOptions = {}
): Promise<CheckoutReport> {
  const report: CheckoutReport = {
    changes: [],
    files: { added: 0, modified: 0, deleted: 0 },
    failed: [],
    warnings: [],
    trash: null
  };
  const steps: Step[] = options.sweep === true ? await planLeftOvers(project, outs, options) : [];
  for (const out of outs.filter(each => each.flags.cache)) {
    const plan = await planOut(project, out, options, report);
    if (plan !== null) {
      steps.push({ plan, path: out.abs, before: lstatSync(out.abs) !== null, out });
    }
  }
  const unsaved = steps.flatMap(({ plan, path }) =>
    plan.unsaved.map(relpath => (relpath ? `${path}/${relpath}` : path))
  );
  if (unsaved.length > 0 && options.force !== true) {
    throw unsavedError(unsaved);
  }
  const operation = newOperation('checkout');
  for (const step of steps) {
    await applyStep(project, step, operation, options, report);
  }
  return report;
}

async function planOut(
  project: Project,
  out: CheckoutOut,
  options: CheckoutOptions,
  report: CheckoutReport
): Promise<CheckoutPlan | null> {
  const hash = out.recorded?.hash;
  if (hash === undefined) {
    report.warnings.push(`No file hash info found for '${out.abs}'. It won't be created.`);
    report.failed.push({ path: out.abs, error: neverSaved(project, out) });
    return null;
  }
  const target: Target = { oid: hash.value, name: hash.name, isexec: out.recorded?.isexec === true };
  const within = out.within === undefined ? '' : relative(out.abs, out.within).split(sep).join('/');
  try {
    const plan = await planCheckout(hashContext(project), project.store, out.abs, target, {
      relink: options.relink,
      signal: options.signal,
      progress: options.progress,
      ...(within === '' ? {} : { within })
    });
    if (plan.bad.size === 0) {
      return plan;
    }
    report.failed.push({ path: out.abs, error: missingObjects(project, out, [...plan.bad.keys()]) });
  } catch (error) {
    if (!(error instanceof CellarError) || !/^E_(OBJECT_MISSING|OBJECT_CORRUPT|MANIFEST_CORRUPT)$/.test(error.code)) {
      throw error;
    }
    report.failed.push({ path: out.abs, error });
  }
  return null;
}

async function planLeftOvers(
  project: Project,
  outs: readonly CheckoutOut[],
  options: CheckoutOptions
): Promise<Step[]> {
  const steps: Step[] = [];
  for (const { path, hash } of leftOvers(project, outs).filter(each => each.hash.name === 'md5')) {
    const plan = await planCheckout(hashContext(project), project.store, path, null, { signal: options.signal });
    // Only what is still exactly what we placed, and is safe in the cache, is ours to take away.
    if (plan.scan !== null && oidOfScan(hashContext(project), plan.scan) === hash.value && plan.unsaved.length === 0) {
      steps.push({ plan, path, before: true, out: null });
    } else {
      forgetPlaced(project, path);
    }
  }
  return steps;
}

async function applyStep(
  project: Project,
  { plan, path, before, out }: Step,
  operation: string,
  options: CheckoutOptions,
  report: CheckoutReport
): Promise<void> {
  if (!isNothing(plan)) {
    const done = await applyCheckout(hashContext(project), project.store, plan, { ...options, operation });
    report.files.added += done.added;
    report.files.modified += done.modified;
    report.files.deleted += done.deleted;
    report.trash ??= done.trash;
    if (done.added + done.modified + done.deleted > 0) {
      const kind = out === null ? 'deleted' : before ? 'modified' : 'added';
      report.changes.push({
        path,
        kind,
        isDirectory: plan.tree !== null || (out === null && plan.scan?.kind === 'dir')
      });
    }
  }
  if (out === null) {
    forgetPlaced(project, path);
  } else if (out.recorded?.hash !== undefined) {
    rememberPlaced(project, path, out.recorded.hash);
  }
}

function neverSaved(project: Project, out: CheckoutOut): CellarError {
  const shown = shownPath(project, out.abs);
  return new CellarError('E_NEVER_SAVED', `'${shown}' was never saved: nothing is recorded of it.`, {
    next: 'Run the stage that makes it: `cellar repro`.',
    at: { path: out.abs }
  });
}

function missingObjects(project: Project, out: CheckoutOut, oids: string[]): CellarError {
  const shown = shownPath(project, out.abs);
  const what = oids.length === 1 ? `the object ${oids[0]}` : `${oids.length} objects`;
  return new CellarError('E_OBJECT_MISSING', `'${shown}' is not whole in the cache: ${what} missing or damaged.`, {
    next: 'Fetch it with `dvc fetch`, or run the stage that makes it: `cellar repro`.',
    at: { path: out.abs },
    data: { oids: oids.slice(0, 100) }
  });
}
