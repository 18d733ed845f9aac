/** What a notebook that is gone left in its folder (N5). */
import { join } from 'node:path';
import { removeLockEntry } from '../formats/lockfile.js';
import { removeStage } from '../formats/pipelinefile.js';
import { publishFile } from '../io/publish.js';
import { acquireRwLock } from '../io/rwlock.js';
import { newOperation, openTrash } from '../io/trash.js';
import { CellarError } from '../protocol/errors.js';
import { notebookExists, readFolder } from './disk.js';
import { CELLAR } from './names.js';
import type { RenameProject } from './rename.js';

/**
 * Removes the entries of a notebook that does not exist any more, and what lies under `.cellar/` of it, as untagging all
 * its cells would; the user's own outs stay. Files go to the trash. Call it with the project lock held.
 * @throws CellarError `E_NOTEBOOK_THERE`, `E_NO_STAGE`, `E_BUSY_PATH`
 */
export async function forgetNotebook(project: RenameProject, notebookPath: string): Promise<void> {
  const folder = readFolder(project.root, notebookPath);
  if (notebookExists(folder, folder.notebook)) {
    throw new CellarError('E_NOTEBOOK_THERE', `'${notebookPath}' is there; its stages are not left over.`, {
      next: 'Open it, and untag the cells whose stages are to go.'
    });
  }
  const names = [...folder.owned.keys()];
  if (names.length === 0) {
    throw new CellarError('E_NO_STAGE', `'${notebookPath}' left no stages.`, { next: 'Nothing is to be done.' });
  }
  const made = join(folder.dir, CELLAR, folder.slug);
  const files = ['dvc.yaml', 'dvc.lock'].map(name => join(folder.dir, name));
  const release = await acquireRwLock(project.tmpDir, {
    cmd: `cellar forget ${notebookPath}`,
    read: [],
    write: [...files, made]
  });
  try {
    const { pipeline, lock } = folder;
    if (pipeline !== null) {
      publishFile(join(folder.dir, 'dvc.yaml'), names.reduce(removeStage, pipeline), { expect: pipeline });
    }
    if (lock !== null) {
      publishFile(join(folder.dir, 'dvc.lock'), names.reduce(removeLockEntry, lock), { expect: lock });
    }
    openTrash(project.tmpDir, newOperation('forget')).move(made);
  } finally {
    await release();
  }
}
