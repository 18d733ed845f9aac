import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openGit } from '../../src/git/git.js';
import { gitFiles, type GitFiles } from '../../src/workspace/gitfiles.js';
import { sandbox, type Sandbox } from './sandbox.js';

let box: Sandbox;
const at = (path: string): string => join(box.root, path);
const read = (path: string): string => readFileSync(at(path), 'utf8');
const open = (autostage = false): GitFiles => gitFiles(openGit(box.root), { autostage, cwd: box.root });

beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.remove());

describe('lines that hide outs from git', () => {
  test('stand in the folder of each out, once, with pattern characters escaped', async () => {
    mkdirSync(at('sub'));
    const files = open();
    await files.ignore([at('data.csv'), at('we ird[1].txt'), at('#h'), at('sub/é')]);
    await files.ignore([at('data.csv')]);
    expect(read('.gitignore')).toBe('/data.csv\n/we ird\\[1\\].txt\n/\\#h\n');
    expect(read('sub/.gitignore')).toBe('/é\n');
  });

  test('are not added where any rule hides the path already', async () => {
    writeFileSync(at('.gitignore'), '*.csv');
    await open().ignore([at('data.csv'), at('b')]);
    expect(read('.gitignore')).toBe('*.csv\n/b\n');
  });

  test('go away again when the command fails, and only those that it added', async () => {
    writeFileSync(at('.gitignore'), '/old\n');
    const first = open();
    await first.ignore([at('kept')]);
    first.keep();
    await first.ignore([at('lost'), at('old')]);
    first.rollBack();
    expect(read('.gitignore')).toBe('/old\n/kept\n');
    first.unignore([at('old'), at('kept')]);
    expect(existsSync(at('.gitignore'))).toBe(false);
  });

  test('an out that git tracks is refused before anything is written; the advice works', async () => {
    mkdirSync(at('data'));
    writeFileSync(at('data/a'), 'a');
    box.must(['git', 'add', 'data']);
    box.must(['git', 'commit', '-q', '-m', 'data']);
    const refusal = open().ignore([at('free'), at('data')]);
    await expect(refusal).rejects.toMatchObject({ code: 'E_OUT_TRACKED_BY_GIT', exit: 1 });
    await expect(refusal).rejects.toThrow("output 'data' is already tracked by SCM (e.g. Git).");
    expect(existsSync(at('.gitignore'))).toBe(false);
    box.must(['git', 'rm', '-q', '-r', '--cached', 'data']);
    await open().ignore([at('free'), at('data')]);
    expect(read('.gitignore')).toBe('/free\n/data\n');
  });

  test('a .gitignore that is a link is not written through', async () => {
    writeFileSync(join(box.base, 'elsewhere'), '');
    symlinkSync('../elsewhere', at('.gitignore'));
    await expect(open().ignore([at('a')])).rejects.toMatchObject({ code: 'E_SYMLINK_METADATA' });
    expect(readFileSync(join(box.base, 'elsewhere'), 'utf8')).toBe('');
  });
});

describe('what git should know', () => {
  test('is told, with quotes where the shell needs them', async () => {
    const files = open();
    files.track(at("it's.dvc"));
    files.track(at('a.dvc'));
    expect((await files.finish()).join('\n')).toBe(
      "\nTo track the changes with git, run:\n\n\tgit add a.dvc 'it'\"'\"'s.dvc'\n" +
        '\nTo enable auto staging, run:\n\n\tcellar config core.autostage true'
    );
    expect(await files.finish()).toEqual([]);
  });

  test('is staged with core.autostage, but never what git ignores or what a submodule holds', async () => {
    mkdirSync(at('module/.git'), { recursive: true });
    writeFileSync(at('.gitignore'), 'hidden.dvc\n');
    ['a.dvc', 'hidden.dvc', 'module/b.dvc'].forEach(path => writeFileSync(at(path), 'outs: []\n'));
    const files = open(true);
    ['a.dvc', 'hidden.dvc', 'module/b.dvc', '.gitignore'].forEach(path => files.track(at(path)));
    expect(await files.finish()).toEqual([]);
    expect(box.must(['git', 'diff', '--cached', '--name-only'])).toBe('.gitignore\na.dvc\n');
  });

  test('without git nothing is written and nothing said', async () => {
    const files = gitFiles(null, { autostage: true, cwd: box.root });
    files.track(at('a.dvc'));
    await files.ignore([at('a')]);
    expect(await files.finish()).toEqual([]);
    expect(existsSync(at('.gitignore'))).toBe(false);
  });
});
