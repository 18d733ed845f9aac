/** Which objects exist: many at once by listing the prefix folders, never one question for each (performance.md §2.4). */
import { createHash } from 'node:crypto';
import type { HashName } from '../formats/entries.js';
import { existsSync, lstatSync, type BigIntStats } from '../io/files.js';
import { digestHex, DIGEST } from './columns.js';
import { isSettled } from './rows.js';
import { assertOid, objectsFolder, objectPath } from './layout.js';
import type { Store } from './store.js';
import { listObjects } from './sweep.js';
import type { Tree } from './tree.js';

const LIST_FROM = 256;

/** Those of the oids that do not exist. */
export function missingOids(cacheDir: string, oids: Iterable<string>, name: HashName): Set<string> {
  const folder = objectsFolder(cacheDir, name);
  const wanted = new Set(oids);
  const missing = new Set<string>();
  const lists = new Listings(folder);
  for (const oid of wanted) {
    assertOid(oid);
    const there = wanted.size < LIST_FROM ? existsSync(objectPath(folder, oid)) : lists.has(oid);
    if (!there) {
      missing.add(oid);
    }
  }
  return missing;
}

/** Rows whose object does not exist, for columns of digests under any keys. */
export function* absentRows<K>(
  cacheDir: string,
  name: HashName,
  columns: ReadonlyMap<K, Uint8Array>
): Generator<[K, number[]]> {
  const folder = objectsFolder(cacheDir, name);
  const lists = new Listings(folder);
  let total = 0;
  columns.forEach(column => (total += column.length / DIGEST));
  for (const [key, column] of columns) {
    const absent: number[] = [];
    for (let row = 0; row < column.length / DIGEST; row++) {
      const oid = digestHex(column, row);
      if (!(total < LIST_FROM ? existsSync(objectPath(folder, oid)) : lists.has(oid))) {
        absent.push(row);
      }
    }
    if (absent.length > 0) {
      yield [key, absent];
    }
  }
}

class Listings {
  private readonly names = new Map<string, Set<string>>();

  constructor(private readonly folder: string) {}

  has(oid: string): boolean {
    const prefix = oid.slice(0, 2);
    let names = this.names.get(prefix);
    if (names === undefined) {
      names = new Set(listObjects(`${this.folder}/${prefix}`));
      this.names.set(prefix, names);
    }
    return names.has(oid.slice(2));
  }
}

/**
 * Whether a directory object and all its members exist. What was once whole stays so while no prefix folder of a member
 * changes: a folder's times show every name that comes or goes (performance.md §2.6).
 */
export function isWhole(store: Store, oid: string, name: HashName): boolean {
  if (!store.has(oid, name)) {
    return false;
  }
  const folder = objectsFolder(store.cacheDir, name);
  const key = `whole\0${name}\0${oid}`;
  const memo = store.records.recall(key);
  if (memo !== null) {
    const [prefixes = '', before] = memo.text.split(':');
    if (stateOf(folder, prefixes, null) === before) {
      return true;
    }
  }
  const clock = store.records.now();
  const tree = store.tree(oid, name);
  // The times are taken first: a name that goes while we look makes them old, not us wrong.
  const prefixes = prefixesOf(tree);
  const state = stateOf(folder, prefixes, clock);
  for (const [,] of absentRows(store.cacheDir, name, new Map([[oid, tree.digests]]))) {
    return false;
  }
  if (state !== null) {
    store.records.remember(key, { text: `${prefixes}:${state}`, md5: oid.slice(0, 32), numbers: [0n, 0n] });
  }
  return true;
}

/** The prefixes of a tree's members, sorted, without a separator. */
function prefixesOf(tree: Tree): string {
  const used = new Uint8Array(256);
  for (let at = 0; at < tree.digests.length; at += DIGEST) {
    used[tree.digests[at] ?? 0] = 1;
  }
  let text = '';
  used.forEach((is, byte) => (text += is === 1 ? byte.toString(16).padStart(2, '0') : ''));
  return text;
}

/** A digest of the identity and times of prefix folders; null when one is missing, or (with a clock) too young. */
function stateOf(folder: string, prefixes: string, clock: bigint | null): string | null {
  const md5 = createHash('md5');
  for (let at = 0; at < prefixes.length; at += 2) {
    const stats: BigIntStats | null = lstatSync(`${folder}/${prefixes.slice(at, at + 2)}`);
    if (stats === null || (clock !== null && !isSettled(stats, clock))) {
      return null;
    }
    md5.update(`${stats.dev} ${stats.ino} ${stats.mtimeNs} ${stats.ctimeNs} `);
  }
  return md5.digest('hex');
}
