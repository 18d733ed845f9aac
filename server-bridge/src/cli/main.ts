import * as nodeModule from 'node:module';

/**
 * How a command runs in V8. It lives shortly and has little to compute: without the optimising compilers and with a small
 * nursery it takes 12 MB less and no more time. Set here and not on Node's command line, where they would make it throw
 * away the compiled code of its own modules, which costs 20 ms.
 */
const NURSERY = '--semi-space-growth-factor=1';
/** By major version of Node, those that were tried: V8 writes a complaint about a flag that it does not know. */
const FLAGS = new Map([
  [22, [NURSERY]],
  [24, [NURSERY, '--no-opt', '--no-maglev', '--memory-saver-mode']]
]);
/** These analyse a notebook. */
const COMPUTE = ['compile', 'reproduce'];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(
    `ERROR: Cellar needs Node.js 22.13 or newer, this is ${process.versions.node}.\n` +
      'NEXT: Use the `cellar` command that `pip install jupyterlab-cellar` puts on the path: it brings its own.\n'
  );
  process.exit(255);
}
if (!process.argv.slice(2).some(word => COMPUTE.includes(word))) {
  const { setFlagsFromString } = await import('node:v8');
  FLAGS.get(major)?.forEach(flag => setFlagsFromString(flag));
}
// Compiled code is kept between runs: most of a short command's time is reading its own program. Not in the folder that
// Node would choose: whoever owns a folder in /tmp could put code of their own into it.
const { XDG_CACHE_HOME, HOME, LOCALAPPDATA } = process.env;
const cache = XDG_CACHE_HOME || (HOME ? `${HOME}/.cache` : LOCALAPPDATA);
if (cache) {
  nodeModule.enableCompileCache(`${cache}/cellar/compiled`);
}
const { main } = await import('./program.js');
process.exitCode = await main(process.argv.slice(2));
