/** One cell's text as statements with their facts; parsed once per text. */
import { statementFacts } from './bindings.js';
import { effectsOf, type Effects } from './effects.js';
import type { BodyFacts } from './facts.js';
import { kindOf, type Kind } from './kinds.js';
import { transformMagics, type MagicNote } from './magics.js';
import { GENERATORS } from './methods.js';
import { parsePython } from './parse.js';
import type { Py, PyTree } from './tree.js';

export interface Statement extends Kind {
  node: Py;
  facts: BodyFacts;
  effects: Effects;
}

export interface ParsedCell {
  tree: PyTree;
  notes: MagicNote[];
  /** Row → text that the script holds instead (`magics.ts`). */
  raw: ReadonlyMap<number, string>;
  statements: Statement[];
}

const LIMIT = 4000;
const parsed = new Map<string, ParsedCell>();

/** The cell of that source; the newest few thousand texts are kept. */
export function parseCell(source: string): ParsedCell {
  const known = parsed.get(source);
  if (known !== undefined) {
    parsed.delete(source);
    parsed.set(source, known);
    return known;
  }
  const made = make(source);
  parsed.set(source, made);
  if (parsed.size > LIMIT) {
    const oldest = parsed.keys().next();
    if (oldest.done !== true) {
      parsed.delete(oldest.value);
    }
  }
  return made;
}

function make(source: string): ParsedCell {
  const { text, notes, raw } = transformMagics(source);
  const tree = parsePython(text);
  const unevaluated = tree.statements.some(
    node => node.type === 'future_import_statement' && /\bannotations\b/.test(node.text)
  );
  const statements = tree.statements.map(node => ({
    node,
    facts: statementFacts(node, unevaluated),
    effects: effectsOf(node),
    ...kindOf(node, GENERATORS)
  }));
  return { tree, notes, raw, statements };
}
