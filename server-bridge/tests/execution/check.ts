import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { displayed, filesBelow, outFiles, readHeaders, variableDigest } from './made.js';
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

/** What stages have made: `stage/name` of a variable or the path of a file → its digest. */
export type Made = Record<string, string>;

export interface Round {
  stages: StageResult[];
  /** stderr of `cellar`, for the reader of a failure. */
  stderr: string;
  exit: number | null;
  /** What the pipeline made; without what blocked stages made before. */
  got: Made;
  /** The same by the truth; null when the notebook itself fails. */
  truth: Made | null;
  error: string | null;
  /** Stages that were refused, and those that wait for such. */
  blocked: Set<string>;
  /** Each stage → the names in `got` that it made, and what its cells showed. */
  outs: Map<string, { names: string[]; shown: string }>;
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
  const before = filesBelow(root);
  const answer = run([...cellar, 'reproduce', 'book.ipynb', '--python', 'python', '--json'], root);
  const report =
    answer.stdout.trim() === '' ? { stages: [] } : (JSON.parse(answer.stdout) as { stages: StageResult[] });
  const blocked = new Set(report.stages.filter(stage => stage.action === 'blocked').map(stage => stage.name));
  report.stages
    .filter(stage => stage.action === 'not-run')
    .forEach(stage => blocked.size > 0 && blocked.add(stage.name));
  const headers = readHeaders(root).filter(header => !blocked.has(header.stage));
  const truth = runTruth(truthFolder, book, headers);
  const got: Made = {};
  const outs: Round['outs'] = new Map();
  for (const header of headers) {
    const names: string[] = [];
    for (const [name, path] of Object.entries(header.vars_out)) {
      names.push(`${header.stage}/${name}`);
      got[`${header.stage}/${name}`] = variableDigest(join(root, path));
    }
    for (const [path, digest] of header.files_out.flatMap(out => outFiles(root, out))) {
      names.push(path);
      got[path] = digest;
    }
    outs.set(header.stage, { names, shown: displayed(root, header.stage) });
  }
  // Files that no script names as its out, if they came or changed now: a stage wrote what the compiler did not see.
  for (const [path, digest] of filesBelow(root)) {
    if (before.get(path) !== digest) {
      got[path] = digest;
    }
  }
  return { stages: report.stages, stderr: answer.stderr, exit: answer.status, got, blocked, outs, ...truth };
}

/** The truth's values of the variables that the scripts save, and every file of its folder that its cells wrote. */
function runTruth(
  folder: string,
  book: Book,
  headers: ReturnType<typeof readHeaders>
): { truth: Made | null; error: string | null } {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  put(folder, book);
  const given = filesBelow(folder);
  const wanted = Object.fromEntries(headers.map(header => [header.stage, Object.keys(header.vars_out)]));
  const answer = run(['python', join(here, 'truth.py'), 'book.ipynb', top], folder, JSON.stringify(wanted));
  if (answer.status !== 0) {
    throw new Error(`truth.py: ${answer.stderr}`);
  }
  const said = JSON.parse(answer.stdout) as { vars: Made; error: string | null };
  const made = [...filesBelow(folder)].filter(([path, digest]) => given.get(path) !== digest);
  return { truth: said.error === null ? { ...said.vars, ...Object.fromEntries(made) } : null, error: said.error };
}

/**
 * Names whose value in the pipeline is not the truth's, in both directions: what one of them made and the other did not is a
 * difference. What only blocked stages could have made is not asked for.
 */
export function differences(round: Round): string[] {
  const truth = round.truth ?? {};
  const missing = Object.keys(truth).filter(name => truth[name] !== round.got[name]);
  const extra = Object.keys(round.got).filter(name => !(name in truth));
  return [...(round.blocked.size > 0 ? missing.filter(name => name in round.got) : missing), ...extra];
}
