/** Which stages an edit of one can reach, told from words alone: an oracle that shares nothing with the compiler. */
import type { Book } from './notebook.js';

const WORD = /[A-Za-z_]\w*/g;

/**
 * Stages that may depend on `stage`, itself among them. It errs to the many: a name that the stage binds, or calls a method or
 * takes an item of, in the text of another stage, is a dependency; in the text of setup it reaches all.
 */
export function dependents(book: Book, stage: string): Set<string> {
  const texts = new Map<string, string>();
  for (const cell of book.cells) {
    if (cell.stage !== null) {
      texts.set(cell.stage, `${texts.get(cell.stage) ?? ''}\n${cell.source}`);
    }
  }
  const setup = book.cells
    .filter(cell => cell.role === 'setup')
    .map(cell => cell.source)
    .join('\n');
  const imported = new Set(setup.match(/^(import|from) .*$/gm)?.flatMap(line => line.match(WORD) ?? []));
  const ofSetup = new Set(setup.match(WORD));
  const found = new Set([stage]);
  for (const name of found) {
    const touched = touchedBy(texts.get(name) ?? '').filter(word => !imported.has(word));
    const all = touched.some(word => ofSetup.has(word));
    for (const [other, text] of texts) {
      const words = new Set(text.match(WORD));
      if (all || touched.some(word => words.has(word)) || sharesFile(texts.get(name) ?? '', text)) {
        found.add(other);
      }
    }
  }
  return found;
}

function touchedBy(text: string): string[] {
  const bound = [...text.matchAll(/^\s*([\w, ]+?)\s*(?::[^=\n]+)?[-+*/|&]?=(?!=)/gm)].flatMap(
    hit => hit[1]?.match(WORD) ?? []
  );
  const looped = [...text.matchAll(/\bfor ([\w, ]+) in\b/g)].flatMap(hit => hit[1]?.match(WORD) ?? []);
  const defined = [...text.matchAll(/\b(?:def|class) (\w+)|(\w+) :=/g)].map(hit => hit[1] ?? hit[2] ?? '');
  // What is called or indexed might be changed; the handle of a file goes nowhere.
  const used = [...text.matchAll(/\b(\w+)(?:\.\w+\(|\[|\.\w+ =)/g)].map(hit => hit[1] ?? '');
  const handles = new Set([...text.matchAll(/with open\(.*\) as (\w+):/g)].map(hit => hit[1]));
  return [...bound, ...looped, ...defined, ...used].filter(word => !handles.has(word));
}

function sharesFile(one: string, other: string): boolean {
  const files = (text: string): string[] => text.match(/(?<=")[\w/]+\.\w+(?=")/g) ?? [];
  const own = files(one);
  return files(other).some(file => own.includes(file));
}
