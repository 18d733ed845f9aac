import { TemplateFailure } from './failure.js';

/** One `${…}` of a text: what stands inside, and where the whole of it is. */
export interface Match {
  inner: string;
  start: number;
  end: number;
}

/** `${` without a backslash before it, up to the next `}`; a line break does not belong in it. */
const PATTERN = /(?<!\\)\$\{([^\n]*?)\}/g;

export function findMatches(text: string): Match[] {
  if (!text.includes('${')) return [];
  return [...text.matchAll(PATTERN)].map(match => ({
    inner: match[1] ?? '',
    start: match.index,
    end: match.index + match[0].length
  }));
}

/** True when the text is one expression and nothing else; its value then keeps its type. */
export function isExact(text: string, matches: Match[]): boolean {
  const [only] = matches;
  return matches.length === 1 && only !== undefined && only.start === 0 && only.end === text.length;
}

/** Turns `\${` into `${`. */
export function unescapeText(text: string): string {
  return text.replaceAll('\\${', '${');
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !'.[]'.includes(text[at] ?? '')) at++;
  return at;
}

function syntax(inner: string, at: number, expected: string): TemplateFailure {
  const found = at < inner.length ? `'${inner[at]}'` : 'end of text';
  return new TemplateFailure(
    'syntax',
    `\${${inner}}\n${' '.repeat(at + 2)}^\nParseException: Expected ${expected}, found ${found}  (at char ${at + 2}), (line:1, col:${at + 3})`
  );
}

/**
 * Checks `word ( '.' word | '[' word ']' )*` and returns it with dots only. A word is anything without `. [ ]`;
 * blanks around it are trimmed on look-up.
 */
export function parseExpression(inner: string): string {
  const skip = inner.length - inner.trimStart().length;
  let at = wordEnd(inner, skip);
  if (at === skip) throw syntax(inner, at, '!W:(.[])');
  const words = [inner.slice(skip, at)];
  // Only a bracket leaves blanks behind: a word takes its own along.
  const skipBlanks = () => {
    at += inner.slice(at).length - inner.slice(at).trimStart().length;
  };
  for (skipBlanks(); at < inner.length; skipBlanks()) {
    const bracket = inner[at] === '[';
    if (!bracket && inner[at] !== '.') throw syntax(inner, at, 'end of text');
    const start = at + 1 + (inner.slice(at + 1).length - inner.slice(at + 1).trimStart().length);
    const end = wordEnd(inner, start);
    if (end === start || (bracket && inner[end] !== ']')) throw syntax(inner, at, 'end of text');
    words.push(inner.slice(start, end));
    at = bracket ? end + 1 : end;
  }
  return words.join('.');
}

/** Brackets as dots, without checks: `a[0]` is `a.0`. */
export function normalizeKey(key: string): string {
  return key.replaceAll('[', '.').replaceAll(']', '');
}
