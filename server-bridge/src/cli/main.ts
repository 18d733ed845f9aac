import { enableCompileCache } from 'node:module';

// Compiled code is kept between runs: most of a short command's time is reading its own program.
enableCompileCache();
const { main } = await import('./program.js');
process.exitCode = await main(process.argv.slice(2));
