import { readFileSync } from 'node:fs';
import { setHook } from '../../src/io/files.js';
import { adoptNotebook, renameStage } from '../../src/notebook/rename.js';
import { initPython } from '../../src/notebook/python/parse.js';
import { mendRenames } from '../../src/service/locked.js';
import { withProjectLock } from '../../src/workspace/lock.js';
import { openProject } from '../../src/workspace/project.js';

/**
 * Renames and kills its own process (SIGKILL) right before the n-th change of the disk; with n = 0 it prints how many there
 * are. Arguments: n, then `stage FROM TO`, `notebook FROM`, or `mend`, which does what every command does first.
 */
const CHANGES =
  /^(write|writeFile|appendFile|rename|exchange|link|symlink|unlink|mkdir|rmdir|removeTree|copyFile|chmod|fchmod|ftruncate)$/;
const [at, what, from = '', to = ''] = process.argv.slice(2);
await initPython();
const project = await openProject(process.cwd());
let changes = 0;
setHook(op => {
  if (op.search(CHANGES) >= 0) {
    changes += 1;
    if (changes === Number(at)) {
      process.kill(process.pid, 'SIGKILL');
    }
  }
});
await mendRenames(project);
if (what === 'stage') {
  const text = readFileSync('nb.ipynb', 'utf8');
  await withProjectLock(project, {}, async () => void (await renameStage(project, 'nb.ipynb', text, from, to)));
} else if (what === 'notebook') {
  await withProjectLock(project, {}, () => adoptNotebook(project, from, 'other name.ipynb'));
}
process.stdout.write(`changes ${changes}\n`);
