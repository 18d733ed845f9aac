import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScriptHeader, SCRIPT_HEADER_PREFIX } from '../../src/protocol/script.js';
import { toIpynb } from './notebook.js';
import type { Book } from './notebook.js';

const here = dirname(fileURLToPath(import.meta.url));
const top = join(here, '..', '..', '..');
const LIMIT_MS = 120_000;

/** What `cellar reproduce --json` says of one stage. */
export interface StageResult {
  name: string;
  action: 'ran' | 'restored' | 'skipped' | 'failed' | 'blocked' | 'not-run';
}

export interface Round {
  stages: StageResult[];
  /** stderr of `cellar`, for the reader of a failure. */
  stderr: string;
  exit: number | null;
  /** `stage/name` or a file's path → what the pipeline made. */
  got: Record<string, string>;
  /** The same by the truth; null when the notebook itself fails. */
  truth: Record<string, string> | null;
  error: string | null;
}

function run(argv: string[], cwd: string, input?: string): { status: number | null; stdout: string; stderr: string } {
  const [program = '', ...args] = argv;
  const env = { ...process.env, PYTHONHASHSEED: '0', XDG_STATE_HOME: join(cwd, '..', 'state'), MPLBACKEND: 'Agg' };
  const answer = spawnSync(program, args, { cwd, env, encoding: 'utf8', timeout: LIMIT_MS, input });
  if (answer.error !== undefined) {
    throw answer.error;
  }
  return { status: answer.status, stdout: answer.stdout, stderr: answer.stderr };
}

/** A project with one notebook, in a folder that `close` removes. */
export function openProject(cellar: string[]): { round: (book: Book) => Round; close: () => void } {
  const base = mkdtempSync(join(tmpdir(), 'cellar-truth-'));
  const root = join(base, 'project');
  mkdirSync(root);
  run(['git', 'init', '--quiet'], root);
  const init = run([...cellar, 'init', '--quiet'], root);
  if (init.status !== 0) {
    throw new Error(`cellar init: ${init.stderr}`);
  }
  return {
    round: book => oneRound(cellar, root, join(base, 'truth'), book),
    close: () => rmSync(base, { recursive: true, force: true })
  };
}

function put(folder: string, book: Book): void {
  for (const [path, text] of Object.entries(book.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  writeFileSync(join(folder, 'book.ipynb'), toIpynb(book));
}

function oneRound(cellar: string[], root: string, truthFolder: string, book: Book): Round {
  put(root, book);
  const answer = run([...cellar, 'reproduce', 'book.ipynb', '--python', 'python', '--json'], root);
  const report =
    answer.stdout.trim() === '' ? { stages: [] } : (JSON.parse(answer.stdout) as { stages: StageResult[] });
  const headers = readHeaders(root);
  const truth = runTruth(truthFolder, book, headers);
  const got: Record<string, string> = {};
  for (const header of headers) {
    for (const [name, path] of Object.entries(header.vars_out)) {
      got[`${header.stage}/${name}`] = variableDigest(join(root, path));
    }
    for (const path of header.files_out) {
      got[path] = fileDigest(join(root, path));
    }
  }
  return { stages: report.stages, stderr: answer.stderr, exit: answer.status, got, ...truth };
}

function readHeaders(root: string): ScriptHeader[] {
  const folder = join(root, '.cellar', 'book');
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder)
    .filter(name => name.endsWith('.py'))
    .map(name => {
      const line = readFileSync(join(folder, name), 'utf8').split('\n', 1)[0] ?? '';
      return ScriptHeader.parse(JSON.parse(line.slice(SCRIPT_HEADER_PREFIX.length)));
    });
}

function runTruth(
  folder: string,
  book: Book,
  headers: ScriptHeader[]
): { truth: Record<string, string> | null; error: string | null } {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  put(folder, book);
  const wanted = Object.fromEntries(headers.map(header => [header.stage, Object.keys(header.vars_out)]));
  const answer = run(['python', join(here, 'truth.py'), 'book.ipynb', top], folder, JSON.stringify(wanted));
  if (answer.status !== 0) {
    throw new Error(`truth.py: ${answer.stderr}`);
  }
  const said = JSON.parse(answer.stdout) as { vars: Record<string, string>; error: string | null };
  const files = headers.flatMap(header => header.files_out);
  const made = Object.fromEntries(files.map(path => [path, fileDigest(join(folder, path))]));
  return { truth: said.error === null ? { ...said.vars, ...made } : null, error: said.error };
}

function fileDigest(path: string): string {
  return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'missing';
}

/** Format and SHA-256, as `truth.py` says it. */
function variableDigest(path: string): string {
  if (!existsSync(path)) {
    return 'missing';
  }
  const bytes = readFileSync(path);
  const head = bytes.subarray(0, 6).toString('latin1');
  const format = head.startsWith('PAR1')
    ? 'parquet'
    : head.startsWith('\x93NUMPY')
      ? 'npy'
      : head.startsWith('PK')
        ? 'npz'
        : bytes[0] === 0x80
          ? 'pickle'
          : 'json';
  return `${format} ${createHash('sha256').update(bytes).digest('hex')}`;
}
