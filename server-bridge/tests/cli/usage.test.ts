import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ABSENT_COMMANDS } from '../../src/cli/absent.js';
import { bundleCli } from '../bundle-cli.js';
import { sandbox, type Ran, type Sandbox } from '../workspace/sandbox.js';

let bundle: { argv: string[]; remove: () => void };
let box: Sandbox;
const cellar = (...args: string[]): Ran => box.run([...bundle.argv, ...args]);

beforeAll(async () => {
  bundle = await bundleCli();
  box = sandbox();
  box.must([...bundle.argv, 'init', '-q']);
  writeFileSync(join(box.root, 'a.csv'), 'a');
  box.must([...bundle.argv, 'add', 'a.csv']);
});

afterAll(() => {
  bundle.remove();
  box.remove();
});

describe('what the command line does not know is refused by name with 254', () => {
  test.each([
    ['a command of nobody', ['fetchh'], "unknown command 'fetchh'"],
    ['a flag of nobody', ['status', '--bogus'], "unknown option '--bogus'"],
    ['a flag that dvc has and we have not', ['status', '--cloud'], '`cellar status --cloud` is not available'],
    [
      'the same with its short form and a value',
      ['status', '-r', 'store'],
      '`cellar status --remote` is not available'
    ],
    ['a flag of add', ['add', '--to-remote', 'a.csv'], '`cellar add --to-remote` is not available'],
    ['a missing argument', ['add'], "missing required argument 'targets'"],
    ['two that exclude each other', ['config', '--global', '--local', 'core.remote'], 'cannot be used with'],
    ['too many arguments', ['root', 'there'], 'too many arguments'],
    ['a global flag behind the command', ['status', '--cd', '.'], "unknown option '--cd'"],
    ['a name of an option that is none', ['config', 'remote'], 'name argument should look like']
  ])('%s', (_, args, words) => {
    const { exit, stderr, stdout } = cellar(...args);
    expect(exit).toBe(254);
    expect(stdout).toBe('');
    const [error, next] = stderr.split('\n');
    expect(error).toContain(words);
    expect(error).toMatch(/^ERROR: /);
    expect(next).toMatch(/^NEXT: .* \[E_[A-Z_]+\]$/);
  });

  test.each(ABSENT_COMMANDS)('`%s` of dvc', name => {
    const { exit, stderr } = cellar(name, '--any-flag', 'and', 'more');
    expect(exit).toBe(254);
    expect(stderr).toContain(`\`cellar ${name}\` is not available in this version`);
    expect(stderr).toContain(`dvc ${name}`);
  });

  test('no command at all: the help, and 254', () => {
    const { exit, stderr } = cellar();
    expect(exit).toBe(254);
    expect(stderr).toContain('Usage: cellar');
    expect(stderr).toContain('ERROR: a command is required');
  });
});

describe('help', () => {
  test.each(['init', 'add', 'checkout', 'status', 'config', 'root', 'version', 'repro'])('of %s', name => {
    const { exit, stdout } = cellar(name, '--help');
    expect(exit).toBe(0);
    expect(stdout).toContain(`Usage: cellar ${name}`);
    expect(stdout).not.toContain('--cloud');
  });

  test('of the whole names every command that is there and none that is not', () => {
    const { stdout } = cellar('--help');
    expect(stdout).toMatch(/^ {2}checkout /m);
    expect(stdout).not.toMatch(/^ {2}push /m);
  });
});

describe('the streams', () => {
  test('-q says nothing and the exit code tells', () => {
    writeFileSync(join(box.root, 'b.csv'), 'b');
    expect(cellar('add', '-q', 'b.csv')).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    expect(cellar('status', '-q')).toMatchObject({ exit: 0, stdout: '' });
    writeFileSync(join(box.root, 'b.csv'), 'changed');
    expect(cellar('-q', 'status')).toMatchObject({ exit: 1, stdout: '', stderr: '' });
    expect(cellar('-q', 'add', 'nothing')).toMatchObject({ exit: 1, stdout: '', stderr: '' });
    expect(cellar('status')).toMatchObject({ exit: 0 });
  });

  test('JSON is one line when no person is looking', () => {
    const { stdout } = cellar('status', '--json');
    expect(stdout).toBe('{"b.csv.dvc": [{"changed outs": {"b.csv": "modified"}}]}\n');
  });

  test('--cd goes there first', () => {
    expect(box.run([...bundle.argv, '--cd', box.root, 'root'], { cwd: box.base }).stdout).toBe('.\n');
    const lost = box.run([...bundle.argv, '--cd', 'nowhere', 'root'], { cwd: box.base });
    expect(lost.exit).toBe(255);
    expect(lost.stderr).toContain("there is no directory '");
  });

  test('outside of a project: 253, and the next step', () => {
    const { exit, stderr } = box.run([...bundle.argv, 'status'], { cwd: box.base });
    expect(exit).toBe(253);
    expect(stderr).toContain('you are not inside of a DVC repository (checked up to mount point');
    expect(stderr).toContain('NEXT: Run `cellar init`');
    expect(stderr).toMatch(/ \[E_[A-Z_]+\]\n$/);
  });

  test('the version, as flag and as command', () => {
    expect(cellar('--version').stdout).toBe('0.0.0\n');
    expect(cellar('version').stdout).toMatch(/^Cellar version: 0\.0\.0\n/);
  });
});
