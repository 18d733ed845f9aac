import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile, type CompileOptions, type CompileResult } from '../../src/notebook/compile.js';
import { folder, ipynb, notebook, type Tagged } from './notebooks.js';

const RUNNER = '#!/usr/bin/env python3\nSEMANTICS = 1\n';
const CELLS: Tagged[] = [
  ['setup', 'import json\nimport pandas as pd\n'],
  ['params', 'lr = 0.1\n'],
  ['load', 'df = pd.read_csv("data/raw.csv")\nrows = [1, 2]\n'],
  ['train', 'model = {"w": len(df) * lr}\nrows.append(3)\n'],
  ['evaluate', 'with open("metrics.json", "w") as f:\n    json.dump({"w": model["w"], "n": len(rows)}, f)\n']
];

async function run(root: string, cells: Tagged[], options: Partial<CompileOptions> = {}): Promise<CompileResult> {
  return compile({ root, tmpDir: join(root, '.dvc', 'tmp'), git: null }, 'nb.ipynb', ipynb(notebook(...cells)), {
    runner: RUNNER,
    ...options
  });
}

const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

describe('compile', () => {
  it('writes scripts, runner, parameters and entries (N2, N6, N9, N31)', async () => {
    const root = folder();
    const result = await run(root, CELLS);
    expect(result.problems).toEqual([]);
    expect(read(root, 'dvc.yaml')).toBe(`stages:
  load:
    cmd: python .cellar/run.py .cellar/nb/load.py
    deps:
    - .cellar/nb/load.py
    - data/raw.csv
    outs:
    - .cellar/nb/outputs/load.json
    - .cellar/nb/vars/load/df.var
    - .cellar/nb/vars/load/rows.var
    meta:
      cellar:
        notebook: nb.ipynb
        compiler: 1
        made: ${/made: (\w{32})/.exec(read(root, 'dvc.yaml'))?.[1] ?? ''}
  train:
    cmd: python .cellar/run.py .cellar/nb/train.py
    deps:
    - .cellar/nb/train.py
    - .cellar/nb/vars/load/df.var
    - .cellar/nb/vars/load/rows.var
    params:
    - lr
    outs:
    - .cellar/nb/outputs/train.json
    - .cellar/nb/vars/train/model.var
    - .cellar/nb/vars/train/rows.var
    meta:
      cellar:
        notebook: nb.ipynb
        compiler: 1
        made: ${[...read(root, 'dvc.yaml').matchAll(/made: (\w{32})/g)][1]?.[1] ?? ''}
  evaluate:
    cmd: python .cellar/run.py .cellar/nb/evaluate.py
    deps:
    - .cellar/nb/evaluate.py
    - .cellar/nb/vars/train/model.var
    - .cellar/nb/vars/train/rows.var
    outs:
    - .cellar/nb/outputs/evaluate.json
    metrics:
    - metrics.json:
        cache: false
    meta:
      cellar:
        notebook: nb.ipynb
        compiler: 1
        made: ${[...read(root, 'dvc.yaml').matchAll(/made: (\w{32})/g)][2]?.[1] ?? ''}
`);
    expect(read(root, 'params.yaml')).toBe('lr: 0.1\n');
    expect(read(root, '.cellar/nb/params.json')).toBe('{"lr": 0.1}\n');
    expect(read(root, '.cellar/.gitignore')).toBe('!*\n/*/vars/\n/*/outputs/\n');
    expect(read(root, '.cellar/.gitattributes')).toBe('* -text linguist-generated\n');
    expect(read(root, '.cellar/run.py')).toBe(RUNNER);
    expect(read(root, '.cellar/nb/evaluate.py').split('\n').slice(1)).toEqual([
      '# fmt: off  # ruff: noqa  # isort: skip_file',
      'import json',
      '# %%',
      'with open("metrics.json", "w") as f:',
      '    json.dump({"w": model["w"], "n": len(rows)}, f)',
      ''
    ]);
  });

  it('changes nothing when nothing changed, and nothing with check (N12)', async () => {
    const root = folder();
    expect((await run(root, CELLS, { check: true })).changes.length).toBeGreaterThan(0);
    expect(existsSync(join(root, 'dvc.yaml'))).toBe(false);
    await run(root, CELLS);
    expect((await run(root, CELLS)).changes).toEqual([]);
  });

  it('leaves every other byte of dvc.yaml alone (N7)', async () => {
    const mine = '# my pipeline\nstages:\n  hand:   # by hand\n    cmd: echo "hi"\n\nmetrics:\n  - old.json\n';
    const root = folder({ 'dvc.yaml': mine });
    await run(root, CELLS);
    expect(read(root, 'dvc.yaml').startsWith('# my pipeline\nstages:\n  hand:   # by hand\n    cmd: echo "hi"\n')).toBe(
      true
    );
    expect(read(root, 'dvc.yaml').endsWith('\nmetrics:\n  - old.json\n')).toBe(true);
  });

  it('removes what an untagged stage leaves, and keeps the outs of the user (N5)', async () => {
    const root = folder({ 'metrics.json': '{}' });
    await run(root, CELLS);
    await run(root, CELLS.slice(0, 4));
    expect(read(root, 'dvc.yaml')).not.toContain('evaluate');
    expect(existsSync(join(root, '.cellar/nb/evaluate.py'))).toBe(false);
    expect(existsSync(join(root, 'metrics.json'))).toBe(true);
  });

  it('keeps keys, items and flags that the user added to an entry (N7)', async () => {
    const root = folder();
    await run(root, CELLS);
    const edited = read(root, 'dvc.yaml')
      .replace('    - data/raw.csv\n', '    - data/raw.csv\n    - extra.txt\n    frozen: true\n')
      .replace('        cache: false', '        cache: true');
    writeFileSync(join(root, 'dvc.yaml'), edited);
    const same = await run(root, CELLS);
    expect(same.problems).toEqual([]);
    expect(same.changes).toEqual([]);
    const changed = CELLS.map(([role, text]): Tagged => [role, text.replace('data/raw.csv', 'data/new.csv')]);
    await run(root, changed);
    const now = read(root, 'dvc.yaml');
    expect(now).toContain('    - data/new.csv\n    - extra.txt\n');
    expect(now).not.toContain('raw.csv');
    expect(now).toContain('frozen: true');
    expect(now).toContain('cache: true');
  });
});
