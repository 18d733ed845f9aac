/** Mutations that leave the statements of a notebook as they are and change its cells. */
import type { Book, TextCell } from './notebook.js';
import { pick } from './random.js';
import type { Random } from './random.js';

type Made = { book: Book; text: string; stage: string | null } | undefined;

const stageCells = (book: Book): number[] =>
  book.cells.flatMap((cell, index) => (cell.role === 'stage' ? [index] : []));

/** Puts a new cell of the same stage behind one. */
export function addCell(random: Random, book: Book, source: string): Made {
  const index = pick(random, stageCells(book));
  const cell = index === undefined ? undefined : book.cells[index];
  return index === undefined || cell === undefined
    ? undefined
    : {
        ...replaced(book, index, [cell, { ...cell, source }]),
        text: `after cell ${index}: ${source}`,
        stage: cell.stage
      };
}

/** Lines that go on with the compound statement above. */
const CONTINUES = /^(else|elif|except|finally)\b/;

/** Splits a cell of a stage between two of its statements; both parts keep the tag (N4). */
export function splitCell(random: Random, book: Book): Made {
  const index = pick(random, stageCells(book));
  const cell = index === undefined ? undefined : book.cells[index];
  if (index === undefined || cell === undefined) {
    return undefined;
  }
  const lines = cell.source.split('\n');
  const begins = (line: string): boolean => line.search(/^[^\s)\]}#]/) === 0 && line.search(CONTINUES) < 0;
  const decorated = (at: number): boolean => lines[at - 1]?.startsWith('@') === true;
  const starts = lines.flatMap((line, at) => (at > 0 && begins(line) && !decorated(at) ? [at] : []));
  const at = pick(random, starts);
  if (at === undefined) {
    return undefined;
  }
  const parts = [lines.slice(0, at), lines.slice(at)].map(part => ({ ...cell, source: part.join('\n').trimEnd() }));
  return { ...replaced(book, index, parts), text: `cell ${index} before line ${at}`, stage: cell.stage };
}

/** Swaps two neighbouring cells of one stage. */
export function swapInStage(random: Random, book: Book): Made {
  const pairs = stageCells(book).flatMap(index => {
    const next = book.cells.findIndex((cell, at) => at > index && cell.stage === book.cells[index]?.stage);
    return next < 0 ? [] : [[index, next] as const];
  });
  const pair = pick(random, pairs);
  return pair === undefined ? undefined : swapped(book, pair[0], pair[1]);
}

/** Moves a cell of a stage below the next cell, which is of another stage: readers may come between. */
export function moveBelow(random: Random, book: Book): Made {
  const movable = stageCells(book).filter(index => {
    const next = book.cells[index + 1];
    return next?.role === 'stage' && next.stage !== book.cells[index]?.stage;
  });
  const index = pick(random, movable);
  return index === undefined ? undefined : { ...swapped(book, index, index + 1)!, stage: null };
}

function swapped(book: Book, first: number, second: number): Made {
  const [a, b] = [book.cells[first], book.cells[second]];
  return a === undefined || b === undefined
    ? undefined
    : {
        book: { ...book, cells: book.cells.with(first, b).with(second, a) },
        text: `cells ${first} and ${second}`,
        stage: a.stage
      };
}

function replaced(book: Book, index: number, cells: TextCell[]): { book: Book } {
  return { book: { ...book, cells: book.cells.toSpliced(index, 1, ...cells) } };
}
