/** Code that goes on without a file, and code that runs only as a program (N23). */
import type { Py } from './tree.js';

const CAUGHT = /\b(FileNotFoundError|OSError|IOError|EnvironmentError|Exception|BaseException)\b/;

/** Does a `try` statement go on when what it opens is not there? A handler that raises again does not. */
export function survives(node: Py): boolean {
  return node.kids
    .filter(kid => kid.type === 'except_clause')
    .some(handler => {
      const block = handler.kids.find(kid => kid.type === 'block');
      const what = handler.kids.filter(kid => kid !== block);
      return (
        (what.length === 0 || what.some(kid => CAUGHT.test(kid.text))) && block?.kids.at(-1)?.type !== 'raise_statement'
      );
    });
}

/** `if __name__ == "__main__":` */
export function isMain(node: Py): boolean {
  return node.type === 'if_statement' && /^__name__\s*==\s*["']__main__["']$/.test(node.get('condition')?.text ?? '');
}
