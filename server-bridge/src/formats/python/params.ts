import type { ValueMap } from '../value.js';
import { pythonLiteral } from './literals.js';
import { pythonLines } from './tokens.js';
import type { LogicalLine, PythonToken } from './tokens.js';

const isOp = (token: PythonToken | undefined, text: string) => token?.kind === 'op' && token.text === text;

/** Index of an operator outside all brackets, or -1. */
function findOp(tokens: PythonToken[], text: string, from = 0): number {
  let depth = 0;
  for (let index = from; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind !== 'op') continue;
    if ('([{'.includes(token.text)) depth++;
    else if (')]}'.includes(token.text)) depth--;
    else if (depth === 0 && token.text === text) return index;
  }
  return -1;
}

function splitStatements(tokens: PythonToken[]): PythonToken[][] {
  const statements: PythonToken[][] = [];
  let rest = tokens;
  for (let cut = findOp(rest, ';'); cut >= 0; cut = findOp(rest, ';')) {
    statements.push(rest.slice(0, cut));
    rest = rest.slice(cut + 1);
  }
  statements.push(rest);
  return statements.filter(statement => statement.length > 0);
}

/** Name that a target binds: `x`, or `x` of `self.x`. */
function targetName(target: PythonToken[], onlySelf: boolean): string | undefined {
  if (isOp(target[0], '(') && isOp(target[target.length - 1], ')')) return targetName(target.slice(1, -1), onlySelf);
  const [first, dot, last] = target;
  if (target.length === 1 && first?.kind === 'name' && !onlySelf) return first.text;
  const isSelf = target.length === 3 && first?.text === 'self' && isOp(dot, '.') && last?.kind === 'name';
  return isSelf ? last.text : undefined;
}

function readAssignment(tokens: PythonToken[], onlySelf: boolean, into: ValueMap): void {
  const equals = findOp(tokens, '=');
  if (equals < 1 || findOp(tokens, '=', equals + 1) >= 0) return;
  const left = tokens.slice(0, equals);
  const colon = findOp(left, ':');
  const name = targetName(colon < 0 ? left : left.slice(0, colon), onlySelf);
  const value = name === undefined ? undefined : pythonLiteral(tokens.slice(equals + 1));
  if (name !== undefined && value !== undefined) into.set(name, value);
}

/** Throws for lines that stand deeper than any block that was opened, or between two depths. */
function checkIndent(head: LogicalLine | undefined, body: LogicalLine[]): void {
  const [first] = body;
  if (!head || !first) return;
  if (!isOp(head.tokens[head.tokens.length - 1], ':')) throw new SyntaxError(`unexpected indent, line ${first.line}`);
  const odd = body.find(line => line.indent < first.indent);
  if (odd) throw new SyntaxError(`unindent does not match any outer indentation level, line ${odd.line}`);
}

/** Lines of the block that a compound statement at `index` opens, and the index after it. */
function bodyOf(lines: LogicalLine[], index: number): { body: LogicalLine[]; next: number } {
  const head = lines[index];
  let next = index + 1;
  while (head && next < lines.length && (lines[next]?.indent ?? 0) > head.indent) next++;
  checkIndent(head, lines.slice(index + 1, next));
  const colon = head ? findOp(head.tokens, ':') : -1;
  const inline = head && colon >= 0 ? head.tokens.slice(colon + 1) : [];
  const body = lines.slice(index + 1, next);
  return { body: inline.length > 0 && head ? [{ ...head, tokens: inline }, ...body] : body, next };
}

function readBody(lines: LogicalLine[], onlySelf: boolean): ValueMap {
  const result: ValueMap = new Map();
  for (let index = 0; index < lines.length;) {
    const line = lines[index];
    const [first, second] = line?.tokens ?? [];
    const { body, next } = bodyOf(lines, index);
    if (first?.text === 'class' && first.kind === 'name' && second?.kind === 'name')
      result.set(second.text, readBody(body, false));
    else if (first?.text === 'def' && first.kind === 'name' && second?.text === '__init__') {
      for (const [name, value] of readBody(body, true)) result.set(name, value);
    } else if (line && next === index + 1) {
      for (const statement of splitStatements(line.tokens)) readAssignment(statement, onlySelf, result);
    }
    index = next;
  }
  return result;
}

/**
 * Parameters of a Python file: literal assignments of the module, of its classes (as nested mappings) and of `self`
 * in `__init__`. Nothing is executed; everything else is passed over (spec/dvc-pipelines.md §3.4).
 * Throws SyntaxError for text that cannot be cut into lines.
 */
export function pythonParams(source: string): ValueMap {
  const lines = pythonLines(source);
  const [first] = lines;
  if (first && first.indent > 0) throw new SyntaxError(`unexpected indent, line ${first.line}`);
  return readBody(lines, false);
}
