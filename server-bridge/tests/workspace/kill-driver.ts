import { add } from '../../src/service/add.js';
import { checkout } from '../../src/service/checkout.js';
import { init } from '../../src/service/init.js';
import { killAt } from '../kill-at.js';

/** Does one command and dies at the n-th change of the disk; 0 prints how many there are. Arguments: n, command, targets. */
const [at, command, ...targets] = process.argv.slice(2);
const done = killAt(Number(at));
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
done();
