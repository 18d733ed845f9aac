import { repro } from '../../src/service/repro.js';
import { killAt } from '../kill-at.js';

/** `repro` that dies at the n-th change of the disk, n from argv; without n it prints how many there are. */
const done = killAt(Number(process.argv[2] ?? 0));
const quiet = (): void => undefined;
await repro(process.cwd(), [], { onWait: quiet, onLine: quiet, onWarning: quiet });
done();
