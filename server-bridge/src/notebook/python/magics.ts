/** Magics and shell lines become plain Python on the same lines, so that positions stay true (N18, N22). */
import { logicalStarts } from './lines.js';

export type MagicNote =
  /** Not in any script; the sentence says so. */
  | { kind: 'dropped'; line: number; text: string; lint: boolean }
  /** Runs, but what it reads is unknown (N22f). */
  | { kind: 'unknown'; line: number; text: string }
  /** Refused (N22b). */
  | { kind: 'refused'; line: number; text: string; message: string; next: string };

export interface Transformed {
  text: string;
  notes: MagicNote[];
  /** Row → what the script holds instead of that line: magics that run stay as they are written, for the runner. */
  raw: Map<number, string>;
}

/** Timers and profilers, each with the letters of its options that take a value. */
const TIMERS = new Map([
  ['time', ''],
  ['timeit', 'nrpv'],
  ['prun', 'DlsT'],
  ['lprun', 'fmDTuz'],
  ['memit', 'rt'],
  ['mprun', 'fT']
]);
const OPTION = /^--?([A-Za-z])(\S*)(?:\s+|$)/;
const REFUSED = new Map([
  ['store', ['`%store` keeps values outside the project.', 'Let the variable cross by its name: remove the line.']],
  ['cd', ['`%cd` changes the folder that every path stands on.', 'Write paths relative to the notebook and remove it.']]
]);
const RUNS = new Set(['run', 'sx', 'system', 'sql', 'bigquery', 'R', 'macro', 'loadpy', 'load']);

/** The same cell without magics; `notes` says what became of each. Line count is kept unless the whole cell is a magic. */
export function transformMagics(source: string): Transformed {
  const text = source.replace(/\r\n?/g, '\n');
  const cell = /^(?:[ \t]*\n)*%%(\w+)[ \t]*([^\n]*)(?:\n|$)/.exec(text);
  if (cell !== null) {
    return cellMagic(text, cell[0], cell[1] ?? '', (cell[2] ?? '').trim());
  }
  if (!/[%!?]/.test(text)) {
    return { text, notes: [], raw: new Map() };
  }
  return lineMagics(text);
}

function cellMagic(text: string, head: string, name: string, args: string): Transformed {
  const body = text.slice(head.length);
  const line = head.replace(/\n$/, '').split('\n').length - 1;
  const blank = '\n'.repeat(line);
  if (TIMERS.has(name) || name === 'capture') {
    const rest = lineMagics(body);
    const moved = rest.notes.map(note => ({ ...note, line: note.line + line + 1 }));
    const first = name === 'time' || name === 'timeit' ? stripOptions(name, args) : '';
    const raw = new Map([...rest.raw].map(([row, code]) => [row + line + 1, code]));
    return { text: `${blank}${first}\n${rest.text}`, notes: moved, raw };
  }
  if (name === 'writefile' || name === 'file') {
    const append = /(^|\s)(-a|--append)(?=\s)/.test(args);
    const path = args.replace(/(^|\s)(-a|--append)(?=\s)/, '').trim();
    const mode = append ? 'a' : 'w';
    const call = `open(${literal(unquote(path))}, ${literal(mode)}, encoding="utf-8").write(${literal(endLine(body))})`;
    return { text: `${blank}${call}`, notes: [], raw: new Map() };
  }
  const call = `get_ipython().run_cell_magic(${literal(name)}, ${literal(args)}, ${literal(body)})`;
  const shown = ['html', 'HTML', 'markdown', 'latex', 'svg', 'SVG', 'javascript', 'js'].includes(name);
  return {
    text: `${blank}${call}`,
    notes: shown ? [] : [{ kind: 'unknown', line, text: `%%${name}` }],
    raw: new Map([[line, text.slice(head.length - head.trimStart().length).trimEnd()]])
  };
}

function lineMagics(text: string): Transformed {
  const lines = text.split('\n');
  const starts = logicalStarts(text);
  const notes: MagicNote[] = [];
  const raw = new Map<number, string>();
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (starts[at] !== true) {
      continue;
    }
    const found = /^(\s*)(?:([A-Za-z_][\w., ]*?)\s*=\s*)?([%!])(.*)$/.exec(line);
    const help = /^\s*(\?{1,2}\s*[\w.*%]+|%{0,2}[A-Za-z_][\w.*]*\?{1,2})\s*;?\s*$/.exec(line);
    if (help !== null) {
      const indent = line.slice(0, line.length - line.trimStart().length);
      lines[at] = indent === '' ? '' : `${indent}pass`;
      notes.push({ kind: 'dropped', line: at, text: line.trim(), lint: false });
    } else if (found !== null) {
      const [, indent = '', target, sign, rest = ''] = found;
      let whole = rest;
      let last = at;
      while (whole.endsWith('\\') && last + 1 < lines.length) {
        last++;
        whole = whole.slice(0, -1) + (lines[last] ?? '').trim();
        lines[last] = '';
      }
      const code = lineMagic(sign ?? '', whole.trim(), target, indent !== '', at, notes);
      if (code.includes('get_ipython()')) {
        raw.set(at, `${indent}${target === undefined ? '' : `${target} = `}${sign ?? ''}${whole.trim()}`);
      }
      lines[at] = indent + code;
      at = last;
    }
  }
  return { text: lines.join('\n'), notes, raw };
}

function lineMagic(
  sign: string,
  rest: string,
  target: string | undefined,
  indented: boolean,
  line: number,
  notes: MagicNote[]
): string {
  const nothing = indented ? 'pass' : '';
  const drop = (lint: boolean): string => {
    notes.push({ kind: 'dropped', line, text: `${sign}${rest}`, lint });
    return target === undefined ? nothing : `${target} = None`;
  };
  if (sign === '!') {
    const command = rest.replace(/^!/, '');
    if (/^(\S*python\S*\s+-m\s+)?(pip|pip3|conda|mamba|uv|apt|apt-get|brew)\b/.test(command)) {
      return drop(true);
    }
    notes.push({ kind: 'unknown', line, text: `!${rest}` });
    const method = target === undefined && !rest.startsWith('!') ? 'system' : 'getoutput';
    return `${target === undefined ? '' : `${target} = `}get_ipython().${method}(${literal(command)})`;
  }
  const [, name = '', args = ''] = /^%?(\w*)\s*(.*)$/.exec(rest) ?? [];
  const refused = REFUSED.get(name);
  if (refused !== undefined) {
    notes.push({ kind: 'refused', line, text: `%${rest}`, message: refused[0] ?? '', next: refused[1] ?? '' });
    return nothing;
  }
  if (TIMERS.has(name) && target === undefined) {
    const code = stripOptions(name, args);
    // Only `%time` gives what its statement gives; the others show times alone.
    return code === '' ? nothing : name === 'time' ? code : `${code};`;
  }
  if (name === 'env' || name === 'set_env') {
    const [, key, value] = /^(\w+)(?:\s*=\s*|\s+)(.+)$/.exec(args) ?? [];
    return key === undefined || value === undefined
      ? drop(false)
      : `__import__("os").environ[${literal(key)}] = ${literal(value.trim())}`;
  }
  if (RUNS.has(name) || target !== undefined) {
    notes.push({ kind: 'unknown', line, text: `%${rest}` });
    const call = `get_ipython().run_line_magic(${literal(name)}, ${literal(args)})`;
    return target === undefined ? call : `${target} = ${call}`;
  }
  return drop(name === 'pip' || name === 'conda' || name === 'mamba' || name === 'uv');
}

/** The statement that a timer or profiler runs: what follows its options. */
function stripOptions(name: string, args: string): string {
  let rest = args.trim();
  for (let found = OPTION.exec(rest); found !== null; found = OPTION.exec(rest)) {
    const [whole, letter = '', value = ''] = found;
    rest = rest.slice(whole.length);
    if (value === '' && TIMERS.get(name)?.includes(letter) === true) {
      rest = rest.replace(/^\S+\s*/, '');
    }
  }
  return rest;
}

function unquote(path: string): string {
  return path.replace(/^(["'])(.*)\1$/, '$2');
}

function endLine(body: string): string {
  return body.endsWith('\n') ? body : `${body}\n`;
}

/** A Python string literal; JSON's escapes mean the same in Python. */
export function literal(text: string): string {
  return JSON.stringify(text);
}
