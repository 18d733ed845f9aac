import * as nodeModule from 'node:module';
import { setFlagsFromString } from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(
    `ERROR: Cellar needs Node.js 22.13 or newer, this is ${process.versions.node}.\n` +
      'NEXT: Use the `cellar` command that `pip install jupyterlab-cellar` puts on the path: it brings its own.\n'
  );
  process.exit(255);
}
// A command lives shortly: a small nursery costs no time and saves half of the memory.
setFlagsFromString('--semi-space-growth-factor=1');
// Compiled code is kept between runs: most of a short command's time is reading its own program.
nodeModule.enableCompileCache();
const { main } = await import('./program.js');
process.exitCode = await main(process.argv.slice(2));
