/** Tests one component of a path. */
type SegmentTest = (name: string) => boolean;

/** One part of a segment glob: a literal, any one character, any run, or a set of ranges. */
type GlobPart =
  | { kind: 'char'; char: string }
  | { kind: 'any' }
  | { kind: 'star' }
  | { kind: 'set'; negated: boolean; ranges: [number, number][] };

/** A pattern of an ignore file, ready to be matched against paths from the project root. */
export interface IgnorePattern {
  /** As written, and the one-based line it stands on. */
  pattern: string;
  line: number;
  negated: boolean;
  /** Ends with a slash: says nothing about files. */
  folderOnly: boolean;
  /** Tests of the components; null stands for `**`. */
  segments: (SegmentTest | null)[];
  /** The pattern matches only what is below what its segments match. */
  below: boolean;
  /** Matches everything, whatever the segments say. */
  everything: boolean;
}

/** Thrown for a pattern that ends in a lone backslash. */
export class PatternError extends Error {}

function readSet(characters: string[], from: number): { part: GlobPart; next: number } | undefined {
  let at = from;
  const negated = characters[at] === '!' || characters[at] === '^';
  if (negated) at++;
  const start = at;
  let end = characters[at] === ']' ? at + 1 : at;
  while (end < characters.length && characters[end] !== ']') end++;
  if (end >= characters.length) return undefined;
  const ranges: [number, number][] = [];
  const point = (index: number) => characters[index]?.codePointAt(0) ?? 0;
  for (at = start; at < end; at++) {
    if (characters[at + 1] === '-' && at + 2 < end) {
      ranges.push([point(at), point(at + 2)]);
      at += 2;
    } else ranges.push([point(at), point(at)]);
  }
  return { part: { kind: 'set', negated, ranges }, next: end + 1 };
}

/** Parts of one component's glob; undefined for an open bracket, which makes git discard the whole pattern. */
function parseGlob(segment: string): GlobPart[] | undefined {
  const characters = [...segment];
  const parts: GlobPart[] = [];
  for (let at = 0; at < characters.length;) {
    const char = characters[at++] ?? '';
    if (char === '*') parts.push({ kind: 'star' });
    else if (char === '?') parts.push({ kind: 'any' });
    else if (char === '\\') {
      const next = characters[at++];
      if (next === undefined) throw new PatternError();
      parts.push({ kind: 'char', char: next });
    } else if (char === '[') {
      const set = readSet(characters, at);
      if (!set) return undefined;
      parts.push(set.part);
      at = set.next;
    } else parts.push({ kind: 'char', char });
  }
  return parts;
}

function fits(part: GlobPart, char: string): boolean {
  if (part.kind === 'char') return part.char === char;
  if (part.kind !== 'set') return true;
  const point = char.codePointAt(0) ?? 0;
  return part.ranges.some(([low, high]) => low <= point && point <= high) !== part.negated;
}

/** Matches in time proportional to name × glob: on a mismatch only the last star gives way. */
function matchGlob(parts: GlobPart[], name: string[]): boolean {
  let part = 0;
  let star = -1;
  let mark = 0;
  for (let at = 0; at < name.length;) {
    const current = parts[part];
    if (current?.kind === 'star') {
      star = part++;
      mark = at;
    } else if (current && fits(current, name[at] ?? '')) {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++mark;
    } else return false;
  }
  while (parts[part]?.kind === 'star') part++;
  return part === parts.length;
}

function compileSegment(segment: string): SegmentTest | undefined {
  const parts = parseGlob(segment);
  if (!parts) return undefined;
  const literal = parts.map(part => (part.kind === 'char' ? part.char : undefined));
  if (!literal.includes(undefined)) {
    const text = literal.join('');
    // A doubled slash leaves an empty component, which no path has.
    return name => name === text && text !== '';
  }
  const [first] = parts;
  if (first?.kind === 'star' && !literal.slice(1).includes(undefined)) {
    const end = literal.slice(1).join('');
    return name => name.endsWith(end);
  }
  return name => matchGlob(parts, [...name]);
}

/** Segments of a pattern, `**` put where git means it; a trailing `**` stands for "below". */
function normalize(pattern: string): string[] {
  const segments = pattern.split('/');
  if (segments[0] === '') segments.shift();
  else if (segments.length === 1 || (segments.length === 2 && segments[1] === '')) {
    if (segments[0] !== '**') segments.unshift('**');
  }
  if (segments[segments.length - 1] === '') segments[segments.length - 1] = '**';
  return segments.filter((segment, index) => !(segment === '**' && segments[index - 1] === '**'));
}

/** A pattern of a deeper folder, written as seen from the project root (spec/dvc-data.md §7). */
function rebase(text: string, folder: string): string {
  if (folder === '') return text;
  const negated = text.startsWith('!');
  let rule = negated ? text.slice(1) : text;
  const anywhere = !rule.slice(0, -1).includes('/') || rule.startsWith('**/');
  rule = anywhere ? rule.replace(/^\*\*\//, '') : rule.replace(/^\//, '');
  if (rule.startsWith('\\')) rule = rule.slice(1);
  return `${negated ? '!' : ''}/${folder}/${anywhere ? '**/' : ''}${rule}`;
}

/**
 * Compiles one line of an ignore file in `folder` (POSIX, from the project root; empty for the root). Undefined for
 * lines that match nothing. Throws PatternError for a trailing backslash.
 */
export function compilePattern(text: string, line: number, folder: string): IgnorePattern | undefined {
  const rebased = rebase(text, folder);
  if (rebased === '/' || rebased === '!' || rebased === '') return undefined;
  const negated = rebased.startsWith('!');
  const body = negated ? rebased.slice(1) : rebased;
  const folderOnly = body.endsWith('/');
  const names = normalize(body);
  const base = { pattern: text, line, negated, folderOnly };
  const shape = names.join('/');
  if (shape === '**' || shape === '**/*') {
    // `**/` can never match, as dvc compares from the start of a path.
    return folderOnly ? undefined : { ...base, segments: [], below: false, everything: true };
  }
  if (shape === '**/*/**') return undefined;
  const below = names[names.length - 1] === '**';
  const segments: (SegmentTest | null)[] = [];
  for (const name of below ? names.slice(0, -1) : names) {
    const test = name === '**' ? null : compileSegment(name);
    if (test === undefined) return undefined;
    segments.push(test);
  }
  return { ...base, segments, below, everything: false };
}
