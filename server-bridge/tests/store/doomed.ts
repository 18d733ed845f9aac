/** The program that is killed: `doomed.mjs <scenario> <root> <n>` dies at its n-th call of the disk. */
import { setHook } from '../../src/io/files.js';
import { reopened, SCENARIOS } from './scenarios.js';

const [name, root, n] = process.argv.slice(2);
const scenario = SCENARIOS.find(each => each.name === name);
if (scenario === undefined || root === undefined) {
  throw new Error(`no scenario ${name}`);
}
const bench = reopened(root, scenario.types);
setHook((_op, _path, count) => {
  if (count === Number(n)) {
    process.kill(process.pid, 'SIGKILL');
  }
});
await scenario.act(bench);
setHook(null);
bench.reopen();
