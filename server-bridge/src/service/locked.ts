import { interruptedRelocations, recoverRelocations } from '../notebook/relocate.js';
import { recoverRuns } from '../pipeline/recover.js';
import { withProjectLock, type ProjectLockOptions } from '../workspace/lock.js';
import type { Project } from '../workspace/project.js';

/** Does `work` with the project to itself, after everything that killed processes left was mended (I2, N55). */
export function withProject<T>(project: Project, options: ProjectLockOptions, work: () => Promise<T>): Promise<T> {
  return withProjectLock(project, options, async () => {
    await recoverRuns(project);
    recoverRelocations(project.tmpDir);
    return work();
  });
}

/**
 * Undoes a rename that a killed process left half done, before a notebook's files are read (I2, N5); true when there was
 * one. Without one it takes no lock.
 */
export async function mendRenames(project: Project, options: ProjectLockOptions = {}): Promise<boolean> {
  return (
    interruptedRelocations(project.tmpDir).length > 0 &&
    withProjectLock(project, options, () => Promise.resolve(recoverRelocations(project.tmpDir)))
  );
}
