import { setFlagsFromString } from 'node:v8';

/** From so many files on, compiling the loops over them repays its time and its 12 MB. */
const MANY = 50_000;

/** On elsewhere: the command line turns them off in this version of Node alone (`FLAGS` in cli/main.ts). */
let on = !process.versions.node.startsWith('24.');

/** Told how many files a work has; a process that was started without V8's optimising compilers gets them for many. */
export function optimiseFor(files: number): void {
  if (files >= MANY && !on) {
    on = true;
    setFlagsFromString('--opt');
    setFlagsFromString('--maglev');
  }
}
