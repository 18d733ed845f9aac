import { isMap, parseDocument } from 'yaml';
import { pythonFloat } from '../pythonjson.js';
import { DateValue, OpaqueValue, isList, isMapping } from '../value.js';
import type { Scalar, Value, ValueMap } from '../value.js';
import { foldDouble, foldPlain, foldSingle } from './fold.js';
import type { Place } from './fold.js';
import { plainKind } from './resolve.js';

/** Longest key that is written before a colon; longer ones need the `? key` form. The tag `!!str` counts too. */
const SIMPLE_KEY_LENGTH = 128;

const BREAK = /[\n\x85\u2028\u2029]/;

/** True when the text can stand unquoted in a block (spec/dvc-pipelines.md §2.4). */
export function isPlainText(text: string): boolean {
  if (text === '' || plainKind(text) !== 'str') return false;
  if (/^ | $/.test(text) || BREAK.test(text) || hasSpecial(text)) return false;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^(?:---|\.\.\.)/.test(text)) return false;
  if (/^[-?:](?:[ \t]|$)/.test(text)) return false;
  return !/:(?:[ \t]|$)|[ \t]#/.test(text);
}

function hasSpecial(text: string): boolean {
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const fine =
      point === 10 ||
      (point >= 0x20 && point <= 0x7e) ||
      point === 0x85 ||
      (point >= 0xa0 && point <= 0xd7ff) ||
      (point >= 0xe000 && point <= 0xfffd && point !== 0xfeff) ||
      point >= 0x10000;
    if (!fine) return true;
  }
  return false;
}

/** A string as the pinned writer prints it at `place`: plain, single-quoted or double-quoted. */
export function printString(text: string, place: Place): string {
  const folded = foldString(text, place);
  // The pinned writer breaks lines where blanks get lost on reading; such a text is kept on one line instead.
  return folded.includes('\n') && !readsBack(folded, text) ? foldString(text, { ...place, width: Infinity }) : folded;
}

function foldString(text: string, place: Place): string {
  if (isPlainText(text)) return foldPlain(text, place);
  const double = hasSpecial(text) || text.includes("'") || BREAK.test(text);
  return double ? foldDouble(text, place) : `'${foldSingle(text, place)}'`;
}

function readsBack(printed: string, text: string): boolean {
  const moved = printed.replace(/\n */g, '\n  ');
  const { contents, errors } = parseDocument(`k: ${moved}`, { schema: 'failsafe', logLevel: 'silent' });
  const value: unknown = isMap(contents) ? contents.get('k') : undefined;
  return errors.length === 0 && value === text;
}

function bareText(value: Exclude<Scalar, string | null>): string {
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof DateValue || value instanceof OpaqueValue) return value.text;
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value < 0 ? '-.inf' : '.inf';
  return pythonFloat(value);
}

/** Any scalar at `place`; null is nothing at all. */
export function printScalar(value: Scalar, place: Place): string {
  if (value === null) return '';
  return typeof value === 'string' ? printString(value, place) : foldPlain(bareText(value), place);
}

function printKey(key: Scalar, indent: number): { text: string; simple: boolean } {
  const simple = !(typeof key === 'string' && (BREAK.test(key) || [...key].length + 5 >= SIMPLE_KEY_LENGTH));
  return {
    text: key === null ? 'null' : printScalar(key, { column: indent, indent: indent + 2, split: !simple }),
    simple
  };
}

/** Text of a key before its colon, at column `indent`. */
export function printKeyText(key: Scalar, indent: number): string {
  return printKey(key, indent).text;
}

function printMapping(map: ValueMap, indent: number, out: string[]): void {
  const pad = ' '.repeat(indent);
  let first = true;
  for (const [key, value] of map) {
    out.push(first ? '' : pad);
    first = false;
    const { text, simple } = printKey(key, indent);
    if (!simple) {
      // An explicit key: its value, even a block, starts on the line of the colon.
      out.push(`? ${text}\n${pad}:`, value === null ? '' : ' ');
      printInline(value, indent + 2, out);
    } else {
      out.push(`${text}:`);
      printAfterKey(value, indent, indent + width(text) + 1, out);
    }
  }
}

/** Columns of the last line of a printed text. */
function width(text: string): number {
  return [...text.slice(text.lastIndexOf('\n') + 1)].length;
}

function printAfterKey(value: Value, indent: number, column: number, out: string[]): void {
  if (isList(value) && value.length > 0) {
    out.push('\n', ' '.repeat(indent));
    printSequence(value, indent, out);
  } else if (isMapping(value) && value.size > 0) {
    out.push('\n', ' '.repeat(indent + 2));
    printMapping(value, indent + 2, out);
  } else {
    const text = printLeaf(value, { column: column + 1, indent: indent + 2, split: true });
    out.push(text === '' ? '\n' : ` ${text}\n`);
  }
}

/** A value whose first line starts at column `indent` of the current line. */
function printInline(value: Value, indent: number, out: string[]): void {
  if (isList(value) && value.length > 0) printSequence(value, indent, out);
  else if (isMapping(value) && value.size > 0) printMapping(value, indent, out);
  else out.push(`${printLeaf(value, { column: indent, indent, split: true })}\n`);
}

function printLeaf(value: Value, place: Place): string {
  if (isList(value)) return '[]';
  if (isMapping(value)) return '{}';
  return printScalar(value, place);
}

function printSequence(list: Value[], indent: number, out: string[]): void {
  const pad = ' '.repeat(indent);
  for (const [index, item] of list.entries()) {
    // The pinned writer leaves a blank after the dash of a null.
    out.push(index > 0 ? pad : '', '- ');
    printInline(item, indent + 2, out);
  }
}

/**
 * A value as DVC's writer prints a fresh file: block style, indent 2, dashes at the parent's column, width 80
 * (spec/dvc-pipelines.md §2.4). Byte-equal to the pinned ruamel for what DVC writes.
 */
export function printYaml(value: Value): string {
  const out: string[] = [];
  if (isList(value) && value.length > 0) printSequence(value, 0, out);
  else if (isMapping(value) && value.size > 0) printMapping(value, 0, out);
  else {
    const text = value === null ? 'null' : printLeaf(value, { column: 0, indent: 0, split: true });
    out.push(
      isList(value) || isMapping(value) || (typeof value === 'string' && !isPlainText(value))
        ? `${text}\n`
        : `${text}\n...\n`
    );
  }
  return out.join('');
}
