import { setHook } from '../../src/io/files.js';
import { repro } from '../../src/service/repro.js';

/**
 * `repro` that kills its own process (SIGKILL) right before the n-th change of the disk, n from argv; without n it
 * prints how many there are. Reading is not counted: it leaves nothing behind.
 */
const CHANGES: ReadonlySet<string> = new Set(
  'write writeFile appendFile rename link symlink unlink mkdir rmdir removeTree copyFile chmod fchmod ftruncate'.split(
    ' '
  )
);
const [at] = process.argv.slice(2);
let changes = 0;
setHook(op => {
  if (CHANGES.has(op)) {
    changes += 1;
    if (changes === Number(at)) {
      process.kill(process.pid, 'SIGKILL');
    }
  }
});
const quiet = (): void => undefined;
await repro(process.cwd(), [], { onWait: quiet, onLine: quiet, onWarning: quiet });
process.stdout.write(`changes ${changes}\n`);
