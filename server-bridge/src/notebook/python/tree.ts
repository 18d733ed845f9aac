import type { Node, TreeCursor } from 'web-tree-sitter';

/**
 * One named node of Python's syntax tree, copied out of the parser's memory so that walks cost nothing and nothing must
 * be freed. Rows count from 0; `start` and `end` are UTF-16 indices into `source`. Comments are not among the kids.
 */
export class Py {
  kids: Py[] = [];
  constructor(
    readonly source: string,
    readonly type: string,
    /** Field name in the parent, '' for none. */
    readonly field: string,
    readonly start: number,
    readonly end: number,
    readonly row: number,
    readonly endRow: number
  ) {}

  get text(): string {
    return this.source.slice(this.start, this.end);
  }

  /** The first kid of that field. */
  get(field: string): Py | undefined {
    return this.kids.find(kid => kid.field === field);
  }

  all(field: string): Py[] {
    return this.kids.filter(kid => kid.field === field);
  }

  /** Text of the operator between the first two kids. */
  get operator(): string {
    const [left, right] = this.kids;
    return left === undefined || right === undefined ? '' : this.source.slice(left.end, right.start).trim();
  }

  *walk(): Generator<Py> {
    yield this;
    for (const kid of this.kids) {
      yield* kid.walk();
    }
  }
}

export interface Span {
  start: number;
  end: number;
}

export interface PyTree {
  source: string;
  /** Top-level statements. */
  statements: Py[];
  comments: Span[];
  /** Ranges of string literals. */
  strings: Span[];
  /** Row of the first piece of text that is no Python, null when all of it is. */
  errorRow: number | null;
}

/** Copies a parsed tree. */
export function copyTree(source: string, root: Node): PyTree {
  const comments: Span[] = [];
  const strings: Span[] = [];
  const cursor = root.walk();
  let top: Py;
  try {
    top = copyNode(source, cursor, { comments, strings });
  } finally {
    // A cursor left to the garbage collector frees memory of the parser that is in use by then: every later parse fails.
    cursor.delete();
  }
  return { source, statements: top.kids, comments, strings, errorRow: root.hasError ? errorRow(root) : null };
}

interface Collected {
  comments: Span[];
  strings: Span[];
}

function copyNode(source: string, cursor: TreeCursor, collected: Collected): Py {
  const from = cursor.startPosition;
  const to = cursor.endPosition;
  const node = new Py(
    source,
    cursor.nodeType,
    cursor.currentFieldName ?? '',
    cursor.startIndex,
    cursor.endIndex,
    from.row,
    to.row
  );
  if (node.type === 'string') {
    collected.strings.push({ start: node.start, end: node.end });
  }
  if (cursor.gotoFirstChild()) {
    do {
      if (!cursor.nodeIsNamed) {
        continue;
      }
      const type = cursor.nodeType;
      if (type === 'comment') {
        collected.comments.push({ start: cursor.startIndex, end: cursor.endIndex });
      } else if (type !== 'line_continuation') {
        node.kids.push(copyNode(source, cursor, collected));
      }
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return node;
}

function errorRow(node: Node): number {
  if (node.isError || node.isMissing) {
    return node.startPosition.row;
  }
  const child = node.children.find(kid => kid.hasError || kid.isMissing || kid.isError);
  return child === undefined ? node.startPosition.row : errorRow(child);
}
