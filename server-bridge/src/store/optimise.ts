import { setFlagsFromString } from 'node:v8';

/** From so many files on, compiling the loops over them repays its time and its 12 MB. */
const MANY = 50_000;

let on = false;

/** Told how many files a work has; a process that was started without V8's optimising compilers gets them for many. */
export function optimiseFor(files: number): void {
  if (files >= MANY && !on) {
    on = true;
    setFlagsFromString('--opt');
    setFlagsFromString('--maglev');
  }
}
