/** Real temp folders, a store and an index in them, and the truth read with plain node:fs. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { applyCheckout, type CheckoutOptions, type CheckoutResult } from '../../src/store/checkout.js';
import { hashPath, type HashOptions, type PathHash } from '../../src/store/hashtree.js';
import { FileIndex } from '../../src/store/index.js';
import type { LinkType } from '../../src/store/links.js';
import { planCheckout, type PlanOptions, type Target } from '../../src/store/plan.js';
import { openStore, type Store } from '../../src/store/store.js';

export interface Bench {
  root: string;
  data: string;
  cache: string;
  tmpDir: string;
  index: FileIndex;
  store: Store;
  /** Saves index and records and opens them anew, as the next command would. */
  reopen(): void;
  add(path?: string, options?: HashOptions): Promise<PathHash>;
  status(path?: string): Promise<PathHash>;
  checkout(target: Target | null, options?: PlanOptions & CheckoutOptions, path?: string): Promise<CheckoutResult>;
}

export function openBench(types: LinkType[] = ['copy'], root = tempFolder()): Bench {
  const tmpDir = join(root, '.dvc', 'tmp');
  const cache = join(root, '.dvc', 'cache');
  const open = (): Pick<Bench, 'index' | 'store'> => ({
    index: FileIndex.open(join(tmpDir, 'cellar', 'index'), root),
    store: openStore(cache, { tmpDir, types })
  });
  const bench: Bench = {
    root,
    data: join(root, 'data'),
    cache,
    tmpDir,
    ...open(),
    reopen() {
      bench.index.save();
      bench.store.save();
      Object.assign(bench, open());
    },
    add: (path = bench.data, options = {}) => hashPath(bench, path, { ...options, store: bench.store }),
    status: (path = bench.data) => hashPath(bench, path),
    checkout: async (target, options = {}, path = bench.data) =>
      applyCheckout(bench, bench.store, await planCheckout(bench, bench.store, path, target, options), options)
  };
  return bench;
}

/** A folder in memory where the system has one: loops over every call would wait for the disk for minutes. */
export function memoryFolder(): string {
  return tempFolder(existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
}

export function tempFolder(base = tmpdir()): string {
  const folder = mkdtempSync(join(base, 'cellar-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export type Files = Record<string, string | Uint8Array>;

/** Writes files (relpath → content) that look an hour old, as those of a user do. */
export function write(folder: string, files: Files, options: { young?: boolean } = {}): void {
  for (const [relpath, content] of Object.entries(files)) {
    const path = join(folder, relpath);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    if (options.young !== true) {
      const then = Date.now() / 1000 - 3600;
      utimesSync(path, then, then);
    }
  }
}

/** What is there: relpath → content (links followed), only files. */
export function read(folder: string): Record<string, string> {
  const out: Record<string, string> = {};
  const visit = (at: string, prefix: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        visit(path, `${prefix}${entry.name}/`);
      } else {
        out[prefix + entry.name] = readFileSync(path, 'latin1');
      }
    }
  };
  visit(folder, '');
  return out;
}

export const md5 = (content: string | Uint8Array): string => createHash('md5').update(content).digest('hex');

/** Every object of the cache: oid → problems (an object must be whole, read-only, and nothing else may lie there). */
export function checkCache(cache: string): { oids: string[]; problems: string[] } {
  const oids: string[] = [];
  const problems: string[] = [];
  const objects = join(cache, 'files', 'md5');
  for (const prefix of list(objects)) {
    for (const name of list(join(objects, prefix))) {
      const path = join(objects, prefix, name);
      const oid = prefix + name;
      if (oid.search(/^[0-9a-f]{32}(\.dir)?$/) < 0) {
        problems.push(`litter ${prefix}/${name}`);
        continue;
      }
      oids.push(oid);
      if (md5(readFileSync(path)) !== oid.slice(0, 32)) {
        problems.push(`corrupt ${oid}`);
      }
      if ((lstatSync(path).mode & 0o777) !== 0o444) {
        problems.push(`mode of ${oid}`);
      }
    }
  }
  return { oids: oids.sort(), problems };
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Damages an object as a careless program does. */
export function corrupt(path: string, content = 'damaged'): void {
  chmodSync(path, 0o644);
  writeFileSync(path, content);
  chmodSync(path, 0o444);
}

export function kindOf(path: string, object: string): LinkType | 'none' {
  const own = lstatSync(path);
  if (own.isSymbolicLink()) {
    return readlinkSync(path) === object ? 'symlink' : 'none';
  }
  return own.ino === lstatSync(object).ino ? 'hardlink' : 'copy';
}
