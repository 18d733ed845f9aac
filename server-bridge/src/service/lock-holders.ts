import { join } from 'node:path';
import { projectLockHolder } from '../io/flock.js';
import { readTextIfSync } from '../io/files.js';
import { pidExists } from '../io/identity.js';
import { overlaps } from '../io/rwlock.js';
import type { Stage } from '../pipeline/stage.js';
import { holderText } from '../workspace/lock.js';
import type { Project } from '../workspace/project.js';

/** Who keeps stages from running now (N53): other live processes that hold the project or paths of a stage. */
export interface Holders {
  /** In words, null when nobody does. */
  of(stage: Stage): string | null;
}

/** Asks the project lock and the registry of paths once; both say so of `dvc` and of Cellar alike. */
export async function lockHolders(project: Project): Promise<Holders> {
  const hardlink = project.config.flag('core', 'hardlink_lock');
  const holder = await projectLockHolder(project.tmpDir, { hardlink });
  const whole = holder === null || holder.pid === process.pid ? null : holderText(holder.pid);
  const entries = whole === null ? registered(project.tmpDir) : [];
  return { of: stage => whole ?? blockerOf(stage, entries) };
}

/** Nobody may write what a stage reads; nobody may write or read what it writes. */
function blockerOf(stage: Stage, entries: readonly Registered[]): string | null {
  const reads = [...stage.deps.filter(dep => !dep.external), ...stage.params].map(dep => dep.abs);
  const writes = stage.outs.map(out => out.abs);
  const blocker = entries.find(({ path, writing }) =>
    (writing ? [...reads, ...writes] : writes).some(each => overlaps(each, path))
  );
  return blocker === undefined ? null : holderText(blocker.pid);
}

interface Registered {
  path: string;
  writing: boolean;
  pid: number;
}

/** Entries of other live processes in `.dvc/tmp/rwlock` (spec/dvc-data.md §1.5). A file that cannot be read is the run's to refuse. */
function registered(tmpDir: string): Registered[] {
  const found: Registered[] = [];
  const note = (path: string, writing: boolean, entry: unknown): void => {
    const pid: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'pid') : undefined;
    if (typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 && pid !== process.pid && pidExists(pid)) {
      found.push({ path, writing, pid });
    }
  };
  let table: unknown;
  try {
    table = JSON.parse(readTextIfSync(join(tmpDir, 'rwlock')) ?? '{}');
  } catch {
    return [];
  }
  for (const [path, entry] of rows(table, 'write')) {
    note(path, true, entry);
  }
  for (const [path, list] of rows(table, 'read')) {
    (Array.isArray(list) ? (list as unknown[]) : []).forEach(entry => note(path, false, entry));
  }
  return found;
}

function rows(table: unknown, key: string): [string, unknown][] {
  const value: unknown = typeof table === 'object' && table !== null ? Reflect.get(table, key) : undefined;
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
