import { listTrash } from '../io/trash.js';
import { CellarError } from '../protocol/errors.js';
import { withProjectLock } from '../workspace/lock.js';
import type { ProjectSession } from './project-session.js';

/**
 * What the first command after 14 days does in a shell, opening does for those who never type one: ended operations leave the
 * trash (guide/reliability.md, head). Only in a trusted project, and not while another process has it: then a later run does.
 */
export async function tidyOpened(session: ProjectSession): Promise<void> {
  try {
    const project = await session.project();
    if (listTrash(project.tmpDir).length > 0 && (await session.trust()) === 'trusted') {
      await withProjectLock(project, { wait: 0 }, () => Promise.resolve());
    }
  } catch (error) {
    // A project that cannot be opened or is in use says so where it is asked for.
    if (!(error instanceof CellarError)) {
      throw error;
    }
  }
}
