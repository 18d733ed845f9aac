/**
 * Watches a tree. An event says only "look again here" (N52); overflow, an error or doubt says "look at everything".
 */
import { watch as watchFs, type FSWatcher } from 'node:fs';
import { CellarError } from '../protocol/errors.js';

/** `paths` are absolute; null means: anything may have changed, scan all. */
export type OnChange = (paths: ReadonlySet<string> | null) => void;

export interface Watcher {
  /** `native`: all events come; `partial`: no recursive events here, the owner must also scan from time to time. */
  readonly kind: 'native' | 'partial';
  close(): Promise<void>;
}

export interface WatchOptions {
  /** Absolute folders that are left out (`.git`, the cache). */
  ignore?: readonly string[];
  /** Events are gathered this long, in milliseconds; default 50. */
  gather?: number;
}

interface ParcelWatcher {
  subscribe(
    dir: string,
    fn: (error: Error | null, events: { path: string; type: string }[]) => void,
    options: { ignore: string[] }
  ): Promise<{ unsubscribe(): Promise<void> }>;
}

const MOST_PATHS = 10_000;

/** Starts watching `root`; never throws for a missing native watcher, it falls back. */
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
      // Too many watches, or a file system without events: the plain watcher below still sees the top.
    }
  }
  return plainWatcher(root, queue, ignore);
}

function plainWatcher(root: string, queue: Queue, ignore: readonly string[]): Watcher {
  let watcher: FSWatcher;
  try {
    watcher = watchFs(root, { recursive: true });
  } catch (error) {
    throw new CellarError('E_CANNOT_WATCH', `'${root}' cannot be watched for changes.`, {
      next: 'States are checked when you look at them; press Refresh.',
      at: { path: root },
      cause: error
    });
  }
  watcher.on('change', (_kind, name) => {
    const path = name === null ? null : `${root}/${name.toString()}`;
    if (path === null || !ignore.some(folder => path === folder || path.startsWith(folder + '/'))) {
      queue.add(path === null ? null : [path]);
    }
  });
  watcher.on('error', () => queue.add(null));
  return {
    kind: 'partial',
    close: () => {
      queue.close();
      watcher.close();
      return Promise.resolve();
    }
  };
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
