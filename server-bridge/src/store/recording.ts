/** After a checkout: what is known about the new files and about the objects that they hang on. */
import { basename, dirname } from 'node:path';
import { copyFacts, FACTS } from '../io/facts.js';
import { compareCodePoints } from '../io/walk.js';
import { copyDigest, DIGEST } from './columns.js';
import type { HashContext } from './hashtree.js';
import { JUDGE, OURS } from './rows.js';
import { inside } from './layout.js';
import { PLACED, type PlaceJob, type PlaceReply } from './jobs.js';
import type { CheckoutPlan, PlanRow } from './plan.js';
import type { Store } from './store.js';
import { recordObjects } from './verifying.js';

/**
 * `clock` is from before the work. A copy or clone that did not get the time of the job is too young to be trusted and is
 * left out (its facts are zero).
 */
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
    placed.push(k);
    if (reply.facts[k * FACTS + 1] === 0n) {
      continue;
    }
    const cut = row.relpath.lastIndexOf('/');
    const folder = cut < 0 ? '' : row.relpath.slice(0, cut);
    const list = folders.get(folder);
    if (list === undefined) {
      folders.set(folder, [k]);
    } else {
      list.push(k);
    }
  }
  for (const [within, list] of folders) {
    const single = rows[list[0] ?? 0]?.relpath === '';
    const folder = single ? dirname(plan.path) : inside(plan.path, within);
    const named = list.map(k => ({ k, name: basename(inside(plan.path, rows[k]?.relpath ?? '')) }));
    named.sort((a, b) => compareCodePoints(a.name, b.name));
    const facts = new BigInt64Array(list.length * FACTS);
    const digests = new Uint8Array(list.length * DIGEST);
    const trust = new Uint8Array(list.length);
    for (const [i, { k }] of named.entries()) {
      copyFacts(facts, i, reply.facts, k);
      copyDigest(digests, i, job.digests, k);
      trust[i] = reply.ours[k] === 1 || reply.timed[k] === 1 ? OURS : JUDGE;
    }
    ctx.index.record(folder, { names: named.map(each => each.name), facts, digests, trust }, clock, name);
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
