import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseNotebook } from '../../src/formats/ipynb.js';
import { compile, type CompileResult } from '../../src/notebook/compile.js';
import { applyEdits } from '../../src/notebook/edits.js';
import { fromFile, type NotebookText } from '../../src/notebook/notebook.js';
import { folder, ipynb, notebook, stageOf, type Tagged } from './notebooks.js';

/** Listings of folders that hold what the stage itself makes (N25, N29). */

const OTHER: Tagged = ['other', 'print(1)'];
const SETUP: Tagged = ['setup', 'import glob, os\nfrom pathlib import Path'];

async function run(root: string, text: NotebookText, path = 'nb.ipynb'): Promise<CompileResult> {
  const project = { root, tmpDir: join(root, '.dvc', 'tmp'), git: null };
  return compile(project, path, ipynb(text), { runner: 'SEMANTICS = 1\n' });
}

const deps = (result: CompileResult, stage = 's'): string[] =>
  stageOf(result.analysis, stage).deps.filter(path => !path.startsWith('.cellar/'));

describe('a pattern that the text tells: the files found now are the deps', () => {
  it.each<[string, string[], string[]]>([
    ['w = glob.glob("*.csv")', ['a.csv', 'b.csv', 'c.txt', 'd/e.csv'], ['a.csv', 'b.csv']],
    ['w = sorted(p.name for p in Path(".").glob("*.csv"))', ['b.csv', 'a.csv'], ['a.csv', 'b.csv']],
    ['w = list(Path(".").rglob("*.csv"))', ['a.csv', 'd/e.csv'], ['a.csv', 'd/e.csv']],
    ['w = glob.glob("**/*.csv", recursive=True)', ['a.csv', 'd/f/e.csv', '.x/g.csv'], ['a.csv', 'd/f/e.csv']],
    ['w = glob.glob("d?/[ab].csv")', ['d1/a.csv', 'd2/b.csv', 'd2/c.csv'], ['d1/a.csv', 'd2/b.csv']],
    ['w = glob.glob("*.csv")\nopen("out.csv", "w")', ['a.csv', 'out.csv'], ['a.csv']],
    ['w = glob.glob("d/*.csv")\nopen("d/x.json", "w")', ['d/a.csv'], ['d/a.csv']],
    ['w = glob.glob("*.csv")', ['a.csv.dvc'], ['a.csv']],
    ['w = glob.glob("*.csv")', [], []]
  ])('%s', async (source, files, expected) => {
    const root = folder(Object.fromEntries(files.map(path => [path, '1'])));
    const result = await run(root, notebook(SETUP, ['s', source], OTHER));
    expect(result.problems.map(problem => [problem.code, problem.cell])).toEqual([['W_FILES_FOUND', 1]]);
    expect(deps(result)).toEqual(expected);
    expect(result.blocked).toEqual([]);
  });

  it('what another stage makes under it is read from that stage', async () => {
    const root = folder({ 'a.csv': '1' });
    const cells: Tagged[] = [SETUP, ['make', 'open("made.csv", "w").write("1")'], ['s', 'w = glob.glob("*.csv")']];
    const result = await run(root, notebook(...cells));
    expect(deps(result)).toEqual(['a.csv', 'made.csv']);
    expect(stageOf(result.analysis, 's').needs).toEqual(['make']);
  });

  it('a folder above the notebook', async () => {
    const root = folder({ 'a.csv': '1', 'sub/b.csv': '1' });
    const result = await run(root, notebook(SETUP, ['s', 'w = glob.glob("../*.csv")']), 'sub/nb.ipynb');
    expect(deps(result)).toEqual(['../a.csv']);
  });

  it('a new file is found by the next compile', async () => {
    const root = folder({ 'a.csv': '1' });
    const text = notebook(SETUP, ['s', 'w = glob.glob("*.csv")']);
    await run(root, text);
    expect((await run(root, text)).changes).toEqual([]);
    writeFileSync(join(root, 'b.csv'), '1');
    expect(deps(await run(root, text))).toEqual(['a.csv', 'b.csv']);
  });
});

describe('what cannot be told blocks its stage alone', () => {
  it.each([
    'w = os.listdir(".")',
    'w = list(Path(".").iterdir())',
    'w = glob.glob("*")',
    'w = list(Path(".").rglob("*.json"))',
    'w = glob.glob("*.yaml")',
    'w = [p for kind in kinds() for p in Path(".").glob(kind)]'
  ])('%s', async source => {
    const root = folder({ 'a.csv': '1' });
    const text = notebook(SETUP, ['s', source], OTHER);
    const result = await run(root, text);
    const [problem] = result.problems.filter(each => each.code === 'E_DEP_HOLDS_OUT');
    expect(problem).toMatchObject({ severity: 'error', stage: 's', cell: 1 });
    expect(problem?.next).toBeTruthy();
    expect(result.blocked).toEqual(['s']);
    expect(deps(result)).toEqual([]);
    expect(readFileSync(join(root, 'dvc.yaml'), 'utf8')).toMatch(/^stages:\n {2}other:\n/);

    const excluded = await run(root, applyEdits(text, problem?.fixes[0]?.edits ?? []));
    expect(excluded.blocked).toEqual([]);
    expect(deps(excluded)).toEqual([]);
    // For the runner the folder would cover modules and what other stages make.
    expect(stageOf(excluded.analysis, 's').header.ignore).toEqual([]);
    expect(readFileSync(join(root, 'dvc.yaml'), 'utf8')).toContain('  s:\n');
  });

  it('a dep of the tag too; the fix takes it out of the tag', async () => {
    const root = folder();
    const text = fromFile(parseNotebook(ipynb(notebook(['s', 'print(1)'])), 'nb.ipynb'));
    const tagged = {
      ...text,
      cells: text.cells.map(cell => ({ ...cell, tag: { role: 'stage', stage: 's', deps: ['.'] } }))
    };
    const result = await run(root, tagged);
    expect(result.blocked).toEqual(['s']);
    const fixed = applyEdits(tagged, result.problems[0]?.fixes[0]?.edits ?? []);
    expect(fixed.cells[0]?.tag).toEqual({ role: 'stage', stage: 's', ignore: ['.'] });
    expect((await run(root, fixed)).problems).toEqual([]);
  });

  it('an entry that an earlier compile wrote so leaves dvc.yaml', async () => {
    const root = folder();
    const text = notebook(SETUP, ['s', 'print(2)'], OTHER);
    await run(root, text);
    const path = join(root, 'dvc.yaml');
    const before = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      before.replace('    deps:\n    - .cellar/nb/s.py\n', '    deps:\n    - .\n    - .cellar/nb/s.py\n')
    );
    await run(root, notebook(SETUP, ['s', 'w = os.listdir(".")'], OTHER));
    const after = readFileSync(path, 'utf8');
    expect(after).not.toContain('  s:\n');
    expect(after).toContain('  other:\n');
  });

  it('the own out in a folder that is listed without a pattern', async () => {
    const root = folder();
    const result = await run(root, notebook(SETUP, ['s', 'w = os.listdir("d")\nopen("d/x", "w")'], OTHER));
    expect(result.blocked).toEqual(['s']);
    expect(deps(result)).toEqual([]);
  });
});

describe('a parameter of two notebooks (N31)', () => {
  it('with another value: one problem, and nothing is written for it', async () => {
    const root = folder();
    await run(root, notebook(['params', 'lr = 0.1'], ['a', 'print(lr)']));
    const result = await run(root, notebook(['params', 'lr = 0.2'], ['b', 'print(lr)']), 'second.ipynb');
    expect(result.problems.map(problem => problem.code)).toEqual(['E_PARAM_SHARED']);
    expect(result.changes).toEqual([]);
    expect(readFileSync(join(root, 'params.yaml'), 'utf8')).toBe('lr: 0.1\n');
  });
});
