import { setHook } from '../src/io/files.js';

const CHANGES =
  /^(write|writeFile|appendFile|rename|exchange|link|symlink|unlink|mkdir|rmdir|removeTree|copyFile|chmod|fchmod|ftruncate)$/;

/**
 * Kills this process (SIGKILL) right before its n-th change of the disk from now on; never with 0. Reading is not
 * counted: it leaves nothing behind. The function that is returned prints how many changes there were.
 */
export function killAt(n: number): () => void {
  let changes = 0;
  setHook(op => {
    if (op.search(CHANGES) >= 0) {
      changes += 1;
      if (changes === n) {
        process.kill(process.pid, 'SIGKILL');
      }
    }
  });
  return () => void process.stdout.write(`changes ${changes}\n`);
}
