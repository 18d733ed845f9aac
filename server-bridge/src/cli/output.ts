import { progressLine, type ProgressLine } from './progress.js';

export interface OutputOptions {
  quiet: boolean;
  verbose: number;
  stdout?: NodeJS.WriteStream;
  stderr?: NodeJS.WriteStream;
}

/**
 * The two streams as `dvc` uses them (spec/dvc-data.md §6.0): data on stdout, `ERROR: …` and `WARNING: …` on stderr,
 * nothing at all with `-q`, JSON on one line unless a person is looking.
 */
export interface Output {
  readonly quiet: boolean;
  readonly verbose: number;
  readonly interactive: boolean;
  readonly write: (line?: string) => void;
  readonly json: (value: unknown) => void;
  readonly warning: (text: string) => void;
  /** What went wrong, in DVC's words where it has them; the next step and our code stand on a line of their own. */
  readonly error: (text: string, next?: string, code?: string) => void;
  /** A line for a person who waits, on stderr; not part of the result. */
  readonly notice: (text: string) => void;
  readonly progress: (title: string) => ProgressLine;
}

const COLOURS = { red: 31, yellow: 33, cyan: 36 };

export function createOutput(options: OutputOptions): Output {
  const stdout = options.stdout ?? process.stdout;
  const stderr = options.stderr ?? process.stderr;
  const interactive = stdout.isTTY === true;
  const paint = (colour: keyof typeof COLOURS, text: string): string =>
    stderr.isTTY === true && process.env.NO_COLOR === undefined ? `\u001b[${COLOURS[colour]}m${text}\u001b[39m` : text;
  const say = (text: string): void => {
    if (!options.quiet) {
      stderr.write(text + '\n');
    }
  };
  return {
    quiet: options.quiet,
    verbose: options.verbose,
    interactive,
    write(line = '') {
      if (!options.quiet) {
        stdout.write(line + '\n');
      }
    },
    json(value) {
      if (!options.quiet) {
        stdout.write(jsonText(value, interactive) + '\n');
      }
    },
    warning: text => say(`${paint('yellow', 'WARNING')}: ${text}`),
    error(text, next, code) {
      const mark = code === undefined ? '' : ` [${code}]`;
      say(`${paint('red', 'ERROR')}: ${text}${next === undefined ? mark : ''}`);
      if (next !== undefined) {
        say(`${paint('cyan', 'NEXT')}: ${next}${mark}`);
      }
    },
    notice: say,
    progress: title => progressLine(title, options.quiet ? null : stderr)
  };
}

/**
 * JSON as Python prints it: `", "` and `": "` between parts, ASCII only; indented by two for a person.
 * A Map keeps the order of its keys, also of those that look like numbers.
 */
export function jsonText(value: unknown, indented: boolean): string {
  return ascii(spaced(value, indented ? '\n' : null));
}

function spaced(value: unknown, newline: string | null): string {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? 'null');
  }
  const inner = newline === null ? null : newline + '  ';
  const list = Array.isArray(value);
  const entries = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value);
  const parts = list
    ? value.map(item => spaced(item, inner))
    : entries
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item, inner)}`);
  const [open, close] = list ? '[]' : '{}';
  if (parts.length === 0) {
    return `${open}${close}`;
  }
  return inner === null
    ? `${open}${parts.join(', ')}${close}`
    : `${open}${inner}${parts.join(',' + inner)}${newline}${close}`;
}

function ascii(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, unit => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}
