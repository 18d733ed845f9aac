import { CellarError } from '../protocol/errors.js';
import { isDead } from '../io/identity.js';
import { closeInterrupted, interrupted, type JournalEntry } from '../io/journal.js';
import { endGroup, groupAlive } from '../run/group.js';
import type { Project } from '../workspace/project.js';
import { entryMd5, readRunPlan, RUN_KIND } from './run-journal.js';
import { dropSpare, putBack } from './set-aside.js';

/** What recovery did for one interrupted run. */
export interface Recovered {
  /** Identity of the stage (`Stage.id`). */
  stage: string;
  /** `finished`: the run was recorded already. `put-back`: the old outs are in place again. `left`: see `inTrash`. */
  outcome: 'finished' | 'put-back' | 'left';
  /** Operation of the trash and paths that stay there, because something else stands in their place. */
  inTrash: { operation: string; paths: string[] } | null;
}

/**
 * Finish or undo the runs that a killed process left (N55). Call it with the project lock held. A process group that
 * still works for such a run is ended first.
 */
export async function recoverRuns(project: Project): Promise<Recovered[]> {
  const result: Recovered[] = [];
  for (const entry of interrupted(project.tmpDir).filter(each => each.kind === RUN_KIND)) {
    await endOrphan(entry);
    result.push(recoverOne(project, entry));
    closeInterrupted(project.tmpDir, entry.operation);
  }
  return result;
}

/** The group leader is dead or another process when its start time differs; then the group's number may be anybody's. */
async function endOrphan({ child }: JournalEntry): Promise<void> {
  if (child !== undefined && !isDead(child)) {
    await endGroup(child.pid);
    if (groupAlive(child.pid)) {
      throw new CellarError(
        'E_ORPHAN_ALIVE',
        `A stage of an interrupted run still works (process group ${child.pid}).`,
        {
          next: `End it with \`kill -9 -${child.pid}\`, then try again.`,
          data: { pid: child.pid }
        }
      );
    }
  }
}

function recoverOne(project: Project, entry: JournalEntry): Recovered {
  const plan = readRunPlan(entry.plan);
  if (entry.step === 'recorded') {
    dropSpare(project, plan.aside);
    return { stage: plan.stage, outcome: 'finished', inTrash: null };
  }
  // Another entry than before the run: the stage was reproduced since, and what stands in the workspace belongs to it.
  if (entryMd5(project, plan.lock, plan.name) !== plan.entry) {
    return { stage: plan.stage, outcome: 'left', inTrash: { operation: plan.aside.spare, paths: [] } };
  }
  const left = putBack(project, plan.aside);
  return {
    stage: plan.stage,
    outcome: left.length === 0 ? 'put-back' : 'left',
    inTrash: left.length === 0 ? null : { operation: plan.aside.spare, paths: left }
  };
}
