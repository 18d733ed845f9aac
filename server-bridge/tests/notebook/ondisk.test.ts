/** What stands on disk and was changed by hand, by `-S`, by a merge or by another tool (N7–N12, N31, N32, issue §4). */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile, type CompileOptions, type CompileResult } from '../../src/notebook/compile.js';
import { applyEdits, cellsNeeded } from '../../src/notebook/edits.js';
import { analyseOnDisk } from '../../src/notebook/live.js';
import type { NotebookText } from '../../src/notebook/notebook.js';
import { acquireRwLock } from '../../src/io/rwlock.js';
import { folder, notebook, type Tagged } from './notebooks.js';

const RUNNER = 'SEMANTICS = 1\n';
const CELLS: Tagged[] = [
  ['params', 'lr = 0.1\nn = 3'],
  ['a', 'x = [lr]\ny = [n]'],
  ['b', 'z = {"k": x}']
];

async function run(root: string, text: NotebookText, options: Partial<CompileOptions> = {}): Promise<CompileResult> {
  return compile({ root, tmpDir: join(root, '.dvc', 'tmp'), git: null }, 'nb.ipynb', text, {
    runner: RUNNER,
    ...options
  });
}
const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');
const write = (root: string, path: string, text: string): void => writeFileSync(join(root, path), text);
const errors = (result: CompileResult): string[] =>
  result.problems.filter(problem => problem.severity === 'error').map(problem => problem.code);

async function compiled(cells = CELLS): Promise<string> {
  const root = folder();
  expect(errors(await run(root, notebook(...cells)))).toEqual([]);
  return root;
}

describe('hand edits', () => {
  it('an edited entry is shown, then kept or taken (N7)', async () => {
    const root = await compiled();
    const edited = read(root, 'dvc.yaml').replace(
      'cmd: python .cellar/run.py .cellar/nb/b.py',
      'cmd: nice python .cellar/run.py .cellar/nb/b.py'
    );
    write(root, 'dvc.yaml', edited);
    const shown = await run(root, notebook(...CELLS));
    expect(errors(shown)).toEqual(['E_ENTRY_EDITED']);
    expect(shown.blocked).toEqual(['b']);
    expect(read(root, 'dvc.yaml')).toBe(edited);
    expect(errors(await run(root, notebook(...CELLS), { keep: new Set(['b']) }))).toEqual([]);
    const kept = await run(root, notebook(...CELLS));
    expect(errors(kept)).toEqual([]);
    expect(kept.changes).toEqual([]);
    expect(read(root, 'dvc.yaml')).toContain('cmd: nice python');
    const changed: Tagged[] = [...CELLS.slice(0, 2), ['b', 'z = {"k": y}']];
    expect(errors(await run(root, notebook(...changed)))).toEqual(['E_ENTRY_EDITED']);
    expect(errors(await run(root, notebook(...changed), { take: new Set(['b']) }))).toEqual([]);
    expect(read(root, 'dvc.yaml')).not.toContain('nice');
  });

  it('an edited script is shown; a reformatted or conflicted one is made again (N10)', async () => {
    const root = await compiled();
    const good = read(root, '.cellar/nb/b.py');
    write(root, '.cellar/nb/b.py', good.replace('{"k": x}', "{\n    'k': (x),\n}"));
    expect(errors(await run(root, notebook(...CELLS)))).toEqual([]);
    expect(read(root, '.cellar/nb/b.py')).toBe(good);
    write(root, '.cellar/nb/b.py', `${good}<<<<<<< ours\n=======\n>>>>>>> theirs\n`);
    await run(root, notebook(...CELLS));
    expect(read(root, '.cellar/nb/b.py')).toBe(good);
    write(root, '.cellar/nb/b.py', good.replace('{"k": x}', '{"k": 1}'));
    const shown = await run(root, notebook(...CELLS));
    expect(errors(shown)).toEqual(['E_SCRIPT_EDITED']);
    expect(shown.changes).toEqual([]);
    await run(root, notebook(...CELLS), { take: new Set(['b']) });
    expect(read(root, '.cellar/nb/b.py')).toBe(good);
  });

  it('an entry of a newer compiler is blocked (N8)', async () => {
    const root = await compiled();
    write(root, 'dvc.yaml', read(root, 'dvc.yaml').replace(/compiler: 1/g, 'compiler: 9'));
    expect(errors(await run(root, notebook(...CELLS)))).toEqual(['E_COMPILER_OLD', 'E_COMPILER_OLD']);
  });

  it('a syntax error or an illegal name takes nothing out of dvc.yaml (N22g)', async () => {
    const root = await compiled();
    const before = read(root, 'dvc.yaml');
    const broken: Tagged[] = [...CELLS.slice(0, 2), ['b', 'z = = 1']];
    expect((await run(root, notebook(...broken))).blocked).toEqual(['b']);
    expect(read(root, 'dvc.yaml')).toBe(before);
    const named: Tagged[] = [...CELLS.slice(0, 2), ['b c', 'z = {"k": x}']];
    expect(errors(await run(root, notebook(...named)))).toEqual(['E_STAGE_NAME']);
    expect(read(root, 'dvc.yaml')).toBe(before);
  });

  it('a cell that the kernel accepts never blocks', async () => {
    const root = folder();
    const odd: Tagged[] = [['a', 'x = = 1']];
    expect((await run(root, notebook(...odd), { accepts: () => true })).blocked).toEqual([]);
    expect(read(root, '.cellar/nb/a.py')).toContain('x = = 1');
  });
});

describe('variables out (N9a)', () => {
  const outs = (root: string, stage: string): string[] =>
    Object.keys(
      (
        JSON.parse(read(root, `.cellar/nb/${stage}.py`).split('\n')[0]?.slice('# cellar: '.length) ?? '{}') as {
          vars_out: object;
        }
      ).vars_out
    );

  it('a scratch reader counts at the first compile, and when it comes or goes nothing changes', async () => {
    const root = await compiled([...CELLS, ['scratch', 'print(y)']]);
    expect(outs(root, 'a')).toEqual(['x', 'y']);
    expect((await run(root, notebook(...CELLS))).changes).toEqual([]);
    const later = await compiled();
    expect(outs(later, 'a')).toEqual(['x']);
    expect((await run(later, notebook(...CELLS, ['scratch', 'print(y)']))).changes).toEqual([]);
    await run(later, notebook(...CELLS, ['c', 'print(y)']));
    expect(outs(later, 'a')).toEqual(['x', 'y']);
    await run(later, notebook(...CELLS));
    expect(outs(later, 'a')).toEqual(['x', 'y']);
  });

  it('new code makes the list anew', async () => {
    const root = await compiled([...CELLS, ['scratch', 'print(y)']]);
    const changed: Tagged[] = [
      ['params', 'lr = 0.1\nn = 3'],
      ['a', 'x = [lr, 1]\ny = [n]'],
      ['b', 'z = {"k": x}']
    ];
    await run(root, notebook(...changed));
    expect(outs(root, 'a')).toEqual(['x']);
  });
});

describe('parameters (N31, N32)', () => {
  it('only the cell changed: the file is written, other keys stay', async () => {
    const root = await compiled();
    write(root, 'params.yaml', 'other: {deep: 1}\nlr: 0.1\nn: 3\n');
    await run(root, notebook(['params', 'lr = 0.2\nn = 3'], ...CELLS.slice(1)));
    expect(read(root, 'params.yaml')).toMatch(/lr: 0.2/);
    expect(read(root, 'params.yaml')).toMatch(/deep: 1/);
  });

  it('only the file changed: it is kept and said, with the cell as fix', async () => {
    const root = await compiled();
    write(root, 'params.yaml', 'lr: 0.5\nn: 3\n');
    const result = await run(root, notebook(...CELLS));
    expect(result.problems.map(problem => problem.code)).toEqual(['W_PARAM_FILE']);
    expect(result.changes).toEqual([]);
    const fixed = applyEdits(notebook(...CELLS), result.problems[0]?.fixes[0]?.edits ?? []);
    expect(fixed.cells[0]?.source).toBe('lr = 0.5\nn = 3');
    expect(errors(await run(root, fixed))).toEqual([]);
    expect(read(root, '.cellar/nb/params.json')).toBe('{"lr": 0.5, "n": 3}\n');
  });

  it('both changed: the user is asked', async () => {
    const root = await compiled();
    write(root, 'params.yaml', 'lr: 0.5\nn: 3\n');
    const cells: Tagged[] = [['params', 'lr = 0.7\nn = 3'], ...CELLS.slice(1)];
    const asked = await run(root, notebook(...cells));
    expect(errors(asked)).toEqual(['E_PARAM_CONFLICT']);
    expect(read(root, 'params.yaml')).toBe('lr: 0.5\nn: 3\n');
    expect(errors(await run(root, notebook(...cells), { write: new Set(['lr']) }))).toEqual([]);
    expect(read(root, 'params.yaml')).toBe('lr: 0.7\nn: 3\n');
  });

  it('a bare date in the file is said, with the cell as the way out (N33)', async () => {
    const cells: Tagged[] = [
      ['params', 'start = "2021-01-01"'],
      ['a', 'x = [start]']
    ];
    const root = await compiled(cells);
    write(root, 'params.yaml', 'start: 2021-02-02\n');
    const asked = await run(root, notebook(...cells));
    expect(errors(asked)).toEqual(['E_PARAM_DATE']);
    expect(asked.problems[0]?.next).toContain("start: '2021-02-02'");
    write(root, 'params.yaml', "start: '2021-02-02'\n");
    expect(errors(await run(root, notebook(...cells)))).toEqual([]);
    write(root, 'params.yaml', 'start: 2021-02-02\n');
    expect(errors(await run(root, notebook(...cells), { write: new Set(['start']) }))).toEqual([]);
    expect(read(root, 'params.yaml')).toBe("start: '2021-01-01'\n");
  });

  it('1.0 that -S wrote as 1 is no change; 1 for 1.0 in the cell is one', async () => {
    const root = await compiled([
      ['params', 'lr = 1.0'],
      ['a', 'x = [lr]']
    ]);
    write(root, 'params.yaml', 'lr: 1\n');
    expect((await run(root, notebook(['params', 'lr = 1.0'], ['a', 'x = [lr]']))).changes).toEqual([]);
    await run(root, notebook(['params', 'lr = 2'], ['a', 'x = [lr]']));
    expect(read(root, 'params.yaml')).toBe('lr: 2\n');
  });
});

describe('what else stands in the way', () => {
  it.each([
    ['dvc.yaml', 'stages: [', 'E_YAML'],
    ['params.yaml', 'lr: [', 'E_YAML'],
    ['dvc.lock', 'stages: 3\n', 'E_']
  ])('a malformed %s is an error with its file, and a problem in a tab', async (path, text, code) => {
    const root = await compiled();
    write(root, path, text);
    await expect(run(root, notebook(...CELLS))).rejects.toThrow();
    const analysis = analyseOnDisk({ root }, 'nb.ipynb', notebook(...CELLS));
    expect(analysis.problems[0]?.code.startsWith(code.slice(0, 2))).toBe(true);
    expect(analysis.stages.every(stage => stage.blocked)).toBe(true);
    expect(read(root, path)).toBe(text);
  });

  it('what a running stage reads is not written (N12)', async () => {
    const root = await compiled();
    const release = await acquireRwLock(join(root, '.dvc', 'tmp'), {
      cmd: 'dvc repro',
      read: [join(root, '.cellar/nb/b.py')],
      write: []
    });
    const changed: Tagged[] = [...CELLS.slice(0, 2), ['b', 'z = 1']];
    await expect(run(root, notebook(...changed))).rejects.toMatchObject({ code: 'E_BUSY_PATH' });
    await release();
    expect((await run(root, notebook(...changed))).changes.map(change => change.path)).toContain('.cellar/nb/b.py');
  });

  it('a name of another notebook or a hand-written stage is taken; the fix works (N1)', async () => {
    const root = folder({ 'dvc.yaml': 'stages:\n  a:\n    cmd: echo\n' });
    const result = await run(root, notebook(...CELLS));
    expect(errors(result)).toEqual(['E_STAGE_NAME_TAKEN']);
    const fix = result.problems.find(problem => problem.code === 'E_STAGE_NAME_TAKEN')?.fixes[0]?.edits ?? [];
    expect(errors(await run(root, applyEdits(notebook(...CELLS), fix)))).toEqual([]);
    expect(read(root, 'dvc.yaml')).toContain('\n  nb-a:\n');
  });

  it('an input that changed under a stage blocks later readers, and can be passed on (N38)', async () => {
    const cells: Tagged[] = [
      ['a', 'x = load()'],
      ['b', 'look(x)'],
      ['c', 'print(x)']
    ];
    const root = await compiled(cells);
    const script = read(root, '.cellar/nb/b.py').split('\n').slice(1).join('\n');
    const recorded = {
      schema: 'cellar.recorded-output',
      v: 1,
      script,
      blocks: [],
      mutated: ['x'],
      shared: [],
      undeclared: [],
      formats: {}
    };
    mkdirSync(join(root, '.cellar/nb/outputs'), { recursive: true });
    write(root, '.cellar/nb/outputs/b.json', JSON.stringify(recorded));
    const result = await run(root, notebook(...cells));
    expect(errors(result)).toEqual(['E_INPUT_MUTATED']);
    const fixed = applyEdits(notebook(...cells), result.problems[0]?.fixes[0]?.edits ?? []);
    expect(errors(await run(root, fixed))).toEqual([]);
    expect(read(root, 'dvc.yaml')).toContain('.cellar/nb/vars/b/x.var');
  });

  it('tags the cells that a stage needs, in one step (N21)', () => {
    const text = notebook(
      ['scratch', 'base = 2'],
      ['scratch', 'import json\nrows = [base, json.dumps(base)]\nprint(rows)'],
      ['s', 'y = rows']
    );
    const context = { notebook: 'nb.ipynb', root: null, read: () => null };
    const { cells, edits } = cellsNeeded(text, context, 's');
    expect(cells.map(one => [one.cell, one.role])).toEqual([
      [1, 'stage'],
      [0, 'setup']
    ]);
    expect(applyEdits(text, edits).cells.map(cell => cell.tag)).toEqual([
      { role: 'setup' },
      { role: 'stage', stage: 's' },
      { role: 'stage', stage: 's' }
    ]);
  });
});
