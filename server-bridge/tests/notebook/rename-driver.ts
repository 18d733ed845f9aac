import { readFileSync } from 'node:fs';
import { adoptNotebook, renameStage } from '../../src/notebook/rename.js';
import { initPython } from '../../src/notebook/python/parse.js';
import { mendRenames } from '../../src/service/locked.js';
import { withProjectLock } from '../../src/workspace/lock.js';
import { openProject } from '../../src/workspace/project.js';
import { killAt } from '../kill-at.js';

/**
 * Renames, and dies at the n-th change of the disk; 0 prints how many there are. Arguments: n, then `stage FROM TO`,
 * `notebook FROM`, or `mend`, which does what every command does first.
 */
const [at, what, from = '', to = ''] = process.argv.slice(2);
await initPython();
const project = await openProject(process.cwd());
const done = killAt(Number(at));
await mendRenames(project);
if (what === 'stage') {
  const text = readFileSync('nb.ipynb', 'utf8');
  await withProjectLock(project, {}, async () => void (await renameStage(project, 'nb.ipynb', text, from, to)));
} else if (what === 'notebook') {
  await withProjectLock(project, {}, () => adoptNotebook(project, from, 'other name.ipynb'));
}
done();
