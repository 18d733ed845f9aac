/** Width at which DVC's writer breaks long text. */
const WIDTH = 80;

/** Where a scalar starts: its column, the indent of continuation lines, and whether it may be folded (keys may not). */
export interface Place {
  column: number;
  indent: number;
  split: boolean;
  /** Width to fold at instead of DVC's 80; infinite for one line. */
  width?: number;
}

const codePoints = (text: string) => [...text].length;

/**
 * Plain text as the pinned writer folds it: a word that would cross column 80 starts a new line, and the blank before
 * it stays at the end of the old one unless that line had already reached column 80.
 */
export function foldPlain(text: string, place: Place): string {
  const limit = place.width ?? WIDTH;
  let out = '';
  let column = place.column;
  const newline = '\n' + ' '.repeat(place.indent);
  const parts = text.split(/( +)/);
  for (const [index, part] of parts.entries()) {
    const width = codePoints(part);
    if (index % 2 === 1) {
      if (width === 1 && column >= limit && place.split) {
        out += newline;
        column = place.indent;
      } else {
        out += part;
        column += width;
      }
      continue;
    }
    if (width + column > limit && column > place.indent) {
      out += newline;
      column = place.indent;
    }
    out += part;
    column += width;
  }
  return out;
}

/** Body of a single-quoted scalar without its quotes: breaks at a lone blank once past column 80. */
export function foldSingle(text: string, place: Place): string {
  const limit = place.width ?? WIDTH;
  let out = '';
  let column = place.column + 1;
  const parts = text.split(/( +)/);
  for (const [index, part] of parts.entries()) {
    if (
      index % 2 === 1 &&
      part === ' ' &&
      column > limit &&
      place.split &&
      index < parts.length - 1 &&
      parts[index + 1] !== '' &&
      parts[index - 1] !== ''
    ) {
      out += '\n' + ' '.repeat(place.indent);
      column = place.indent;
      continue;
    }
    const written = part.replaceAll("'", "''");
    out += written;
    column += codePoints(written);
  }
  return out;
}

const ESCAPES = new Map([
  ['\0', '0'],
  ['\x07', 'a'],
  ['\b', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\x0b', 'v'],
  ['\f', 'f'],
  ['\r', 'r'],
  ['\x1b', 'e'],
  ['"', '"'],
  ['\\', '\\'],
  ['\x85', 'N'],
  ['\xa0', '_'],
  ['\u2028', 'L'],
  ['\u2029', 'P']
]);

/** True for a code point that a double-quoted scalar holds as it is. */
function isPrintable(point: number): boolean {
  if (point === 0x22 || point === 0x5c || point === 0x2028 || point === 0x2029 || point === 0xfeff) return false;
  return (
    (point >= 0x20 && point <= 0x7e) ||
    (point >= 0xa0 && point <= 0xd7ff) ||
    (point >= 0xe000 && point <= 0xfffd) ||
    point >= 0x10000
  );
}

function escape(character: string): string {
  const short = ESCAPES.get(character);
  if (short !== undefined) return `\\${short}`;
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16).toUpperCase();
  if (point <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return point <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Whether the break before `end` needs a backslash so that reading does not add a blank. */
function needsBackslash(characters: string[], start: number, end: number): boolean {
  let space = characters.indexOf(' ', end);
  if (space < 0) return true;
  const newline = characters.indexOf('\n', end);
  if (newline >= 0 && newline < space) space = newline;
  const after = characters[space + 1];
  if (after === undefined) return true;
  if (characters[space] === '\n' && after !== ' ') return true;
  const word = characters.slice(end, space);
  if (word.includes('"') || word.includes("'")) return true;
  if (after === ' ' || after === '\n') return true;
  if (characters[end - 1] === ' ' && characters[end] === ' ') return true;
  return start === end;
}

/** A double-quoted scalar with its quotes, broken once past column 80 as the pinned writer does. */
export function foldDouble(text: string, place: Place): string {
  const limit = place.width ?? WIDTH;
  const characters = [...text];
  let out = '"';
  let column = place.column + 1;
  let start = 0;
  const write = (data: string, width: number) => {
    out += data;
    column += width;
  };
  const flush = (end: number) => {
    if (start < end) write(characters.slice(start, end).join(''), end - start);
    start = Math.max(start, end);
  };
  for (let end = 0; end <= characters.length; end++) {
    const character = characters[end];
    if (character === undefined) flush(end);
    else if (!isPrintable(character.codePointAt(0) ?? 0)) {
      flush(end);
      const escaped = escape(character);
      write(escaped, escaped.length);
      start = end + 1;
    }
    const mayBreak = end > 0 && end < characters.length - 1 && (character === ' ' || start >= end);
    if (mayBreak && place.split && column + (end - start) > limit) {
      const backslash = needsBackslash(characters, start, end);
      if (start < end) flush(end);
      out += backslash ? '\\' : '';
      out += '\n' + ' '.repeat(place.indent);
      column = place.indent;
      if (characters[start] === ' ') {
        if (backslash) write('\\', 1);
        else start++;
      }
    }
  }
  return out + '"';
}
