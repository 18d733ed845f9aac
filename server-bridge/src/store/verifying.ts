/** Mode 0444 proves nothing (I12): an object is trusted when its facts equal a verified record, else it is hashed. */
import type { HashName } from '../formats/entries.js';
import { copyFacts, FACTS, setFacts } from '../io/facts.js';
import { statSync } from '../io/files.js';
import { digestHex, digestsEqual, DIGEST, setDigest } from './columns.js';
import { JUDGE, OURS } from './rows.js';
import type { Failure } from './jobs.js';
import { runJob } from './pool.js';
import { failureError } from './readfile.js';
import type { Soundness, Store } from './store.js';

/** Objects as columns: row i is the object with digest i (`.dir` objects only alone, see `suffix`). */
export interface Checked {
  /** OK, MISSING or CORRUPT. */
  states: Uint8Array;
  /** Facts of the sound ones: what was verified. */
  facts: BigInt64Array;
}

export const OK = 0;
export const MISSING = 1;
export const CORRUPT = 2;

export interface CheckOptions {
  name?: HashName;
  /** `.dir` when the digests are those of directory objects, whose hash is always the plain MD5 of their JSON. */
  suffix?: '' | '.dir';
  signal?: AbortSignal;
}

/** Checks objects; corrupt ones are in quarantine afterwards. The same digest may occur many times. */
export async function checkObjects(store: Store, digests: Uint8Array, options: CheckOptions = {}): Promise<Checked> {
  const name = options.name ?? 'md5';
  const hashName = options.suffix === '.dir' ? 'md5' : name;
  const n = digests.length / DIGEST;
  const checked: Checked = { states: new Uint8Array(n), facts: new BigInt64Array(n * FACTS) };
  const clock = store.records.now();
  const order = sortedRows(digests);
  const unsure: number[] = [];
  const paths: string[] = [];
  for (const [k, row] of order.entries()) {
    if (k > 0 && digestsEqual(digests, row, digests, order[k - 1] ?? 0)) {
      continue;
    }
    const path = store.path(digestHex(digests, row) + (options.suffix ?? ''), name);
    const stats = statSync(path);
    if (stats === null) {
      checked.states[row] = MISSING;
    } else {
      setFacts(checked.facts, row, stats);
      if (!store.records.knows(path, stats, digests, row, hashName)) {
        unsure.push(row);
        paths.push(path);
      }
    }
  }
  if (unsure.length > 0) {
    const facts = gather(checked.facts, unsure);
    const reply = await runJob({ kind: 'hash', paths, facts, name: hashName }, { signal: options.signal });
    const failed = new Map(reply.failures.map(failure => [failure.row, failure]));
    for (const [k, row] of unsure.entries()) {
      copyFacts(checked.facts, row, reply.facts, k);
      const failure = failed.get(k);
      if (failure !== undefined) {
        checked.states[row] = stateOf(failure);
      } else if (!digestsEqual(reply.digests, k, digests, row)) {
        store.quarantine(digestHex(digests, row) + (options.suffix ?? ''), name);
        checked.states[row] = CORRUPT;
      }
    }
    const sound = unsure.filter(row => checked.states[row] === OK);
    recordObjects(store, digests, sound, checked.facts, clock, { ...options, name });
  }
  spread(digests, order, checked);
  return checked;
}

/** Gives every row of one digest what was found for the first. */
function spread(digests: Uint8Array, order: Uint32Array, checked: Checked): void {
  for (let k = 1; k < order.length; k++) {
    const row = order[k] ?? 0;
    const before = order[k - 1] ?? 0;
    if (digestsEqual(digests, row, digests, before)) {
      checked.states[row] = checked.states[before] ?? OK;
      copyFacts(checked.facts, row, checked.facts, before);
    }
  }
}

function gather(facts: BigInt64Array, rows: readonly number[]): BigInt64Array {
  const some = new BigInt64Array(rows.length * FACTS);
  rows.forEach((row, k) => copyFacts(some, k, facts, row));
  return some;
}

function stateOf(failure: Failure): number {
  if (failure.errno === 'ENOENT') {
    return MISSING;
  }
  throw failureError(failure);
}

/** Row numbers in the order of their digests. */
export function sortedRows(digests: Uint8Array, rows?: readonly number[]): Uint32Array {
  const view = new DataView(digests.buffer, digests.byteOffset, digests.byteLength);
  const order = Uint32Array.from(rows ?? { length: digests.length / DIGEST }, (row, i) =>
    rows === undefined ? i : Number(row)
  );
  return order.sort((a, b) => {
    for (let at = 0; at < DIGEST; at += 4) {
      const difference = view.getUint32(a * DIGEST + at) - view.getUint32(b * DIGEST + at);
      if (difference !== 0) {
        return difference;
      }
    }
    return a - b;
  });
}

/** `checkObjects` for a few oids by name; gives those that are missing or corrupt. */
export async function verifyObjects(
  store: Store,
  oids: Iterable<string>,
  name: HashName = 'md5',
  signal?: AbortSignal
): Promise<Map<string, Soundness>> {
  const bad = new Map<string, Soundness>();
  const distinct = [...new Set(oids)];
  for (const suffix of ['', '.dir'] as const) {
    const some = distinct.filter(oid => oid.endsWith('.dir') === (suffix === '.dir'));
    if (some.length === 0) {
      continue;
    }
    const digests = new Uint8Array(some.length * DIGEST);
    for (const [i, oid] of some.entries()) {
      store.path(oid, name); // refuses what is no oid
      setDigest(digests, i, oid);
    }
    const { states } = await checkObjects(store, digests, { name, suffix, signal });
    for (const [i, oid] of some.entries()) {
      if (states[i] !== OK) {
        bad.set(oid, states[i] === MISSING ? 'missing' : 'corrupt');
      }
    }
  }
  return bad;
}

export interface RecordOptions {
  name: HashName;
  suffix?: '' | '.dir';
  /** 1 where a younger ctime was our own doing. */
  ours?: Uint8Array;
}

/** Records objects that are known to be good: `rows` of the columns. */
export function recordObjects(
  store: Store,
  digests: Uint8Array,
  rows: readonly number[],
  facts: BigInt64Array,
  clock: bigint,
  options: RecordOptions
): void {
  const order = sortedRows(digests, rows);
  for (let from = 0; from < order.length;) {
    const prefix = digests[(order[from] ?? 0) * DIGEST];
    let to = from;
    while (to < order.length && digests[(order[to] ?? 0) * DIGEST] === prefix) {
      to++;
    }
    recordPrefix(store, digests, order.subarray(from, to), facts, clock, options);
    from = to;
  }
}

function recordPrefix(
  store: Store,
  digests: Uint8Array,
  order: Uint32Array,
  facts: BigInt64Array,
  clock: bigint,
  options: RecordOptions
): void {
  // Of several rows of one object the last is the newest: a link changes the facts of all names before it.
  const last = order.filter(
    (row, i) => i + 1 === order.length || !digestsEqual(digests, row, digests, order[i + 1] ?? 0)
  );
  const rows = {
    names: new Array<string>(last.length),
    facts: new BigInt64Array(last.length * FACTS),
    digests: new Uint8Array(last.length * DIGEST),
    trust: new Uint8Array(last.length)
  };
  for (const [k, row] of last.entries()) {
    rows.names[k] = digestHex(digests, row).slice(2) + (options.suffix ?? '');
    copyFacts(rows.facts, k, facts, row);
    rows.digests.set(digests.subarray(row * DIGEST, (row + 1) * DIGEST), k * DIGEST);
    rows.trust[k] = options.ours?.[row] === 1 ? OURS : JUDGE;
  }
  const first = digestHex(digests, last[0] ?? 0);
  const folder = store.path(first, options.name).slice(0, -(first.length - 1));
  store.records.record(folder, rows, clock, options.suffix === '.dir' ? 'md5' : options.name);
}
