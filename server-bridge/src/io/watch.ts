/**
 * Watches a tree. An event says only "look again here" (N52); overflow, an error or doubt says "look at everything".
 */
import { watch as watchFs, type FSWatcher } from 'node:fs';
import { announce } from './files.js';
import { openRescan, rescanRegularly } from './rescan.js';

/** `paths` are absolute; null means: anything may have changed, scan all. */
export type OnChange = (paths: ReadonlySet<string> | null) => void;

export interface Watcher {
  /** `native`: the system tells of all changes; `partial`: of some, the others are found by looking from time to time. */
  readonly kind: 'native' | 'partial';
  close(): Promise<void>;
}

export interface WatchOptions {
  /** Absolute folders that are left out (`.git`, the cache). */
  ignore?: readonly string[];
  /** Events are gathered this long, in milliseconds; default 50. */
  gather?: number;
  /** `partial`: milliseconds between two looks at the whole tree, at least; default 5000. */
  lookEvery?: number;
}

interface ParcelWatcher {
  subscribe(
    dir: string,
    fn: (error: Error | null, events: { path: string; type: string }[]) => void,
    options: { ignore: string[] }
  ): Promise<{ unsubscribe(): Promise<void> }>;
}

const MOST_PATHS = 10_000;
const LOOK_EVERY = 5000;

/**
 * Starts watching `root`. Without the native watcher, or where the system refuses it, events of Node tell early what they
 * can, and regular looks find the rest; then everything is reported once as soon as the first look is complete.
 */
export async function watchTree(root: string, onChange: OnChange, options: WatchOptions = {}): Promise<Watcher> {
  const queue = gather(onChange, options.gather ?? 50);
  const ignore = [...(options.ignore ?? [])];
  const parcel = await loadParcel();
  if (parcel !== null) {
    try {
      const subscription = await parcel.subscribe(
        root,
        (error, events) => queue.add(error === null ? events.map(event => event.path) : null),
        { ignore }
      );
      return {
        kind: 'native',
        close: async () => {
          queue.close();
          await subscription.unsubscribe();
        }
      };
    } catch {
      // Too many watches, or a file system without events: the watcher below sees everything, only later.
    }
  }
  return partialWatcher(root, queue, ignore, options.lookEvery ?? LOOK_EVERY);
}

function partialWatcher(root: string, queue: Queue, ignore: readonly string[], every: number): Watcher {
  const isIgnored = (path: string): boolean => ignore.some(each => path === each || path.startsWith(each + '/'));
  const events = nodeEvents(root, queue, isIgnored);
  const stop = rescanRegularly(
    openRescan(root, isIgnored),
    every,
    () => queue.add(null),
    paths => queue.add(paths)
  );
  return {
    kind: 'partial',
    close: () => {
      queue.close();
      stop();
      events?.close();
      return Promise.resolve();
    }
  };
}

/** Node's own recursive watcher: it misses what happens in folders that are new, and may run out of watches. */
function nodeEvents(root: string, queue: Queue, isIgnored: (path: string) => boolean): FSWatcher | null {
  try {
    announce('watch', root);
    const watcher = watchFs(root, { recursive: true });
    watcher.on('change', (_kind, name) => {
      const path = name === null ? null : `${root}/${name.toString()}`;
      if (path === null || !isIgnored(path)) {
        queue.add(path === null ? null : [path]);
      }
    });
    watcher.on('error', () => queue.add(null));
    return watcher;
  } catch {
    return null; // no watches left: the looks remain
  }
}

interface Queue {
  add(paths: readonly string[] | null): void;
  close(): void;
}

function gather(onChange: OnChange, ms: number): Queue {
  let paths = new Set<string>();
  let all = false;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    const batch = all ? null : paths;
    paths = new Set();
    all = false;
    onChange(batch);
  };
  return {
    add(next) {
      if (next === null || paths.size + next.length > MOST_PATHS) {
        all = true;
      } else {
        next.forEach(path => paths.add(path));
      }
      timer ??= setTimeout(flush, ms);
      timer.unref();
    },
    close: () => clearTimeout(timer)
  };
}

async function loadParcel(): Promise<ParcelWatcher | null> {
  if (process.env['CELLAR_NO_NATIVE'] === '1') {
    return null;
  }
  try {
    const name = '@parcel/watcher';
    const module = (await import(name)) as { default?: ParcelWatcher; subscribe?: ParcelWatcher['subscribe'] };
    return module.default ?? (module as ParcelWatcher);
  } catch {
    return null;
  }
}
