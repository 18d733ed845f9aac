import { recoverRuns } from '../pipeline/recover.js';
import { withProjectLock, type ProjectLockOptions } from '../workspace/lock.js';
import type { Project } from '../workspace/project.js';

/** Does `work` with the project to itself, after everything that killed processes left was mended (I2, N55). */
export function withProject<T>(project: Project, options: ProjectLockOptions, work: () => Promise<T>): Promise<T> {
  return withProjectLock(project, options, async () => {
    await recoverRuns(project);
    return work();
  });
}
