import { CellarError } from '../../protocol/errors.js';

/** A value of the config: text, or several texts separated by commas. */
export type ConfigValue = string | string[];
export type ConfigSection = Map<string, ConfigValue>;

/** Where a section or option stands in the text: lines from `start` up to, not including, `end`; both zero-based. */
export interface ConfigItem {
  section: string;
  /** Absent for the line of a section itself. */
  option?: string;
  value?: ConfigValue;
  start: number;
  end: number;
}

const SECTION = /^\s*((?:\[\s*)+)("\s*\S.*?\s*"|'\s*\S.*?\s*'|[^'"\s].*?)((?:\s*\])+)\s*(?:#.*)?$/;
const OPTION = /^\s*(".*?"|'.*?'|[^'"=].*?)\s*=\s*(.*)$/;
const NAMED = /^\s*(remote|machine|db)\s*"(.*)"\s*$/;

/** Name of a section as we key it: lower case, `remote "name"` for a named one (spec/dvc-data.md §5.1). */
export function sectionName(raw: string): string {
  const lower = raw.toLowerCase();
  const named = NAMED.exec(lower);
  return named ? `${named[1]} "${named[2]}"` : lower;
}

function unquote(text: string): string {
  const first = text[0];
  return text.length > 1 && first === text[text.length - 1] && (first === '"' || first === "'")
    ? text.slice(1, -1)
    : text;
}

export function configProblem(file: string, line: number, words: string): CellarError {
  return new CellarError(
    'E_CONFIG_INVALID',
    `configuration error - config file error: ${words} in '${file}', line ${line}`,
    {
      exit: 251,
      next: `Correct line ${line} of ${file}.`,
      at: { path: file, line }
    }
  );
}

/** Parts of a value line: comma-separated pieces, quotes taken off, a comment after `#` dropped. Undefined when malformed. */
export function parseConfigValue(raw: string): ConfigValue | undefined {
  const pieces: string[] = [];
  let rest = raw.trim();
  let commas = 0;
  while (rest !== '' && !rest.startsWith('#')) {
    const match = /^("[^"]*"|'[^']*'|[^,#"'][^,#]*|(?=,))\s*(,|$|(?=#))/.exec(rest);
    if (!match) return undefined;
    const text = (match[1] ?? '').trimEnd();
    if (text !== '') pieces.push(unquote(text));
    else if (match[2] === ',' && (pieces.length > 0 || rest !== ',')) return undefined;
    if (match[2] === ',') commas++;
    rest = rest.slice(match[0].length).trimStart();
  }
  if (commas > 0) return pieces;
  return pieces[0] ?? '';
}

/** Text of a triple-quoted value that may run over several lines; `next` is the line after it. */
function readTriple(lines: string[], index: number, raw: string): { value: string; next: number } | undefined {
  const quote = raw.slice(0, 3);
  const body = [raw.slice(3), ...lines.slice(index + 1)];
  for (const [offset, line] of body.entries()) {
    const end = line.indexOf(quote);
    if (end < 0) continue;
    if (!/^\s*(?:#.*)?$/.test(line.slice(end + 3))) return undefined;
    return { value: [...body.slice(0, offset), line.slice(0, end)].join('\n'), next: index + offset + 1 };
  }
  return undefined;
}

/** Sections and options of the text in order. Throws `E_CONFIG_INVALID` (exit 251) for a line that is neither, and for doubles. */
export function readConfigItems(text: string, file: string): ConfigItem[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const items: ConfigItem[] = [];
  const seen = new Set<string>();
  let section = '';
  const add = (item: ConfigItem, what: string) => {
    const identity = JSON.stringify([item.section, item.option]);
    if (seen.has(identity)) throw configProblem(file, item.start + 1, `Duplicate ${what} name`);
    seen.add(identity);
    items.push(item);
  };
  for (let index = 0; index < lines.length;) {
    const line = lines[index] ?? '';
    if (line.trim() === '' || line.trim().startsWith('#')) {
      index++;
      continue;
    }
    const head = SECTION.exec(line);
    if (head) {
      if (head[1]?.trim() !== '[' || head[3]?.trim() !== ']')
        throw configProblem(file, index + 1, 'Section too nested');
      section = sectionName(unquote((head[2] ?? '').trim()));
      add({ section, start: index, end: index + 1 }, 'section');
      index++;
      continue;
    }
    const option = OPTION.exec(line);
    if (!option) throw configProblem(file, index + 1, `Invalid line ('${line.trim()}')`);
    const raw = option[2] ?? '';
    const triple = /^(?:'''|""")/.test(raw) ? readTriple(lines, index, raw) : undefined;
    const value = triple ? triple.value : parseConfigValue(raw);
    if (value === undefined) throw configProblem(file, index + 1, 'Parse error in value');
    const end = triple ? triple.next : index + 1;
    add({ section, option: unquote((option[1] ?? '').trim()).toLowerCase(), value, start: index, end }, 'keyword');
    index = end;
  }
  return items;
}

const WSPACE = /^[ \r\n\v\t'"]|[ \r\n\v\t'"]$/;

function quoteOne(value: string, multiline: boolean): string {
  if (value === '') return '""';
  const both = value.includes('"') && value.includes("'");
  if (multiline && (both || value.includes('\n'))) {
    // Odd but so: the other kind only where it must be.
    const quote = value.includes('"""') ? '"""' : "'''";
    return quote + value + quote;
  }
  if (!WSPACE.test(value) && !value.includes(',') && !value.includes('#')) return value;
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

/** A value quoted only where needed, as ConfigObj writes it. */
export function printConfigValue(value: ConfigValue): string {
  if (typeof value === 'string') return quoteOne(value, true);
  if (value.length === 0) return ',';
  return value.map(item => quoteOne(item, false)).join(', ') + (value.length === 1 ? ',' : '');
}

/** The line of a section: a name with double quotes in it is put in single ones. */
export function printSectionLine(section: string): string {
  return `[${quoteOne(section, false)}]`;
}

export function printOptionLine(option: string, value: ConfigValue): string {
  return `    ${quoteOne(option, false)} = ${printConfigValue(value)}`;
}
