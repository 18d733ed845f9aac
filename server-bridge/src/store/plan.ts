/** What a checkout would do to one out (spec/dvc-data.md §4.6): a merge of the wanted tree with what is there. */
import type { HashName } from '../formats/entries.js';
import { withDiskErrors } from '../io/failures.js';
import { copyFacts, FACTS } from '../io/facts.js';
import { lstatSync } from '../io/files.js';
import { compareCodePoints, visitFiles, type WalkBlock } from '../io/walk.js';
import { copyDigest, digestHex, digestsEqual, DIGEST, setDigest } from './columns.js';
import { oidOfScan, scanPath, type HashContext, type Scan } from './hashtree.js';
import type { OnProgress } from './jobs.js';
import { assertOid, isDirOid } from './layout.js';
import { hangsRight, type Hanging } from './links.js';
import type { Soundness, Store } from './store.js';
import type { Tree } from './tree.js';
import { checkObjects, MISSING, OK } from './verifying.js';

/** What an out should be. `null` instead of a target means: it should not be there. */
export interface Target {
  oid: string;
  name?: HashName;
  isexec?: boolean;
}

export interface PlanOptions {
  /** Also recreate unchanged files whose link kind does not fit `cache.type`. */
  relink?: boolean;
  /** Only members below this relpath (of a folder), as `dvc checkout data/sub` asks. */
  within?: string;
  signal?: AbortSignal;
  progress?: OnProgress;
}

/** One file: where it is relative to the out ('' for a single file), what is there, what it becomes. */
export interface PlanRow {
  relpath: string;
  /** Row of `CheckoutPlan.facts` and `digests`; -1 when nothing is there. */
  row: number;
  /** Row of `CheckoutPlan.wanted`; -1 when nothing is to be there. */
  wanted: number;
}

export interface CheckoutPlan {
  path: string;
  target: Target | null;
  tree: Tree | null;
  added: PlanRow[];
  modified: PlanRow[];
  deleted: PlanRow[];
  /** Equal content that is to be linked anew. */
  relinked: PlanRow[];
  /** Files that would be deleted or replaced though their bytes are not safe in the cache: relpaths. */
  unsaved: string[];
  /** Objects that are needed but not there or not sound: nothing may be done to this out. */
  bad: Map<string, Soundness>;
  /** Only the owner's execute bit is missing. */
  chmod: boolean;
  /** Facts and digests of what is there. */
  facts: BigInt64Array;
  digests: Uint8Array;
  /** Digests of what is to be there. */
  wanted: Uint8Array;
  /** Facts with which the objects of added, modified and relinked files (in this order) were verified. */
  objects?: BigInt64Array;
  /** What is there and stays, for the index. */
  scan: Scan | null;
}

interface Present {
  relpath: string;
  block: WalkBlock;
  index: number;
}

/**
 * Plans a checkout; reads the workspace, writes nothing.
 * @throws CellarError `E_OBJECT_MISSING`, `E_OBJECT_CORRUPT`, `E_MANIFEST_CORRUPT` for the directory object itself, and
 * those of `scanPath`
 */
export function planCheckout(
  ctx: HashContext,
  store: Store,
  path: string,
  target: Target | null,
  options: PlanOptions = {}
): Promise<CheckoutPlan> {
  return withDiskErrors(path, () => makePlan(ctx, store, path, target, options));
}

async function makePlan(
  ctx: HashContext,
  store: Store,
  path: string,
  target: Target | null,
  options: PlanOptions
): Promise<CheckoutPlan> {
  const name = target?.name ?? 'md5';
  if (target !== null) {
    assertOid(target.oid);
  }
  const there = lstatSync(path);
  const scan = there === null ? null : await scanPath(ctx, path, { ...options, name });
  const same = scan !== null && target !== null && options.relink !== true && isSame(ctx, scan, target);
  if (same && isDirOid(target.oid) && (await store.verify(target.oid, name, options.signal)) !== 'ok') {
    store.read(target.oid, name); // says what is wrong with it, though nothing is to be done
  }
  const tree = !same && target !== null && isDirOid(target.oid) ? store.tree(target.oid, name) : null;
  const plan: CheckoutPlan = {
    path,
    target,
    tree,
    added: [],
    modified: [],
    deleted: [],
    relinked: [],
    unsaved: [],
    bad: new Map(),
    chmod: false,
    facts: new BigInt64Array(0),
    digests: new Uint8Array(0),
    wanted: new Uint8Array(0),
    scan
  };
  if (same) {
    plan.chmod = target.isexec === true && scan.kind === 'file' && !isExecutable(scan);
    return plan;
  }
  merge(plan, presentFiles(scan), wantedFiles(target, tree), store, options);
  plan.chmod = target?.isexec === true && scan?.kind === 'file' && plan.modified.length === 0 && !isExecutable(scan);
  await judge(plan, store, name, options.signal);
  return plan;
}

function isSame(ctx: HashContext, scan: Scan, target: Target): boolean {
  return (scan.kind === 'dir') === isDirOid(target.oid) && oidOfScan(ctx, scan) === target.oid;
}

/** Whether a plan would change anything. */
export function isNothing(plan: CheckoutPlan): boolean {
  const { added, modified, deleted, relinked } = plan;
  return added.length + modified.length + deleted.length + relinked.length === 0 && !plan.chmod;
}

function isExecutable(scan: Scan): boolean {
  return ((scan.top.modes[0] ?? 0) & 0o100) !== 0;
}

function presentFiles(scan: Scan | null): Present[] {
  const files: Present[] = [];
  if (scan?.kind === 'file') {
    files.push({ relpath: '', block: scan.top, index: 0 });
  } else if (scan !== null) {
    visitFiles(scan.top, (block, index, relpath) => files.push({ relpath, block, index }));
  }
  return files;
}

function wantedFiles(target: Target | null, tree: Tree | null): Tree {
  if (tree !== null) {
    return tree;
  }
  if (target === null) {
    return { paths: [], digests: new Uint8Array(0) };
  }
  const digests = new Uint8Array(DIGEST);
  setDigest(digests, 0, target.oid);
  return { paths: [''], digests };
}

function merge(plan: CheckoutPlan, present: Present[], wanted: Tree, store: Store, options: PlanOptions): void {
  plan.facts = new BigInt64Array(present.length * FACTS);
  plan.digests = new Uint8Array(present.length * DIGEST);
  plan.wanted = wanted.digests;
  const inScope = scopeOf(options.within);
  let i = 0;
  let j = 0;
  while (i < present.length || j < wanted.paths.length) {
    const here = present[i];
    const path = wanted.paths[j];
    const order = here === undefined ? 1 : path === undefined ? -1 : compareCodePoints(here.relpath, path);
    const relpath = order <= 0 ? (here?.relpath ?? '') : (path ?? '');
    if (order <= 0 && here !== undefined) {
      const { block, index } = here;
      copyFacts(plan.facts, i, block.facts, index);
      copyDigest(plan.digests, i, plan.scan?.digests.get(block) ?? NO_DIGESTS, index);
    }
    if (inScope(relpath)) {
      place(plan, { relpath, row: order <= 0 ? i : -1, wanted: order >= 0 ? j : -1 }, here, store, options);
    }
    i += order <= 0 ? 1 : 0;
    j += order >= 0 ? 1 : 0;
  }
}

function place(plan: CheckoutPlan, row: PlanRow, here: Present | undefined, store: Store, options: PlanOptions): void {
  if (row.row < 0) {
    plan.added.push(row);
  } else if (row.wanted < 0) {
    plan.deleted.push(row);
  } else if (!digestsEqual(plan.digests, row.row, plan.wanted, row.wanted)) {
    plan.modified.push(row);
  } else if (options.relink === true && here !== undefined && needsRelink(store, here, oidOf(plan, row), plan.target)) {
    plan.relinked.push(row);
  }
}

/** The object that a row becomes. */
export function oidOf(plan: CheckoutPlan, row: PlanRow): string {
  return digestHex(plan.wanted, row.wanted);
}

const NO_DIGESTS = new Uint8Array(0);

function scopeOf(within: string | undefined): (relpath: string) => boolean {
  if (within === undefined || within === '') {
    return () => true;
  }
  return relpath => relpath === within || relpath.startsWith(within + '/');
}

function needsRelink(store: Store, here: Present, oid: string, target: Target | null): boolean {
  return !hangsRight(
    store.types,
    hangingOf(here.block, here.index),
    store.path(oid, target?.name),
    target?.isexec === true
  );
}

/** What a walk saw of a file's links. */
export function hangingOf(block: WalkBlock, i: number): Hanging {
  return {
    path: `${block.path}/${block.names[i] ?? ''}`,
    isLink: block.links[i] === 1,
    nlink: block.nlinks[i] ?? 1,
    ino: block.facts[i * FACTS + 1] ?? 0n,
    empty: block.facts[i * FACTS + 4] === 0n
  };
}

/** Which bytes are safe, which objects are sound; existing is not verified (I3). */
async function judge(plan: CheckoutPlan, store: Store, name: HashName, signal?: AbortSignal): Promise<void> {
  const coming = [...plan.added, ...plan.modified, ...plan.relinked];
  const leaving = [...plan.modified, ...plan.deleted];
  const digests = new Uint8Array((coming.length + leaving.length) * DIGEST);
  coming.forEach((row, i) => copyDigest(digests, i, plan.wanted, row.wanted));
  leaving.forEach((row, i) => copyDigest(digests, coming.length + i, plan.digests, row.row));
  if (digests.length === 0) {
    return;
  }
  const { states, facts } = await checkObjects(store, digests, { name, signal });
  for (const [i, row] of coming.entries()) {
    if (states[i] !== OK) {
      plan.bad.set(oidOf(plan, row), states[i] === MISSING ? 'missing' : 'corrupt');
    }
  }
  plan.objects = facts.slice(0, coming.length * FACTS);
  plan.unsaved = leaving
    .filter((_row, i) => states[coming.length + i] !== OK)
    .map(row => row.relpath)
    .sort(compareCodePoints);
}
