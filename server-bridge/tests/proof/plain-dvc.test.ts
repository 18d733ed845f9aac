import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bundleCli } from '../bundle-cli.js';

/** The demo project with real `dvc` beside it: what one tool does, the other one sees. */

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const LIMIT = { timeout: 600_000 };

let bundle: Awaited<ReturnType<typeof bundleCli>>;
let base: string;
let pristine: string;
let root: string;
let round = 0;
let environment: NodeJS.ProcessEnv;

interface Answer {
  code: number | null;
  out: string;
}

function call(cwd: string, argv: string[], env = environment): Answer {
  const [program = '', ...args] = argv;
  const answer = spawnSync(program, args, { cwd, env, encoding: 'utf8', timeout: 300_000 });
  if (answer.error !== undefined) {
    throw answer.error;
  }
  return { code: answer.status, out: answer.stdout + answer.stderr };
}

function must(cwd: string, argv: string[], env = environment): string {
  const answer = call(cwd, argv, env);
  expect(answer.code, `${argv.join(' ')}\n${answer.out}`).toBe(0);
  return answer.out;
}

/** Action of each stage, as `cellar reproduce --json` tells it. */
function reproduce(): Record<string, string> {
  const answer = spawnSync('cellar', ['reproduce', 'analysis.ipynb', '--python', 'python', '--json'], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    timeout: 300_000
  });
  expect(answer.status, answer.stderr).toBe(0);
  const { stages } = JSON.parse(answer.stdout) as { stages: { name: string; action: string }[] };
  return Object.fromEntries(stages.map(stage => [stage.name, stage.action]));
}

/** Replaces text in one cell of the notebook, as an edit in JupyterLab that was saved. */
function edit(from: string, to: string): void {
  const path = join(root, 'analysis.ipynb');
  const notebook = JSON.parse(readFileSync(path, 'utf8')) as { cells: { source: string[] }[] };
  const cell = notebook.cells.find(each => each.source.join('').includes(from));
  expect(cell, `a cell with ${from}`).toBeDefined();
  if (cell !== undefined) {
    cell.source = [cell.source.join('').replace(from, to)];
  }
  writeFileSync(path, JSON.stringify(notebook, null, 1) + '\n');
}

const FRESH = { load: 'skipped', prepare: 'skipped', train: 'skipped', evaluate: 'skipped', figures: 'skipped' };

function status(): Record<string, unknown> {
  return JSON.parse(must(root, ['dvc', 'status', '--json'])) as Record<string, unknown>;
}

beforeAll(async () => {
  bundle = await bundleCli();
  base = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-proof-')));
  const bin = join(base, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'cellar'), `#!/bin/sh\nexec ${bundle.argv.map(word => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(join(bin, 'cellar'), 0o755);
  environment = {
    ...process.env,
    PATH: [bin, process.env['PATH'] ?? ''].join(delimiter),
    XDG_STATE_HOME: join(base, 'state'),
    DVC_NO_ANALYTICS: '1',
    DVC_SITE_CACHE_DIR: join(base, 'site'),
    // The certificates that the system trusts, as pip takes them.
    UV_SYSTEM_CERTS: '1',
    UV_NATIVE_TLS: '1'
  };
  pristine = join(base, 'pristine');
  must(base, ['python', join(top, 'examples', 'penguins', 'make_project.py'), pristine]);
  root = pristine;
  expect(reproduce()).toEqual({ load: 'ran', prepare: 'ran', train: 'ran', evaluate: 'ran', figures: 'ran' });
  must(root, ['git', 'add', '--all']);
  must(root, ['git', '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'results']);
}, 600_000);

afterAll(() => {
  bundle.remove();
  rmSync(base, { recursive: true, force: true });
});

beforeEach(() => {
  root = join(base, `round-${(round += 1)}`);
  must(base, ['cp', '-a', pristine, root]);
});

test('after a run, dvc finds everything clean and has nothing to run', LIMIT, () => {
  expect(status()).toEqual({});
  expect(must(root, ['dvc', 'repro', '-P'])).toContain('Data and pipelines are up to date.');
  expect(must(root, ['git', 'status', '--porcelain'])).toBe('');
  expect(reproduce()).toEqual(FRESH);
});

test('after an edit of one function dvc names exactly the stages that use it (N49)', LIMIT, () => {
  edit('.mean().round(2)', '.mean().round(3)');
  must(root, ['cellar', 'compile', 'analysis.ipynb']);
  expect(status()).toEqual({ prepare: [{ 'changed deps': { '.cellar/analysis/prepare.py': 'modified' } }] });
});

test('after an edit of a parameter only what reads it runs, and what is equal stops the chain', LIMIT, () => {
  edit('dpi = 100', 'dpi = 90');
  must(root, ['cellar', 'compile', 'analysis.ipynb']);
  expect(status()).toEqual({ figures: [{ 'changed deps': { 'params.yaml': { dpi: 'modified' } } }] });
  expect(reproduce()).toEqual({ ...FRESH, figures: 'ran' });
  edit('strength = 1.0', 'strength = 0.5');
  expect(reproduce()).toEqual({ ...FRESH, train: 'ran', evaluate: 'ran' });
});

test('edits of comments, scratch cells and text run nothing', LIMIT, () => {
  edit('raw.isna().sum()', 'raw.isna().sum().sort_values()');
  edit('def by_species(values, species):', '# species are names\ndef by_species(values, species):');
  edit('Can the bill', 'How well can the bill');
  expect(reproduce()).toEqual(FRESH);
  expect(status()).toEqual({});
});

test('a changed module runs what uses it', LIMIT, () => {
  const path = join(root, 'features.py');
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace('/ frame["flipper_length_mm"]', '/ (frame["flipper_length_mm"] + 1)')
  );
  expect(status()).toEqual({ prepare: [{ 'changed deps': { 'features.py': 'modified' } }] });
  expect(reproduce()).toMatchObject({ load: 'skipped', prepare: 'ran', train: 'ran', evaluate: 'ran' });
});

test('a changed cell runs its own stage; changed data what reads it, and what is equal stops the chain', LIMIT, () => {
  edit('s=14', 's=15');
  expect(reproduce()).toEqual({ ...FRESH, figures: 'ran' });
  const path = join(root, 'data', 'penguins.csv');
  const text = readFileSync(path, 'utf8');
  // A bird that was not measured is left out by `prepare`. The file hangs on the cache: written anew, not through.
  rmSync(path);
  writeFileSync(path, text + 'Adelie,Dream,,,,,,2009\n');
  expect(Object.keys(status()).sort()).toEqual(['data/penguins.csv.dvc', 'load']);
  expect(reproduce()).toEqual({ ...FRESH, load: 'ran', prepare: 'ran' });
  expect(status()).toEqual({});
});

test('a result that dvc computed is restored by Reproduce, and the reverse', LIMIT, () => {
  edit('strength = 1.0', 'strength = 0.25');
  must(root, ['cellar', 'compile', 'analysis.ipynb']);
  must(root, ['dvc', 'repro', '-P']);
  edit('strength = 0.25', 'strength = 1.0');
  expect(reproduce()).toEqual({ ...FRESH, train: 'restored', evaluate: 'restored' });
  edit('strength = 1.0', 'strength = 0.25');
  expect(reproduce()).toEqual({ ...FRESH, train: 'restored', evaluate: 'restored' });
  edit('strength = 0.25', 'strength = 4.0');
  expect(reproduce()).toEqual({ ...FRESH, train: 'ran', evaluate: 'ran' });
  edit('strength = 4.0', 'strength = 1.0');
  expect(reproduce()).toEqual({ ...FRESH, train: 'restored', evaluate: 'restored' });
  edit('strength = 1.0', 'strength = 4.0');
  must(root, ['cellar', 'compile', 'analysis.ipynb']);
  const said = must(root, ['dvc', 'repro', '-P']);
  expect(said).toContain("Stage 'train' is cached - skipping run, checking out outputs");
  expect(said).toContain("Stage 'evaluate' is cached - skipping run, checking out outputs");
  expect(reproduce()).toEqual(FRESH);
});

test('dvc repro -P reproduces the demo without Cellar, Jupyter and IPython', LIMIT, () => {
  const plain = join(base, 'plain');
  must(base, ['uv', 'venv', '--quiet', plain]);
  const program = join(plain, 'bin', 'python');
  const packages = ['pandas', 'pyarrow', 'scikit-learn', 'matplotlib', 'joblib'].map(name => {
    const version = must(base, ['python', '-c', `import importlib.metadata as m; print(m.version("${name}"))`]).trim();
    return `${name}==${version}`;
  });
  must(base, ['uv', 'pip', 'install', '--quiet', '--python', program, ...packages]);
  expect(call(base, [program, '-c', 'import IPython']).code).not.toBe(0);
  const dvc = must(base, ['python', '-c', 'import shutil; print(shutil.which("dvc"))']).trim();
  const clone = join(base, 'clone');
  must(base, ['git', 'clone', '--quiet', root, clone]);
  must(base, ['cp', join(root, 'data', 'penguins.csv'), join(clone, 'data', 'penguins.csv')]);
  const bare = { ...environment, PATH: [join(plain, 'bin'), '/usr/bin', '/bin'].join(delimiter) };
  const said = must(clone, [dvc, 'repro', '-P'], bare);
  expect(said).toContain("Running stage 'train'");
  // Same inputs, same values, same bytes: the lock that was committed is the lock that this run wrote.
  expect(must(clone, ['git', 'status', '--porcelain'])).toBe('');
});
