/**
 * Looking at a whole tree from time to time, where the system does not tell of every change (N52: silence means a full
 * scan). Facts are kept as columns of each folder; work is cut into turns, so that requests are served meanwhile.
 */
import { elapsed } from './clock.js';
import { FACTS, sameFacts, setFacts } from './facts.js';
import { isErrno, lstatSync, readdirSync, type BigIntStats } from './files.js';

/** What a folder held: names in order with their facts. */
interface Seen {
  names: string[];
  facts: BigInt64Array;
}

export interface Rescan {
  /** One scan, now: the absolute paths that came, went or changed since the one before (at the first: none). */
  look(): Promise<string[]>;
  close(): void;
}

const TURN = 200;
/** A scan may take this part of the time at most. */
const SHARE = 20;

/** `isIgnored` is asked with absolute paths; links are looked at, not followed. */
export function openRescan(root: string, isIgnored: (path: string) => boolean): Rescan {
  let before: Map<string, Seen> | null = null;
  let closed = false;
  return {
    async look() {
      const now = new Map<string, Seen>();
      const changed: string[] = [];
      const folders = [root];
      let looked = 0;
      for (let folder = folders.pop(); folder !== undefined && !closed; folder = folders.pop()) {
        const { seen, inner } = lookAt(folder, isIgnored);
        now.set(folder, seen);
        folders.push(...inner);
        if (before !== null) {
          compare(folder, before.get(folder), seen, changed);
        }
        looked += seen.names.length + 1;
        if (looked >= TURN) {
          looked = 0;
          await new Promise<void>(resolve => setImmediate(resolve));
        }
      }
      if (closed) {
        return [];
      }
      changed.push(...[...(before?.keys() ?? [])].filter(folder => !now.has(folder)));
      before = now;
      return changed;
    },
    close: () => (closed = true)
  };
}

/**
 * Scans again and again, `every` milliseconds at the soonest; a scan that takes long is made more seldom. `onPaths` is
 * told what changed; `onFirst` when the first scan is complete, from which on nothing is missed.
 */
export function rescanRegularly(
  rescan: Rescan,
  every: number,
  onFirst: () => void,
  onPaths: (paths: readonly string[]) => void
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const again = async (first: boolean): Promise<void> => {
    const begin = elapsed();
    const paths = await rescan.look();
    if (closed) {
      return;
    }
    if (first) {
      onFirst();
    } else if (paths.length > 0) {
      onPaths(paths);
    }
    timer = setTimeout(() => void again(false), Math.max(every, (elapsed() - begin) * SHARE));
    timer.unref();
  };
  void again(true);
  return () => {
    closed = true;
    clearTimeout(timer);
    rescan.close();
  };
}

function lookAt(folder: string, isIgnored: (path: string) => boolean): { seen: Seen; inner: string[] } {
  const entries = orNone(() => readdirSync(folder), []).sort();
  const seen: Seen = { names: [], facts: new BigInt64Array(entries.length * FACTS) };
  const inner: string[] = [];
  for (const name of entries) {
    const path = `${folder}/${name}`;
    const stats = isIgnored(path) ? null : orNone<BigIntStats | null>(() => lstatSync(path), null);
    if (stats?.isDirectory() === true) {
      inner.push(path);
    } else if (stats !== null) {
      setFacts(seen.facts, seen.names.length, stats);
      seen.names.push(name);
    }
  }
  return { seen, inner };
}

/** What cannot be read counts as absent: it comes back as a change when it can. */
function orNone<T>(read: () => T, none: T): T {
  try {
    return read();
  } catch (error) {
    if (isErrno(error)) {
      return none;
    }
    throw error;
  }
}

/** Merge of two sorted lists of one folder. */
function compare(folder: string, before: Seen | undefined, now: Seen, changed: string[]): void {
  const old = before ?? { names: [], facts: new BigInt64Array(0) };
  let i = 0;
  let j = 0;
  while (i < old.names.length || j < now.names.length) {
    const was = old.names[i];
    const is = now.names[j];
    const both = was === is;
    const takeOld = is === undefined || (was !== undefined && was <= is);
    if (!both || !sameFacts(old.facts, i, now.facts, j)) {
      changed.push(`${folder}/${(takeOld ? was : is) ?? ''}`);
    }
    i += takeOld ? 1 : 0;
    j += both || !takeOld ? 1 : 0;
  }
}
