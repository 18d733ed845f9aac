/** Python text without comments and blank lines outside strings, each line with its row in the cell (N9). */
import type { PyTree, Span } from './tree.js';

export interface EmittedLine {
  text: string;
  row: number;
}

const emitted = new WeakMap<PyTree, Map<string, readonly EmittedLine[]>>();

/** The text of `start`..`end` of a cell, without the ranges in `without`; kept with the tree, since most cells stay as they are. */
export function emit(tree: PyTree, start: number, end: number, without: readonly Span[] = []): readonly EmittedLine[] {
  const key = [start, end, ...without.flatMap(span => [span.start, span.end])].join(' ');
  const known = emitted.get(tree) ?? new Map<string, readonly EmittedLine[]>();
  emitted.set(tree, known);
  const lines = known.get(key) ?? linesOf(tree, start, end, without);
  known.set(key, lines);
  return lines;
}

function linesOf(tree: PyTree, start: number, end: number, without: readonly Span[]): EmittedLine[] {
  const { source } = tree;
  const cuts = [
    ...tree.comments.filter(span => !tree.strings.some(string => string.start < span.start && span.end <= string.end)),
    ...without
  ];
  const strings = tree.strings.filter(span => source.slice(span.start, span.end).includes('\n'));
  const inString = (at: number): boolean => strings.some(span => span.start < at && at < span.end);
  const lines: EmittedLine[] = [];
  let row = count(source, start);
  let at = start;
  let continued = false;
  while (at <= end) {
    const newline = source.indexOf('\n', at);
    const stop = newline < 0 || newline > end ? end : newline;
    const opened = at > start && inString(at);
    const open = stop < end && inString(stop);
    const kept = cutOut(source, at, stop, cuts);
    const text = open ? kept : kept.trimEnd();
    if (opened || text !== '' || (continued && lines.length > 0)) {
      lines.push({ text, row });
    }
    continued = !open && text.endsWith('\\');
    at = stop + 1;
    row++;
  }
  return lines;
}

function cutOut(source: string, from: number, to: number, cuts: readonly Span[]): string {
  let text = '';
  let at = from;
  for (const cut of cuts.filter(span => span.start < to && span.end > from).sort((a, b) => a.start - b.start)) {
    text += source.slice(at, Math.max(at, cut.start));
    at = Math.max(at, Math.min(to, cut.end));
  }
  return text + source.slice(at, to);
}

function count(source: string, end: number): number {
  let rows = 0;
  for (let at = source.indexOf('\n'); at >= 0 && at < end; at = source.indexOf('\n', at + 1)) {
    rows++;
  }
  return rows;
}
