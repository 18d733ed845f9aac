import { setHook } from '../../src/io/files.js';
import { add } from '../../src/service/add.js';
import { checkout } from '../../src/service/checkout.js';
import { init } from '../../src/service/init.js';

/**
 * Does one command and kills its own process (SIGKILL) right before the n-th change of the disk; with n = 0 it prints
 * how many there are. Reading is not counted: it leaves nothing behind. Arguments: n, command, targets.
 */
const CHANGES =
  /^(write|writeFile|appendFile|rename|exchange|link|symlink|unlink|mkdir|rmdir|removeTree|copyFile|chmod|fchmod|ftruncate)$/;
const [at, command, ...targets] = process.argv.slice(2);
let changes = 0;
setHook(op => {
  if (op.search(CHANGES) >= 0) {
    changes += 1;
    if (changes === Number(at)) {
      process.kill(process.pid, 'SIGKILL');
    }
  }
});
const cwd = process.cwd();
const calm = { withDeps: false, recursive: false, relink: false, allowMissing: false };
switch (command) {
  case 'add':
    await add(cwd, targets, { commit: true, relink: true, glob: false });
    break;
  case 'checkout':
    await checkout(cwd, targets, { ...calm, force: true });
    break;
  case 'init':
    await init(cwd, '.', { force: true });
    break;
  default:
    throw new Error(`no command '${command}'`);
}
process.stdout.write(`changes ${changes}\n`);
