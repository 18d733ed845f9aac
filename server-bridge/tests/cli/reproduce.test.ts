import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli } from '../bundle-cli.js';
import { sandbox, type Ran, type Sandbox } from '../workspace/sandbox.js';

const LIMIT = { timeout: 180_000 };

let bundle: { argv: string[]; remove: () => void };
let box: Sandbox;

beforeAll(async () => {
  bundle = await bundleCli();
  box = sandbox();
  box.must([...bundle.argv, 'init', '-q']);
});

afterAll(() => {
  bundle.remove();
  box.remove();
});

const reproduce = (...args: string[]): Ran => box.run([...bundle.argv, 'reproduce', ...args, '--python', 'python']);

/** A notebook of one stage. */
function write(source: string, root = box.root): void {
  const metadata = { cellar: { role: 'stage', stage: 'read' } };
  const cell = { cell_type: 'code', id: 'one', execution_count: null, metadata, outputs: [], source };
  const notebook = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(join(root, 'nb.ipynb'), JSON.stringify(notebook));
}

test('an undeclared read is named in the run and when all is up to date (N28)', LIMIT, () => {
  writeFileSync(join(box.root, 'name.txt'), 'data.txt');
  writeFileSync(join(box.root, 'data.txt'), '1');
  write('with open("name.txt") as f:\n    name = f.read()\ntext = open(name).read()');
  const first = reproduce('nb.ipynb');
  expect(first.exit, first.stderr).toBe(0);
  expect(first.stderr).toContain('`read` read `data.txt`, undeclared: only this machine notices a change there.');
  const second = reproduce('nb.ipynb');
  expect(second.stdout).toBe('Everything is up to date.\n');
  expect(second.stderr).toContain('`data.txt`, undeclared');
  const report = JSON.parse(reproduce('nb.ipynb', '--json').stdout) as { undeclared: unknown };
  expect(report.undeclared).toEqual([{ stage: 'read', reads: ['data.txt'] }]);
});

test('a path without a notebook says what stands there', LIMIT, () => {
  const absent = reproduce('absent.ipynb');
  expect(absent.exit).toBe(255);
  expect(absent.stderr).toContain("ERROR: 'absent.ipynb' does not exist.");
  expect(reproduce('.').stderr).toContain("ERROR: '.' is a folder, not a notebook.");
});

test('what blocks a stage is an error, not a warning', LIMIT, () => {
  write('open("log.txt", "a").write("x")');
  const blocked = reproduce('nb.ipynb');
  expect(blocked.exit).toBe(255);
  expect(blocked.stderr).toContain('ERROR: nb.ipynb, cell 1, line 1: `log.txt` is opened for appending');
  expect(blocked.stderr).not.toContain('WARNING: nb.ipynb');
});

test('compile says in one line what is not in git yet (N11)', LIMIT, () => {
  write('print(1)');
  const line =
    /^Not in git yet, so a clone would lack them: \.cellar\/nb\/read\.py, \.cellar\/run\.py, .*dvc\.yaml\.$/m;
  expect(box.must([...bundle.argv, 'compile', 'nb.ipynb', '--json'])).toContain('".cellar/nb/read.py"');
  expect(box.run([...bundle.argv, 'compile', 'nb.ipynb']).stderr).toMatch(line);
  box.must(['git', 'add', '--all']);
  expect(box.run([...bundle.argv, 'compile', 'nb.ipynb']).stderr).toBe('');
});

test('compile says what blocks a stage as an error too', LIMIT, () => {
  write('open("log.txt", "a").write("x")');
  const blocked = box.run([...bundle.argv, 'compile', 'nb.ipynb']);
  expect(blocked.exit).toBe(1);
  expect(blocked.stderr).toContain('ERROR: nb.ipynb, cell 1, line 1: `log.txt` is opened for appending');
  expect(blocked.stderr).not.toContain('WARNING');
});

test(
  'compile says of a notebook that was moved or is gone what is left of it, and compiles the others (N5)',
  LIMIT,
  () => {
    write('print(1)');
    box.must([...bundle.argv, 'compile', 'nb.ipynb']);
    mkdirSync(join(box.root, 'sub'));
    renameSync(join(box.root, 'nb.ipynb'), join(box.root, 'sub', 'nb.ipynb'));
    const moved = box.run([...bundle.argv, 'compile', 'sub/nb.ipynb']);
    expect(moved.exit).toBe(0);
    expect(moved.stderr).toMatch(/WARNING: .*was `nb\.ipynb` and is `sub\/nb\.ipynb` now[^]*\[W_NOTEBOOK_MOVED\]/);
    const all = box.run([...bundle.argv, 'compile', '--check']);
    expect(all.exit, all.stderr).toBe(0);
    expect(all.stderr.match(/W_NOTEBOOK/g)).toHaveLength(1);

    rmSync(join(box.root, 'sub', 'nb.ipynb'));
    const gone = box.run([...bundle.argv, 'compile']);
    expect(gone.exit, gone.stderr).toBe(0);
    expect(gone.stderr).toContain('The notebook `sub/nb.ipynb` is gone.');
    expect(gone.stderr).toContain('[W_NOTEBOOK_GONE]');
  }
);

test('compile says at its cell that a stage writes into a tracked folder (N29)', LIMIT, () => {
  const other = sandbox();
  try {
    other.must([...bundle.argv, 'init', '-q']);
    mkdirSync(join(other.root, 'data'));
    writeFileSync(join(other.root, 'data', 'in.txt'), 'x');
    other.must([...bundle.argv, 'add', '-q', 'data']);
    write('open("data/out.txt", "w").write("y")', other.root);
    for (const options of [['--check'], []]) {
      const said = other.run([...bundle.argv, 'compile', 'nb.ipynb', ...options]);
      expect(said.exit).toBe(1);
      expect(said.stderr).toMatch(/ERROR: nb\.ipynb, cell 1.*output paths[^]*\[E_OVERLAPPING_OUTS\]/);
    }
  } finally {
    other.remove();
  }
});
