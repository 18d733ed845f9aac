import { dependents } from './dependents.js';
import type { Book, TextCell } from './notebook.js';
import { pick } from './random.js';
import type { Random } from './random.js';
import { addCell, moveBelow, splitCell, swapInStage } from './restructure.js';

/** Kinds of mutation and their shares of all tries, in percent. */
export const kinds = {
  'number in a stage': 19,
  'number in setup': 8,
  'number in params': 11,
  'operator in a stage': 6,
  'operator in setup': 4,
  'number in data': 8,
  'number in a module': 4,
  'a sibling stage': 6,
  'a new statement in a stage': 3,
  'a new cell in a stage': 4,
  'a cell split': 4,
  'a cell moved in its stage': 4,
  'a cell moved below another stage': 4,
  'content of a written file': 4,
  'name of a written file': 3,
  'a comment': 4,
  'a scratch cell': 4
} as const;
export type Kind = keyof typeof kinds;

export interface Mutation {
  kind: Kind;
  /** What was done, for the reader of a failure. */
  text: string;
  book: Book;
  /** The stage whose cells alone were edited; null when the edit is of no stage or of several. */
  stage: string | null;
}

type Made = Omit<Mutation, 'kind'> | undefined;

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
  role: TextCell['role'],
  change: (text: string) => string | undefined,
  fits: (cell: TextCell) => boolean = () => true
): Made {
  const candidates = book.cells.flatMap((cell, index) => (cell.role === role && fits(cell) ? [index] : []));
  const index = pick(random, candidates);
  const cell = index === undefined ? undefined : book.cells[index];
  const source = cell === undefined ? undefined : change(cell.source);
  if (index === undefined || cell === undefined || source === undefined) {
    return undefined;
  }
  const cells = book.cells.with(index, { ...cell, source });
  return { book: { ...book, cells }, text: `cell ${index}:\n${source}`, stage: cell.stage };
}

function changeFile(random: Random, book: Book, module: boolean): Made {
  const name = pick(
    random,
    Object.keys(book.files).filter(path => path.endsWith('.py') === module)
  );
  const source = name === undefined ? undefined : changeNumber(random, book.files[name] ?? '');
  if (name === undefined || source === undefined) {
    return undefined;
  }
  const files = { ...book.files, [name]: source };
  return { book: { ...book, files }, text: `${name}:\n${source}`, stage: null };
}

/** An edit of a stage that some stage below does not depend on. */
function changeSibling(random: Random, book: Book): Made {
  const names = [...new Set(book.cells.flatMap(cell => cell.stage ?? []))];
  const alone = names.filter((name, at) => names.slice(at + 1).some(other => !dependents(book, name).has(other)));
  return changeCell(
    random,
    book,
    'stage',
    text => changeNumber(random, text) ?? changeOperator(random, text),
    cell => alone.includes(cell.stage ?? '')
  );
}

/** Writes one line more into a file that a cell opens for writing. */
function changeContent(random: Random, text: string): string | undefined {
  return replaceOne(random, text, /with open\("[^"]+", "w"[^\n]*\) as (\w+):\n/g, found => {
    const handle = /as (\w+):\n$/.exec(found)?.[1] ?? '';
    return `${found}    ${handle}.write("${Math.floor(random() * 1000)}\\n")\n`;
  });
}

function rename(random: Random, book: Book): Made {
  const names = book.cells
    .filter(cell => cell.role === 'stage')
    .flatMap(cell =>
      [...cell.source.matchAll(/(?<=(?:open|Path|to_csv|to_parquet|np\.savez?)\(")[\w.]+(?=")/g)].map(hit => hit[0])
    )
    .filter(name => !(name in book.files));
  const name = pick(random, names);
  const next = name?.replace(/^[a-z_]*/, word => `${word}_${Math.floor(random() * 100)}`);
  return name === undefined || next === undefined
    ? undefined
    : {
        book: {
          ...book,
          cells: book.cells.map(cell => ({ ...cell, source: cell.source.replaceAll(`"${name}"`, `"${next}"`) }))
        },
        text: `${name} is now ${next}`,
        stage: null
      };
}

function chooseKind(point: number): Kind {
  let left = point * Object.values(kinds).reduce((sum, share) => sum + share, 0);
  for (const kind of Object.keys(kinds) as Kind[]) {
    left -= kinds[kind];
    if (left < 0) {
      return kind;
    }
  }
  return 'a comment';
}

/**
 * The points from which kinds are drawn: a golden-ratio sequence, which takes each kind close to its share even in a short story.
 */
export function points(random: Random): () => number {
  let point = random();
  return () => {
    point = (point + 0.618033988749895) % 1;
    return point;
  };
}

/** One mutation of the kind at `point` of the fixed shares; undefined when that kind finds nothing to change in this notebook. */
export function mutate(point: number, random: Random, book: Book): Mutation | undefined {
  const kind = chooseKind(point);
  const number = (): number => Math.floor(random() * 1000);
  const tries: Record<Kind, () => Made> = {
    'number in a stage': () => changeCell(random, book, 'stage', text => changeNumber(random, text)),
    'number in setup': () => changeCell(random, book, 'setup', text => changeNumber(random, text)),
    'number in params': () => changeCell(random, book, 'params', text => changeNumber(random, text)),
    'operator in a stage': () => changeCell(random, book, 'stage', text => changeOperator(random, text)),
    'operator in setup': () => changeCell(random, book, 'setup', text => changeOperator(random, text)),
    'number in data': () => changeFile(random, book, false),
    'number in a module': () => changeFile(random, book, true),
    'a sibling stage': () => changeSibling(random, book),
    'a new statement in a stage': () => changeCell(random, book, 'stage', text => `${text}\nextra_${number()} = 1`),
    'a new cell in a stage': () => addCell(random, book, `print("extra", ${number()})`),
    'a cell split': () => splitCell(random, book),
    'a cell moved in its stage': () => swapInStage(random, book),
    'a cell moved below another stage': () => moveBelow(random, book),
    'content of a written file': () => changeCell(random, book, 'stage', text => changeContent(random, text)),
    'name of a written file': () => rename(random, book),
    'a comment': () =>
      changeCell(random, book, pick(random, ['stage', 'setup'])!, text => `# a note\n\n${text}\n# end`),
    'a scratch cell': () => changeCell(random, book, 'scratch', text => `${text}\nunused = 1`)
  };
  const made = tries[kind]();
  return made === undefined ? undefined : { kind, ...made };
}
