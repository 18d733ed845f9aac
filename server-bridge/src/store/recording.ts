/** After a checkout: what is known about the new files and about the objects that they hang on. */
import { basename, dirname } from 'node:path';
import { copyFacts, FACTS } from '../io/facts.js';
import { compareCodePoints } from '../io/walk.js';
import { DIGEST } from './columns.js';
import type { HashContext } from './hashtree.js';
import { JUDGE, OURS } from './rows.js';
import { PLACED, type PlaceJob, type PlaceReply } from './jobs.js';
import type { CheckoutPlan, PlanRow } from './plan.js';
import type { Store } from './store.js';
import { recordObjects } from './verifying.js';

/** `clock` is from before the work: a copy that we have just written is too young to be trusted, a link is not. */
export function recordCheckout(
  ctx: HashContext,
  store: Store,
  plan: CheckoutPlan,
  rows: readonly PlanRow[],
  job: PlaceJob,
  reply: PlaceReply,
  clock: bigint
): void {
  const name = plan.target?.name ?? 'md5';
  const folders = new Map<string, number[]>();
  const placed: number[] = [];
  for (const [k, row] of rows.entries()) {
    if (reply.states[k] !== PLACED) {
      continue;
    }
    const path = row.relpath === '' ? plan.path : `${plan.path}/${row.relpath}`;
    const folder = dirname(path);
    const list = folders.get(folder);
    if (list === undefined) {
      folders.set(folder, [k]);
    } else {
      list.push(k);
    }
    placed.push(k);
  }
  const nameOf = (k: number): string => basename(rows[k]?.relpath === '' ? plan.path : (rows[k]?.relpath ?? ''));
  for (const [folder, list] of folders) {
    list.sort((a, b) => compareCodePoints(nameOf(a), nameOf(b)));
    const facts = new BigInt64Array(list.length * FACTS);
    const digests = new Uint8Array(list.length * DIGEST);
    const trust = new Uint8Array(list.length);
    for (const [i, k] of list.entries()) {
      copyFacts(facts, i, reply.facts, k);
      digests.set(job.digests.subarray(k * DIGEST, (k + 1) * DIGEST), i * DIGEST);
      trust[i] = reply.ours[k] === 1 ? OURS : JUDGE;
    }
    ctx.index.record(folder, { names: list.map(nameOf), facts, digests, trust }, clock, name);
  }
  recordObjects(
    store,
    job.digests,
    placed.filter(k => reply.objects[k * FACTS + 1] !== 0n),
    reply.objects,
    clock,
    { name, ours: reply.ours }
  );
}
