/**
 * Carries a checkout plan out (spec/dvc-data.md §4.6, I2, I3): deletions, folders, files. Files are built aside and
 * swapped in; whatever is not what the plan saw stays and is reported. Doing it again finishes an interrupted one.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { syncBarrier } from '../io/barrier.js';
import { diskError, withDiskErrors } from '../io/failures.js';
import { copyFacts, FACTS } from '../io/facts.js';
import { chmodSync, mkdirSync, statSync } from '../io/files.js';
import { openJournal } from '../io/journal.js';
import { newOperation, openTrash, removeEmptyAbove } from '../io/trash.js';
import { CellarError } from '../protocol/errors.js';
import { settledTime } from './aging.js';
import { copyDigest, DIGEST } from './columns.js';
import type { HashContext } from './hashtree.js';
import {
  OBJECT_CORRUPT,
  OBJECT_MISSING,
  PLACED,
  TARGET_CHANGED,
  targetOf,
  type OnProgress,
  type PlaceJob,
  type PlaceReply
} from './jobs.js';
import { typesFor, type LinkType } from './links.js';
import { isNothing, oidOf, type CheckoutPlan, type PlanRow } from './plan.js';
import { runJob } from './pool.js';
import { failureError } from './readfile.js';
import type { Store } from './store.js';
import { assertSpace } from './space.js';
import { inside, objectsFolder } from './layout.js';
import { removeAll } from './removing.js';
import { recordCheckout } from './recording.js';
import { emptyScratch, keepScratch, recoverCheckouts, scratchFor } from './scratch.js';

export interface CheckoutOptions {
  /** Replace unsaved files too; they go to the trash first. */
  force?: boolean;
  /** Name of the operation (and of its trash); made when left out. */
  operation?: string;
  signal?: AbortSignal;
  progress?: OnProgress;
}

export interface CheckoutResult {
  operation: string;
  added: number;
  modified: number;
  deleted: number;
  relinked: number;
  /** Where forced-away files are now; null when there were none. */
  trash: string | null;
  /** Files that changed while we worked: kept as they are. Absolute paths. */
  conflicts: string[];
}

/**
 * @throws CellarError `E_UNSAVED_FILES` (exit 255) without `force`, `E_CHECKOUT_FAILED` when objects are missing or
 * corrupt (the workspace is untouched then), `E_CHANGED_MEANWHILE`, disk errors, `E_CANCELLED`
 */
export function applyCheckout(
  ctx: HashContext,
  store: Store,
  plan: CheckoutPlan,
  options: CheckoutOptions = {}
): Promise<CheckoutResult> {
  return withDiskErrors(plan.path, () => apply(ctx, store, plan, options));
}

async function apply(
  ctx: HashContext,
  store: Store,
  plan: CheckoutPlan,
  options: CheckoutOptions
): Promise<CheckoutResult> {
  refuse(plan, options);
  const operation = options.operation ?? newOperation('checkout');
  const result: CheckoutResult = {
    operation,
    added: plan.added.length,
    modified: plan.modified.length,
    deleted: plan.deleted.length,
    relinked: plan.relinked.length,
    trash: null,
    conflicts: []
  };
  if (isNothing(plan)) {
    return result;
  }
  recoverCheckouts(store.tmpDir);
  const run = `${operation}-${randomBytes(4).toString('hex')}`;
  const scratch = scratchFor(store.tmpDir, dirname(plan.path), run);
  const journal = openJournal(store.tmpDir, 'checkout', run, {
    path: plan.path,
    oid: plan.target?.oid ?? null,
    scratch
  });
  try {
    const clock = ctx.index.now();
    const types = typesOf(store, plan, scratch);
    if (types[0] === 'copy' && plan.objects !== undefined) {
      assertSpace(plan.objects, scratch, plan.path);
    }
    result.trash = trashUnsaved(store, plan, operation);
    await removeAll(plan, scratch, options.signal, result.conflicts);
    const rows = [...plan.added, ...plan.modified, ...plan.relinked];
    makeFolders(plan, rows);
    if (rows.length > 0) {
      const job = placeJob(store, plan, rows, types, scratch, settledTime(clock));
      const reply = await runJob(job, { signal: options.signal, onStep: stepper(options.progress, rows.length) });
      settle(plan, rows, reply, result);
      recordCheckout(ctx, store, plan, rows, job, reply, clock);
      if (job.types.includes('copy')) {
        syncBarrier(dirname(plan.path), targetsOf(job));
      }
    }
    if (plan.chmod) {
      chmodSync(plan.path, Number((statSync(plan.path)?.mode ?? 0o644n) & 0o777n) | 0o100);
    }
  } catch (error) {
    keepScratch(store.tmpDir, scratch, run);
    journal.done();
    throw diskError(error, plan.path);
  }
  emptyScratch(scratch);
  journal.done();
  if (result.conflicts.length > 0) {
    throw conflictError(plan, result.conflicts);
  }
  return result;
}

function refuse(plan: CheckoutPlan, options: CheckoutOptions): void {
  if (plan.bad.size > 0) {
    throw new CellarError(
      'E_CHECKOUT_FAILED',
      `Checkout failed for following targets:\n${plan.path}\nIs your cache up to date?`,
      {
        next: 'Fetch the missing objects, or reproduce the stage that makes them. The workspace was left as it is.',
        exit: 255,
        at: { path: plan.path },
        data: { objects: Object.fromEntries(plan.bad) }
      }
    );
  }
  if (plan.unsaved.length > 0 && options.force !== true) {
    throw unsavedError(plan.unsaved.map(relpath => inside(plan.path, relpath)));
  }
}

/** DVC's refusal, with absolute paths (spec §4.6.3). */
export function unsavedError(paths: readonly string[]): CellarError {
  return new CellarError(
    'E_UNSAVED_FILES',
    `Can't remove the following unsaved files without confirmation. Use \`--force\` to force.\n${paths.join('\n')}`,
    { next: 'Add them first, or force it: they go to the trash then.', exit: 255, data: { paths: [...paths] } }
  );
}

function trashUnsaved(store: Store, plan: CheckoutPlan, operation: string): string | null {
  if (plan.unsaved.length === 0) {
    return null;
  }
  const unsaved = new Set(plan.unsaved);
  const trash = openTrash(store.tmpDir, operation);
  trash.moveAll(plan.unsaved.map(relpath => inside(plan.path, relpath)));
  // What was modified is absent now, and therefore created instead of replaced.
  plan.modified = plan.modified.map(row => (unsaved.has(row.relpath) ? { ...row, row: -1 } : row));
  plan.deleted = plan.deleted.filter(row => !unsaved.has(row.relpath));
  plan.unsaved.forEach(relpath => removeEmptyAbove(dirname(inside(plan.path, relpath)), dirname(plan.path)));
  return trash.folder;
}

function makeFolders(plan: CheckoutPlan, rows: readonly PlanRow[]): void {
  if (plan.tree !== null) {
    mkdirSync(plan.path);
  }
  let last = '';
  for (const row of rows) {
    const path = inside(plan.path, row.relpath);
    const folder = path.slice(0, path.lastIndexOf('/'));
    if (folder !== last) {
      mkdirSync(folder);
      last = folder;
    }
  }
}

/** The configured kinds of link that work here, tried with the first object. */
function typesOf(store: Store, plan: CheckoutPlan, scratch: string): LinkType[] {
  const first = plan.added[0] ?? plan.modified[0] ?? plan.relinked[0];
  return first === undefined
    ? []
    : typesFor(store.types, store.path(oidOf(plan, first), plan.target?.name), join(scratch, 'try'));
}

function placeJob(
  store: Store,
  plan: CheckoutPlan,
  rows: readonly PlanRow[],
  types: LinkType[],
  scratch: string,
  time: number | null
): PlaceJob {
  const name = plan.target?.name ?? 'md5';
  const digests = new Uint8Array(rows.length * DIGEST);
  const expected = new BigInt64Array(rows.length * FACTS);
  for (const [k, row] of rows.entries()) {
    copyDigest(digests, k, plan.wanted, row.wanted);
    if (row.row >= 0) {
      copyFacts(expected, k, plan.facts, row.row);
    }
  }
  return {
    kind: 'place',
    cache: objectsFolder(store.cacheDir, name),
    top: plan.path,
    relpaths: rows.map(row => row.relpath),
    digests,
    name,
    objects: plan.objects ?? new BigInt64Array(rows.length * FACTS),
    types,
    exec: new Uint8Array(rows.length).fill(plan.target?.isexec === true ? 1 : 0),
    expected,
    scratch,
    firstScratch: 0,
    time
  };
}

function* targetsOf(job: PlaceJob): Generator<string> {
  for (let row = 0; row < job.relpaths.length; row++) {
    yield targetOf(job, row);
  }
}

function stepper(progress: OnProgress | undefined, total: number): (step: { files: number; bytes: number }) => void {
  const now = { files: 0, bytes: 0, totalFiles: total, totalBytes: 0 };
  progress?.({ ...now });
  return step => {
    now.files += step.files;
    now.bytes += step.bytes;
    now.totalBytes = Math.max(now.totalBytes, now.bytes);
    progress?.({ ...now });
  };
}

/** Throws what went wrong; files that somebody changed meanwhile are only noted. */
function settle(plan: CheckoutPlan, rows: readonly PlanRow[], reply: PlaceReply, result: CheckoutResult): void {
  for (const [k, row] of rows.entries()) {
    const state = reply.states[k] ?? PLACED;
    if (state === TARGET_CHANGED) {
      result.conflicts.push(inside(plan.path, row.relpath));
    } else if (state === OBJECT_MISSING || state === OBJECT_CORRUPT) {
      plan.bad.set(oidOf(plan, row), state === OBJECT_MISSING ? 'missing' : 'corrupt');
    }
  }
  const [failure] = reply.failures;
  if (failure !== undefined) {
    throw failureError(failure);
  }
  if (plan.bad.size > 0) {
    refuse(plan, { force: true });
  }
}

function conflictError(plan: CheckoutPlan, paths: string[]): CellarError {
  return new CellarError(
    'E_CHANGED_MEANWHILE',
    `These files changed during the checkout and were kept:\n${paths.join('\n')}`,
    {
      next: 'Look at them, then check out again.',
      at: { path: plan.path },
      data: { paths }
    }
  );
}
