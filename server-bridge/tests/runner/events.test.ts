import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RecordedOutput } from '../../src/protocol/recorded.js';
import { RunnerEvent } from '../../src/protocol/runner-events.js';
import { SCRIPT_BLOCK_MARK, SCRIPT_HEADER_PREFIX, SCRIPT_LINE_2, ScriptHeader } from '../../src/protocol/script.js';

const root = resolve(import.meta.dirname, '../../..');
const python = join(root, '.venv/bin/python');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellar-runner-'));
  mkdirSync(join(folder, '.dvc'));
  mkdirSync(join(folder, '.cellar/nb'), { recursive: true });
  copyFileSync(join(root, 'runner/dist/run.py'), join(folder, '.cellar/run.py'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Write a stage script as the schema of its header says, run it, and parse every event with the schema of the wire. */
function run(blocks: string[], varsOut: Record<string, number>): { code: number; events: RunnerEvent[] } {
  const lines = [SCRIPT_LINE_2];
  const starts: number[] = [];
  for (const block of blocks) {
    lines.push(SCRIPT_BLOCK_MARK);
    starts.push(lines.length + 2);
    lines.push(...block.split('\n'));
  }
  const body = `${lines.join('\n')}\n`;
  const header = ScriptHeader.parse({
    v: 1,
    semantics: 1,
    notebook: 'nb.ipynb',
    stage: 's',
    vars_in: {},
    vars_out: Object.fromEntries(Object.keys(varsOut).map(name => [name, `.cellar/nb/vars/s/${name}.var`])),
    files_in: [],
    files_out: [],
    ignore: [],
    params: {},
    outputs: '.cellar/nb/outputs/s.json',
    blocks: starts,
    bound_in: varsOut,
    md5: createHash('md5').update(body).digest('hex')
  });
  writeFileSync(join(folder, '.cellar/nb/s.py'), `${SCRIPT_HEADER_PREFIX}${JSON.stringify(header)}\n${body}`);
  const log = join(folder, 'events.jsonl');
  let code = 0;
  try {
    execFileSync(python, ['.cellar/run.py', '.cellar/nb/s.py'], {
      cwd: folder,
      env: { ...process.env, CELLAR_EVENTS: log },
      timeout: 100_000,
      stdio: 'pipe'
    });
  } catch (error) {
    code = (error as { status: number }).status;
  }
  const text = readFileSync(log, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return {
    code,
    events: text
      .trimEnd()
      .split('\n')
      .map(line => RunnerEvent.parse(JSON.parse(line)))
  };
}

describe('what the runner writes is what the protocol says', () => {
  test('a run that shows everything', () => {
    const { code, events } = run(
      [
        "import sys, os\nprint('out')\nprint('err', file=sys.stderr)\nos.system('echo child');",
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, None]})\ndf",
        'import matplotlib.pyplot as plt\nplt.plot([1, 2]);',
        "h = display(1, display_id='d')\nh.update(2)\nfrom IPython.display import clear_output, JSON\nclear_output(wait=True)\nJSON({'n': [1, float('nan')]})"
      ],
      { df: 1 }
    );
    expect(code).toBe(0);
    expect(new Set(events.map(event => event.event))).toEqual(
      new Set(['cell-start', 'stream', 'display', 'clear', 'cell-done', 'done'])
    );
    const recorded = RecordedOutput.parse(JSON.parse(readFileSync(join(folder, '.cellar/nb/outputs/s.json'), 'utf8')));
    expect(recorded.formats).toEqual({ df: 'parquet' });
    expect(recorded.blocks.map(block => block.map(output => output.output_type))).toEqual([
      ['stream', 'stream', 'stream'],
      ['execute_result'],
      ['display_data'],
      ['execute_result']
    ]);
  });

  test.each([
    ['user code raises', ['x = 1', '1 / 0'], {}, 'ZeroDivisionError', undefined],
    ['a refusal', ['x = (i for i in [])'], { x: 0 }, 'E_UNSAVABLE', 'E_UNSAVABLE'],
    ['a syntax error', ['x ='], {}, 'SyntaxError', undefined],
    ['an exit', ['raise SystemExit(0)'], {}, 'SystemExit', undefined]
  ])('%s', (_, blocks, out, ename, refusal) => {
    const { code, events } = run(blocks, out);
    expect(code).toBe(1);
    const errors = events.filter(event => event.event === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.ename).toBe(ename);
    expect(errors[0]?.code).toBe(refusal);
    expect(events.at(-1)).toMatchObject({ event: 'done', ok: false });
  });
});
