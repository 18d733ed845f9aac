import { CellarError } from '../../protocol/errors.js';
import { isMapping } from '../value.js';
import type { Value, ValueMap } from '../value.js';
import { patchYaml } from './patch.js';
import { printYaml } from './print.js';
import { parseSyntax, documentValue } from './read.js';

/** One entry of a block mapping: the lines it owns, as offsets into the text. */
export interface EntrySpan {
  name: string;
  start: number;
  end: number;
}

/** A section such as `stages:` in block style, with its entries; `indent` is the column of the keys. */
interface Section {
  indent: number;
  entries: EntrySpan[];
  /** Where a new entry goes: after the last line of the section. */
  end: number;
}

interface Line {
  start: number;
  /** Offset after the newline. */
  end: number;
  indent: number;
  /** Code of the first character that is no blank; NaN for a blank line. */
  first: number;
}

const SPACE = 32;
const TAB = 9;
const HASH = 35;

/** Lines by offsets only: a lock file of many stages is walked for each entry that is set. */
function* lines(text: string, from: number): Generator<Line> {
  let start = from;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    let at = start;
    while (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB) at++;
    const code = text.charCodeAt(at);
    const blank = at >= end || code === 10 || code === 13;
    yield { start, end, indent: at - start, first: blank ? NaN : code };
    start = end;
  }
}

const bodyOf = (text: string, line: Line): string => text.slice(line.start + line.indent, line.end).trimEnd();

/** Name of the key that starts a line, or undefined when the line is not a simple `key:`. */
function keyOf(body: string): string | undefined {
  const match =
    /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s#&*!|>'"%@`{}[\],?:-](?:[^#]|(?<=\S)#)*?|[?:-][^\s#](?:[^#]|(?<=\S)#)*?)) *:(?:\s|$)/.exec(
      body
    );
  if (!match) return undefined;
  if (match[1] !== undefined) return match[1].includes('\\') ? undefined : match[1];
  if (match[2] !== undefined) return match[2].replaceAll("''", "'");
  const plain = match[3] ?? '';
  return /: /.test(plain) ? plain.slice(0, plain.indexOf(': ')).trimEnd() : plain;
}

function sectionStart(text: string, section: string): Line | undefined {
  for (const line of lines(text, 0)) {
    if (line.indent === 0 && line.first !== HASH && keyOf(bodyOf(text, line)) === section) return line;
  }
  return undefined;
}

/** True when nothing but a comment follows the colon. */
function isBare(body: string): boolean {
  return /:\s*(?:#.*)?$/.test(body);
}

/**
 * Finds the entries of a top-level section by its lines. YAML guarantees that inside a block mapping a line at the
 * column of the keys is a key or a comment, so no other line needs to be understood. Undefined when the section is
 * written in another way (flow style, anchors, `? key`).
 */
function readSection(text: string, section: string): Section | undefined {
  const head = sectionStart(text, section);
  if (!head || !isBare(bodyOf(text, head))) return undefined;
  let indent = -1;
  let end = head.end;
  const entries: EntrySpan[] = [];
  for (const line of lines(text, head.end)) {
    if (Number.isNaN(line.first)) continue;
    const comment = line.first === HASH;
    if (line.indent === 0 && !comment) break;
    if (comment && (indent < 0 || line.indent <= indent)) continue;
    if (indent < 0) indent = line.indent;
    if (line.indent < indent) return undefined;
    if (line.indent === indent) {
      const name = keyOf(bodyOf(text, line));
      if (name === undefined) return undefined;
      entries.push({ name, start: line.start, end: line.end });
    }
    const last = entries[entries.length - 1];
    if (last) last.end = line.end;
    end = line.end;
  }
  return { indent: indent < 0 ? 2 : indent, entries, end };
}

/** Text of an entry at a column: the value as a fresh write prints it, moved to the section's indent, with the text's own line ends. */
function printEntry(name: string, value: Value, indent: number, text: string): string {
  const printed = printLines(name, value, indent);
  return text.includes('\r\n') ? printed.replaceAll('\n', '\r\n') : printed;
}

function printLines(name: string, value: Value, indent: number): string {
  const wrapped = printYaml(new Map<string, Value>([['x', new Map([[name, value]])]]));
  const body = wrapped.slice('x:\n'.length);
  if (indent === 2) return body;
  // Folded lines stay valid at another indent: only the distance to the key counts.
  return body.replace(/^ {2}(?=.)/gm, ' '.repeat(indent));
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function refuse(section: string): CellarError {
  return new CellarError(
    'E_YAML_STYLE',
    `The section '${section}' is not written one key a line and cannot be edited in place`,
    {
      next: `Write '${section}:' in block style, one name a line.`
    }
  );
}

function readDocument(text: string): ValueMap {
  const value = documentValue(parseSyntax(text, 'the file'), text, 'the file');
  return isMapping(value) ? value : new Map<string, Value>();
}

/** The section changed as a whole where its layout (brackets, anchors) leaves no lines to replace; comments are kept. */
function patchSection(text: string, section: string, change: (entries: ValueMap) => ValueMap): string {
  const document = readDocument(text);
  const entries = document.get(section) ?? new Map<string, Value>();
  if (!isMapping(entries)) throw refuse(section);
  return patchYaml(text, new Map(document).set(section, change(new Map(entries))));
}

function readDocumentEntries(text: string, section: string): ValueMap {
  const entries = readDocument(text).get(section);
  return isMapping(entries) ? entries : new Map<string, Value>();
}

function sectionIsEmpty(text: string, section: string): boolean {
  const inner = readDocument(text).get(section);
  return inner === undefined || inner === null || (isMapping(inner) && inner.size === 0);
}

/** Sets one entry of a top-level section; every byte outside that entry stays. A new one goes to the end of the section. */
export function setEntry(text: string, section: string, name: string, value: Value): string {
  const found = readSection(text, section);
  if (!found) return createSection(text, section, name, value);
  const printed = printEntry(name, value, found.indent, text);
  const entry = found.entries.find(item => item.name === name);
  if (entry) return withNewline(text.slice(0, entry.start)) + printed + text.slice(entry.end);
  return withNewline(text.slice(0, found.end)) + printed + text.slice(found.end);
}

function createSection(text: string, section: string, name: string, value: Value): string {
  const head = sectionStart(text, section);
  if (!sectionIsEmpty(text, section)) return patchSection(text, section, entries => entries.set(name, value));
  const printed = `${section}:\n${printEntry(name, value, 2, text)}`;
  if (!head) return withNewline(text) + printed;
  return text.slice(0, head.start) + printed + text.slice(head.end);
}

/** Removes one entry; a section left without entries becomes `{}`. The same text when there is no such entry. */
export function removeEntry(text: string, section: string, name: string): string {
  const found = readSection(text, section);
  if (!found) {
    if (!readDocumentEntries(text, section).has(name)) return text;
    return patchSection(text, section, entries => {
      entries.delete(name);
      return entries;
    });
  }
  const entry = found.entries.find(item => item.name === name);
  if (!entry) return text;
  const rest = text.slice(0, entry.start) + text.slice(entry.end);
  return found.entries.length > 1 ? rest : emptySection(rest, section);
}

function emptySection(text: string, section: string): string {
  const head = sectionStart(text, section);
  if (!head) return text;
  const line = text.slice(head.start, head.end).replace(/:/, ': {}');
  return text.slice(0, head.start) + line + text.slice(head.end);
}

/** Renames one entry in its place, its value untouched. */
export function renameEntry(text: string, section: string, from: string, to: string): string {
  const found = readSection(text, section);
  const entry = found?.entries.find(item => item.name === from);
  if (!found || !entry) {
    if (!readDocumentEntries(text, section).has(from)) throw refuse(section);
    return patchSection(
      text,
      section,
      entries => new Map([...entries].map(([key, value]) => [key === from ? to : key, value]))
    );
  }
  const key = printYaml(new Map([[to, null]])).trimEnd();
  const line = text.slice(entry.start, entry.end);
  const [first = ''] = line.split('\n', 1);
  const pad = first.slice(0, first.length - first.trimStart().length);
  const after = afterKey(first.trimStart());
  return text.slice(0, entry.start) + pad + key + after + line.slice(first.length) + text.slice(entry.end);
}

/** What follows `key:` on its line. */
function afterKey(body: string): string {
  const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*') *:/.exec(body);
  if (quoted) return body.slice(quoted[0].length);
  const colon = /:(?=\s|$)/.exec(body);
  return colon ? body.slice(colon.index + 1) : '';
}
