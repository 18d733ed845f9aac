import type { Book } from './notebook.js';

/** A seeded generator (mulberry32): the same seed gives the same story on every machine. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export type Random = () => number;

const pick = <T>(random: Random, items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];

/** Kinds of mutation and their shares of all tries. `quiet` ones must not run anything. */
export const kinds = {
  'number in a stage': { share: 28, quiet: false },
  'number in setup': { share: 14, quiet: false },
  'number in params': { share: 14, quiet: false },
  'operator in a stage': { share: 8, quiet: false },
  'operator in setup': { share: 6, quiet: false },
  'number in data': { share: 12, quiet: false },
  'number in a module': { share: 6, quiet: false },
  'a new statement in a stage': { share: 4, quiet: false },
  'a comment': { share: 4, quiet: true },
  'a scratch cell': { share: 4, quiet: true }
} as const;
export type Kind = keyof typeof kinds;

export interface Mutation {
  kind: Kind;
  /** What was done, for the reader of a failure. */
  text: string;
  book: Book;
}

const NUMBER = /(?<![\w."'%{])\d+(?:\.\d+)?(?![\w"'}])/g;
const OPERATOR = / (\+|-|\*|<=|>=|<|>) /g;

function changeNumber(random: Random, text: string): string | undefined {
  return replaceOne(random, text, NUMBER, found => {
    const value = Number(found);
    const next = found.includes('.')
      ? (value + pick(random, [0.25, 1.5, 2])!).toFixed(2)
      : value + pick(random, [1, 2, 3])!;
    return String(next);
  });
}

function changeOperator(random: Random, text: string): string | undefined {
  const swap: Record<string, string> = { '+': '-', '-': '+', '*': '+', '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
  return replaceOne(random, text, OPERATOR, found => ` ${swap[found.trim()] ?? '+'} `);
}

/** Replaces one match outside import lines; undefined when there is none. */
function replaceOne(
  random: Random,
  text: string,
  pattern: RegExp,
  change: (found: string) => string
): string | undefined {
  const hits = [...text.matchAll(pattern)].filter(hit => {
    const start = text.lastIndexOf('\n', hit.index) + 1;
    return text.slice(start).search(/^\s*(import|from) /) < 0;
  });
  const hit = pick(random, hits);
  return hit === undefined
    ? undefined
    : text.slice(0, hit.index) + change(hit[0]) + text.slice(hit.index + hit[0].length);
}

function changeCell(
  random: Random,
  book: Book,
  role: Book['cells'][number]['role'],
  change: (text: string) => string | undefined
): { book: Book; text: string } | undefined {
  const candidates = book.cells.flatMap((cell, index) => (cell.role === role ? [index] : []));
  const index = pick(random, candidates);
  const cell = index === undefined ? undefined : book.cells[index];
  const source = cell === undefined ? undefined : change(cell.source);
  if (index === undefined || cell === undefined || source === undefined) {
    return undefined;
  }
  const cells = book.cells.with(index, { ...cell, source });
  return { book: { ...book, cells }, text: `cell ${index}:\n${source}` };
}

function changeFile(random: Random, book: Book, module: boolean): { book: Book; text: string } | undefined {
  const name = pick(
    random,
    Object.keys(book.files).filter(path => path.endsWith('.py') === module)
  );
  const source = name === undefined ? undefined : changeNumber(random, book.files[name] ?? '');
  if (name === undefined || source === undefined) {
    return undefined;
  }
  return { book: { ...book, files: { ...book.files, [name]: source } }, text: `${name}:\n${source}` };
}

function chooseKind(random: Random): Kind {
  let left = random() * Object.values(kinds).reduce((sum, each) => sum + each.share, 0);
  for (const kind of Object.keys(kinds) as Kind[]) {
    left -= kinds[kind].share;
    if (left < 0) {
      return kind;
    }
  }
  return 'a comment';
}

/** One mutation by the fixed shares; undefined when the chosen kind finds nothing to change in this notebook. */
export function mutate(random: Random, book: Book): Mutation | undefined {
  const kind = chooseKind(random);
  const tries: Record<Kind, () => { book: Book; text: string } | undefined> = {
    'number in a stage': () => changeCell(random, book, 'stage', text => changeNumber(random, text)),
    'number in setup': () => changeCell(random, book, 'setup', text => changeNumber(random, text)),
    'number in params': () => changeCell(random, book, 'params', text => changeNumber(random, text)),
    'operator in a stage': () => changeCell(random, book, 'stage', text => changeOperator(random, text)),
    'operator in setup': () => changeCell(random, book, 'setup', text => changeOperator(random, text)),
    'number in data': () => changeFile(random, book, false),
    'number in a module': () => changeFile(random, book, true),
    'a new statement in a stage': () =>
      changeCell(random, book, 'stage', text => `${text}\nextra_${Math.floor(random() * 1000)} = 1`),
    'a comment': () =>
      changeCell(random, book, pick(random, ['stage', 'setup'])!, text => `# a note\n\n${text}\n# end`),
    'a scratch cell': () => changeCell(random, book, 'scratch', text => `${text}\nunused = 1`)
  };
  const made = tries[kind]();
  return made === undefined ? undefined : { kind, ...made };
}
