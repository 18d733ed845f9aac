/** Patterns of `glob` and of `Path.glob`, as far as the text tells them. */
import { posix } from 'node:path';
import { relativePath, type FilePlace } from './files.js';
import { argumentsOf } from './python/calls.js';
import { stringValue } from './python/literals.js';
import { calleeName } from './python/sharing.js';
import type { FileEvent } from './scan.js';

export interface Tree {
  /** Names in a folder; paths are relative to the notebook's folder. */
  names(folder: string): string[];
  kind(path: string): 'file' | 'folder' | null;
  /** Enough was looked at. */
  over(): boolean;
}

export interface Pattern {
  matches(path: string): boolean;
  /** What stands there and matches. */
  expand(tree: Tree): string[];
}

/** The patterns of an access that lists a folder; null for one that the text does not tell. */
export function patternsOf(event: FileEvent, base: string, place: FilePlace): (Pattern | null)[] {
  const text = event.text ?? '';
  if (/[*?[]/.test(text)) {
    return [pattern(text, base, place, false)];
  }
  if (event.mode !== 'list' || !/(^|\.)r?glob$/.test(event.how)) {
    return [null];
  }
  const calls = [...event.unit.node.walk()].filter(
    node => node.type === 'call' && node.row === event.row && /^r?glob$/.test(calleeName(node))
  );
  const told = calls.map(call => {
    const [first] = argumentsOf(call);
    const own = first === undefined ? undefined : stringValue(first);
    const deep = calleeName(call) === 'rglob' ? '**' : '';
    return own === undefined ? null : pattern(posix.join(text, deep, own), base, place, true);
  });
  return told.length === 0 ? [null] : told;
}

/** `hidden`: a wildcard stands for names with a leading dot too, as in `Path.glob`. */
function pattern(text: string, base: string, place: FilePlace, hidden: boolean): Pattern | null {
  const path = text.includes('${') ? null : relativePath(text, base, place);
  if (path === null) {
    return null;
  }
  const parts = path.split('/');
  const whole = new RegExp(
    `^${parts.map((part, at) => (part === '**' ? folders(hidden, at === parts.length - 1) : `${name(part, hidden)}${at === parts.length - 1 ? '' : '/'}`)).join('')}$`
  );
  return {
    matches: one => whole.test(posix.normalize(one)),
    expand: tree => [...new Set(expand('', parts, hidden, tree))]
  };
}

function expand(folder: string, parts: readonly string[], hidden: boolean, tree: Tree): string[] {
  const [part, ...rest] = parts;
  if (part === undefined || tree.over()) {
    return [];
  }
  const at = (one: string): string => (folder === '' ? one : `${folder}/${one}`);
  if (part === '**') {
    const below = tree.names(folder).filter(one => !one.startsWith('.') && tree.kind(at(one)) === 'folder');
    return [...expand(folder, rest, hidden, tree), ...below.flatMap(one => expand(at(one), parts, hidden, tree))];
  }
  const own = new RegExp(`^${name(part, hidden)}$`);
  const names = /[*?[]/.test(part) ? tree.names(folder).filter(one => own.test(one)) : [part];
  return rest.length === 0
    ? names.map(at).filter(path => tree.kind(path) !== null)
    : names.flatMap(one => expand(at(one), rest, hidden, tree));
}

function folders(hidden: boolean, last: boolean): string {
  const one = hidden ? '[^/]+' : '[^./][^/]*';
  return last ? `(?:${one}/)*${one}` : `(?:${one}/)*`;
}

/** One part of a pattern as a regular expression. */
function name(part: string, hidden: boolean): string {
  const body = part.replace(/\[(!?)([^\]]+)\]|[*?]|[.+^${}()|\\[\]]/g, (found: string, not?: string, set?: string) => {
    if (set !== undefined) {
      return `[${not === '!' ? '^' : ''}${set.replace(/[\\^\]]/g, '\\$&')}]`;
    }
    return found === '*' ? '[^/]*' : found === '?' ? '[^/]' : `\\${found}`;
  });
  return !hidden && /^[*?[]/.test(part) ? `(?!\\.)${body}` : body;
}
