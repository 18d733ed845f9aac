/** What follows a value up to the next one: a comment on its line, and whole lines of comments and blanks. */
export interface Chunk {
  /** Text of the comment on the same line, with its `#`, and the column it stands at. */
  comment?: { text: string; column: number };
  /** Following lines as they are, each with its newline. */
  lines: string;
  /** Offset after the chunk. */
  end: number;
}

const REST = /[ \t]*(#[^\n]*)?(?:\n|$)/y;

/** The chunk that begins at `offset`, which must be behind a value or a colon; undefined when other text follows. */
export function chunkAfter(text: string, offset: number): Chunk | undefined {
  REST.lastIndex = offset;
  const match = REST.exec(text);
  if (!match) return undefined;
  const chunk: Chunk = { lines: '', end: REST.lastIndex };
  if (match[1] !== undefined) {
    const start = offset + match[0].indexOf('#');
    chunk.comment = {
      text: match[1].trimEnd(),
      column: [...text.slice(text.lastIndexOf('\n', start - 1) + 1, start)].length
    };
  }
  const { lines, end } = commentLines(text, chunk.end);
  return { ...chunk, lines, end };
}

/** Whole lines of comments and blanks that begin at `offset`. */
export function commentLines(text: string, offset: number): { lines: string; end: number } {
  let end = offset;
  while (end < text.length) {
    REST.lastIndex = end;
    if (!REST.exec(text)) break;
    end = REST.lastIndex;
  }
  const lines = text.slice(offset, end);
  return { lines: lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`, end };
}
