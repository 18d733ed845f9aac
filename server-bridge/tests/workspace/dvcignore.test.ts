import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openIgnoreRules } from '../../src/workspace/dvcignore.js';
import { sandbox, type Sandbox } from './sandbox.js';

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.remove());

function write(path: string, text = ''): void {
  mkdirSync(dirname(join(box.root, path)), { recursive: true });
  writeFileSync(join(box.root, path), text);
}

const FILES = [
  'a.log',
  'keep.log',
  'data/a.log',
  'data/x/deep.txt',
  'data/x/keep.txt',
  'data/only/here.csv',
  'build/out.bin',
  'sub/build/out.bin',
  'sub/a.tmp',
  'sub/b.tmp',
  'sub/inner/a.tmp',
  'sub/inner/kept/a.log',
  'hidden/.dvcignore',
  'hidden/free.txt',
  'with space.txt',
  'é/ü.txt'
];

describe('beside `dvc check-ignore`', () => {
  test.each([
    [
      'patterns of the root',
      { '.dvcignore': '*.log\n!keep.log\n/build/\ndata/x\n  with space.txt  \n# a comment\n\né/*\n' }
    ],
    ['deeper files override', { '.dvcignore': '*.tmp\n', 'sub/.dvcignore': '!b.tmp\n/inner/a.tmp\n' }],
    ['a child of an ignored folder cannot come back', { '.dvcignore': 'data/x/\n!data/x/keep.txt\n' }],
    [
      'a .dvcignore in an ignored folder is not read',
      { '.dvcignore': '/hidden/\n', 'hidden/.dvcignore': '!free.txt\n' }
    ],
    ['stars', { '.dvcignore': '**/only/*\nsub/**/a.log\nda?a/[a-b].log\n' }],
    ['nothing', { '.dvcignore': '' }]
  ] as [string, Record<string, string>][])('%s', (_, rules) => {
    FILES.forEach(path => write(path));
    Object.entries(rules).forEach(([path, text]) => write(path, text));
    box.must(['dvc', 'init', '--quiet', '--no-scm']);
    const oracle = box
      .run(['dvc', 'check-ignore', ...FILES])
      .stdout.split('\n')
      .filter(Boolean);
    const ours = openIgnoreRules(box.root);
    const hidden = FILES.filter(path => ours.ignores(join(box.root, path), false));
    expect(hidden).toEqual(oracle);
  });
});

test('git, mercurial and nested projects are never data; as an out a nested project counts', () => {
  mkdirSync(join(box.root, '.dvc'));
  write('inner/.dvc/config');
  write('inner/data/a');
  write('.hg/store');
  const rules = openIgnoreRules(box.root);
  const at = (path: string): string => join(box.root, path);
  expect(rules.ignores(at('.git/config'), false)).toBe(true);
  expect(rules.ignores(at('.hg'), true)).toBe(true);
  expect(rules.ignores(at('.dvc/tmp/lock'), false)).toBe(true);
  expect(rules.ignores(at('inner/data/a'), false)).toBe(true);
  expect(rules.ignores(at('inner/data/a'), false, { nested: false })).toBe(false);
  expect(rules.ignores(box.root, true)).toBe(false);
});

test('the rule that hides a path is named with file and line', () => {
  write('.dvcignore', '# first\n\n*.tmp\n/data/raw/\n');
  write('sub/.dvcignore', '\na.*\n');
  const rules = openIgnoreRules(box.root);
  const rule = (path: string): string | null => rules.rule(join(box.root, path));
  expect(rule('x.tmp')).toBe('.dvcignore:3:*.tmp');
  expect(rule('data/raw/deep/file')).toBe('.dvcignore:4:/data/raw/');
  expect(rule('sub/a.tmp')).toBe('sub/.dvcignore:2:a.*');
  expect(rule('.dvc/config')).toBeNull();
  expect(rule('free')).toBeNull();
});
