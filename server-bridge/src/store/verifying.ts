/** Mode 0444 proves nothing (I12): an object is trusted when its facts equal a verified record, else it is hashed. */
import type { HashName } from '../formats/entries.js';
import { factsEqual, FACTS, setFacts } from '../io/facts.js';
import { statSync } from '../io/files.js';
import { digestHex, DIGEST } from './columns.js';
import { JUDGE, OURS, type Rows } from './index.js';
import type { Failure } from './jobs.js';
import { runJob } from './pool.js';
import { failureError } from './readfile.js';
import type { Soundness, Store } from './store.js';

/** Checks objects; gives those that are missing or corrupt. Corrupt ones are in quarantine afterwards. */
export async function verifyObjects(
  store: Store,
  oids: Iterable<string>,
  name: HashName = 'md5',
  signal?: AbortSignal
): Promise<Map<string, Soundness>> {
  const bad = new Map<string, Soundness>();
  const unsure: string[] = [];
  const facts: bigint[] = [];
  const clock = store.records.now();
  const row = new BigInt64Array(FACTS);
  for (const oid of new Set(oids)) {
    const path = store.path(oid, name);
    const stats = statSync(path);
    if (stats === null) {
      bad.set(oid, 'missing');
    } else if (store.records.lookup(path, stats, hashNameOf(oid, name)) !== oid.slice(0, 32)) {
      unsure.push(oid);
      setFacts(row, 0, stats);
      facts.push(...row);
    }
  }
  if (unsure.length === 0) {
    return bad;
  }
  const good: { oid: string; row: number }[] = [];
  const expected = BigInt64Array.from(facts);
  for (const legacy of [false, true]) {
    const some = unsure.map((oid, i) => ({ oid, i })).filter(({ oid }) => isLegacy(oid, name) === legacy);
    if (some.length === 0) {
      continue;
    }
    const part = new BigInt64Array(some.length * FACTS);
    some.forEach(({ i }, k) => part.set(expected.subarray(i * FACTS, (i + 1) * FACTS), k * FACTS));
    const job = {
      kind: 'hash' as const,
      paths: some.map(({ oid }) => store.path(oid, name)),
      facts: part,
      name: legacy ? ('md5-dos2unix' as const) : ('md5' as const)
    };
    const reply = await runJob(job, { signal });
    const failed = new Map(reply.failures.map(failure => [failure.row, failure]));
    for (const [k, { oid, i }] of some.entries()) {
      const failure = failed.get(k);
      if (failure !== undefined) {
        bad.set(oid, soundnessOf(failure));
      } else if (digestHex(reply.digests, k) === oid.slice(0, 32)) {
        expected.set(reply.facts.subarray(k * FACTS, (k + 1) * FACTS), i * FACTS);
        good.push({ oid, row: i });
      } else {
        store.quarantine(oid, name);
        bad.set(oid, 'corrupt');
      }
    }
  }
  recordObjects(store, good, expected, clock, name);
  return bad;
}

function isLegacy(oid: string, name: HashName): boolean {
  return hashNameOf(oid, name) === 'md5-dos2unix';
}

/** A directory object is JSON that DVC wrote itself: its name is always the plain MD5. */
function hashNameOf(oid: string, name: HashName): HashName {
  return oid.endsWith('.dir') ? 'md5' : name;
}

function soundnessOf(failure: Failure): Soundness {
  if (failure.errno === 'ENOENT') {
    return 'missing';
  }
  throw failureError(failure);
}

/** Records objects that are known to be good. `row` counts in `facts`; `ours[row]` 1: a younger ctime was our own doing. */
export function recordObjects(
  store: Store,
  objects: readonly { oid: string; row: number }[],
  facts: BigInt64Array,
  clock: bigint,
  name: HashName,
  ours?: Uint8Array
): void {
  const sorted = [...objects].sort((a, b) => (a.oid < b.oid ? -1 : a.oid > b.oid ? 1 : 0));
  for (let from = 0; from < sorted.length;) {
    const prefix = sorted[from]?.oid.slice(0, 2) ?? '';
    let to = from;
    while (to < sorted.length && sorted[to]?.oid.startsWith(prefix) === true) {
      to++;
    }
    recordPrefix(store, sorted.slice(from, to), facts, clock, name, ours);
    from = to;
  }
}

function recordPrefix(
  store: Store,
  group: readonly { oid: string; row: number }[],
  facts: BigInt64Array,
  clock: bigint,
  name: HashName,
  ours?: Uint8Array
): void {
  const distinct = group.filter((entry, i) => entry.oid !== group[i + 1]?.oid);
  const rows: Rows = {
    names: distinct.map(({ oid }) => oid.slice(2)),
    facts: new BigInt64Array(distinct.length * FACTS),
    digests: new Uint8Array(distinct.length * DIGEST),
    trust: new Uint8Array(distinct.length)
  };
  for (const [k, { oid, row }] of distinct.entries()) {
    rows.facts.set(facts.subarray(row * FACTS, (row + 1) * FACTS), k * FACTS);
    rows.digests.set(Buffer.from(oid.slice(0, 32), 'hex'), k * DIGEST);
    if (rows.trust !== undefined) {
      rows.trust[k] = ours?.[row] === 1 ? OURS : JUDGE;
    }
  }
  const first = distinct[0]?.oid ?? '';
  const folder = store.path(first, name).slice(0, -(first.length - 1));
  store.records.record(folder, rows, clock, first.endsWith('.dir') ? 'md5' : name);
}

/** Whether a record vouches for the object as it is now. */
export function isVerified(store: Store, oid: string, name: HashName): boolean {
  const path = store.path(oid, name);
  const stats = statSync(path);
  return stats !== null && store.records.lookup(path, stats, hashNameOf(oid, name)) === oid.slice(0, 32);
}

/** Whether row `row` of `facts` is what the object's stat says now. */
export function isUntouched(path: string, facts: BigInt64Array, row: number): boolean {
  const stats = statSync(path);
  return stats !== null && factsEqual(facts, row, stats);
}
