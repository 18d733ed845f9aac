import { createHash } from 'node:crypto';
import { fieldsOf, textOf } from '../formats/notes.js';
import { printRunCacheEntry } from '../formats/runcachefile.js';
import { bootId, startTime, thisOwner } from '../io/identity.js';
import { openJournal, type Journal } from '../io/journal.js';
import type { Project } from '../workspace/project.js';
import { readLock } from './lock-files.js';
import { newAside, type Aside } from './set-aside.js';
import { lockPath, type Stage } from './stage.js';

export const RUN_KIND = 'run';

/** What is written down before a run touches anything (N55). */
export interface RunPlan {
  stage: string;
  aside: Aside;
  /** Lock file and name under which the run will be recorded, and the MD5 of that entry before; null without one. */
  lock: string;
  name: string;
  entry: string | null;
}

/** The plan of a journal entry of kind `run`. @throws NoteError */
export function readRunPlan(value: unknown): RunPlan {
  const { stage, aside, lock, name, entry } = fieldsOf(value, 'plan', ['stage', 'aside', 'lock', 'name', 'entry']);
  const { spare, kept, partial } = fieldsOf(aside, 'plan.aside', ['spare', 'kept', 'partial']);
  return {
    stage: textOf(stage, 'plan.stage'),
    aside: {
      spare: textOf(spare, 'plan.aside.spare'),
      kept: textOf(kept, 'plan.aside.kept'),
      partial: textOf(partial, 'plan.aside.partial')
    },
    lock: textOf(lock, 'plan.lock'),
    name: textOf(name, 'plan.name'),
    entry: entry === null ? null : textOf(entry, 'plan.entry')
  };
}

export interface RunJournal {
  aside: Aside;
  /** The outs are complete and recorded: recovery has nothing to put back. */
  recorded(): void;
  /** The process group that works for this run. Its start time tells later whether the number still means it. */
  setGroup(pid: number): void;
  /** All is done, or all is put back. */
  close(): void;
}

/** Open the journal of one run; durable when it returns. */
export function openRunJournal(project: Project, stage: Stage): RunJournal {
  const aside = newAside();
  const lock = lockPath(stage);
  const name = stage.name ?? '';
  const plan: RunPlan = { stage: stage.id, aside, lock, name, entry: entryMd5(project, lock, name) };
  const journal: Journal = openJournal(project.tmpDir, RUN_KIND, aside.spare.replace(/-spare$/, ''), plan);
  return {
    aside,
    recorded: () => journal.step('recorded'),
    setGroup(pid) {
      journal.setChild({ ...thisOwner(), boot: bootId(), pid, start: startTime(pid) });
    },
    close: () => journal.done()
  };
}

/** MD5 of one entry of a lock file, whatever its layout; null when there is none. @throws `E_LOCK_INVALID` */
export function entryMd5(project: Project, lock: string, name: string): string | null {
  const entry = readLock(project, lock)?.stages.get(name);
  return entry === undefined ? null : createHash('md5').update(printRunCacheEntry(entry)).digest('hex');
}
