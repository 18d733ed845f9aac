/** What real `dvc` makes of a compiled notebook, and of one whose stages or file got another name (N5, N12, N49). */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, type CompileResult } from '../../src/notebook/compile.js';
import { applyEdits } from '../../src/notebook/edits.js';
import { adoptNotebook, renameStage } from '../../src/notebook/rename.js';
import { ipynb, notebook, type Tagged } from './notebooks.js';
import type { NotebookText } from '../../src/notebook/notebook.js';

const RUNNER = readFileSync(join(import.meta.dirname, '../../../runner/dist/run.py'), 'utf8');
const CELLS: Tagged[] = [
  ['setup', 'import json\n\ndef total(values):\n    return sum(values)\n'],
  ['params', 'factor = 2\nname = "a"\n'],
  ['load', 'rows = [float(line) for line in open("data.txt")]\nrows\n'],
  ['scale', 'scaled = [factor * row for row in rows]\nscaled.append(0.5)\nprint(total(scaled))\n'],
  ['report', 'with open(f"out_{name}.json", "w") as f:\n    json.dump({"sum": total(scaled), "n": len(rows)}, f)\n']
];

let root = '';
const dvc = (...args: string[]): string =>
  execFileSync('dvc', args, {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, DVC_NO_ANALYTICS: '1' }
  });
const lines = (text: string): string[] => text.trim().split('\n');
const run = (text: NotebookText, path = 'nb.ipynb'): Promise<CompileResult> => {
  writeFileSync(join(root, path), ipynb(text));
  return compile({ root, tmpDir: join(root, '.dvc', 'tmp'), git: null }, path, text, { runner: RUNNER });
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cellar-dvc-'));
  execFileSync('git', ['init', '-q'], { cwd: root });
  dvc('init', '-q');
  writeFileSync(join(root, 'data.txt'), '1\n2\n3\n');
  mkdirSync(join(root, '.dvc', 'tmp'), { recursive: true });
}, 120_000);

describe('a compiled notebook under real dvc', () => {
  let text = notebook(...CELLS);

  it('reproduces, and has nothing to do a second time', { timeout: 240_000 }, async () => {
    const result = await run(text);
    expect(result.problems).toEqual([]);
    dvc('repro');
    expect(JSON.parse(readFileSync(join(root, 'out_a.json'), 'utf8'))).toEqual({ sum: 12.5, n: 3 });
    expect(JSON.parse(dvc('status', '--json'))).toEqual({});
    expect((await run(text)).changes).toEqual([]);
  });

  it(
    'is stale by name where code changed, and nowhere after edits of comments, scratch and siblings',
    { timeout: 240_000 },
    async () => {
      const edit = (index: number, source: string): NotebookText => {
        const next = notebook(...CELLS);
        const cell = next.cells[index];
        if (cell !== undefined) {
          cell.source = source;
        }
        return next;
      };
      await run(
        edit(
          3,
          '# comment\n\nscaled = [factor * row for row in rows]  # why\nscaled.append(0.5)\n\nprint(total(scaled))\n'
        )
      );
      expect(JSON.parse(dvc('status', '--json'))).toEqual({});
      await run(edit(2, 'rows = [float(line) for line in open("data.txt")]\nrows[:2]\n'));
      expect(Object.keys(JSON.parse(dvc('status', '--json')) as object)).toEqual(['load']);
      await run(edit(0, 'import json\n\ndef total(values):\n    return 0.0 + sum(values)\n'));
      expect(Object.keys(JSON.parse(dvc('status', '--json')) as object).sort()).toEqual(['report', 'scale']);
      await run(text);
      expect(JSON.parse(dvc('status', '--json'))).toEqual({});
    }
  );

  it('renames a stage and nothing has to run (N5)', { timeout: 240_000 }, async () => {
    const project = { root, tmpDir: join(root, '.dvc', 'tmp') };
    const edits = await renameStage(project, 'nb.ipynb', text, 'scale', 'times');
    text = applyEdits(text, edits);
    const result = await run(text);
    expect(result.changes).toEqual([]);
    expect(existsSync(join(root, '.cellar/nb/scale.py'))).toBe(false);
    expect(JSON.parse(dvc('status', '--json'))).toEqual({});
    expect(lines(dvc('stage', 'list', '--name-only'))).toEqual(['load', 'times', 'report']);
  });

  it('says that a notebook was renamed, and moves its results (N5)', { timeout: 240_000 }, async () => {
    renameSync(join(root, 'nb.ipynb'), join(root, 'My work.ipynb'));
    const before = await run(text, 'My work.ipynb');
    expect(before.problems.filter(problem => problem.severity === 'error').map(problem => problem.code)).toEqual([
      'E_NOTEBOOK_RENAMED'
    ]);
    expect(before.blocked).toEqual(['load', 'times', 'report']);
    await adoptNotebook({ root, tmpDir: join(root, '.dvc', 'tmp') }, 'nb.ipynb', 'My work.ipynb');
    const after = await run(text, 'My work.ipynb');
    expect(after.problems).toEqual([]);
    expect(after.changes).toEqual([]);
    expect(JSON.parse(dvc('status', '--json'))).toEqual({});
    expect(readFileSync(join(root, 'dvc.yaml'), 'utf8')).toContain('python .cellar/run.py .cellar/My-work-');
  });

  it('a changed parameter makes stale what reads it; the file wins (N31, N32)', { timeout: 240_000 }, async () => {
    writeFileSync(join(root, 'params.yaml'), 'factor: 3\nname: a\n');
    const result = await run(text, 'My work.ipynb');
    expect(result.problems.map(problem => problem.code)).toEqual(['W_PARAM_FILE']);
    expect(result.changes).toEqual([]);
    expect(Object.keys(JSON.parse(dvc('status', '--json')) as object)).toEqual(['times']);
    dvc('repro');
    expect(JSON.parse(readFileSync(join(root, 'out_a.json'), 'utf8'))).toEqual({ sum: 18.5, n: 3 });
  });

  it(
    'a second notebook with the same stages is a duplicate and compiles nothing (N5)',
    { timeout: 240_000 },
    async () => {
      const result = await run(text, 'copy.ipynb');
      expect(result.problems.filter(problem => problem.severity === 'error').map(problem => problem.code)).toEqual([
        'E_NOTEBOOK_DUPLICATE'
      ]);
      expect(result.changes).toEqual([]);
      const fix = result.problems[0]?.fixes[0]?.edits ?? [];
      const copy = applyEdits(text, fix);
      const renamed = await run(copy, 'copy.ipynb');
      expect(renamed.problems.map(problem => problem.code)).toEqual(['W_PARAM_FILE']);
      expect(readFileSync(join(root, 'dvc.yaml'), 'utf8')).toContain('\n  copy-times:\n');
      const other = applyEdits(copy, [{ edit: 'source', cell: 1, id: null, source: 'factor = 5\nname = "a"\n' }]);
      const codes = (await run(other, 'copy.ipynb')).problems.map(problem => problem.code);
      expect(codes).toContain('E_PARAM_SHARED');
    }
  );
});
