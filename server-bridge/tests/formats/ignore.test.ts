import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addLine, ignoreLine, removeLine } from '../../src/formats/gitignore.js';
import { parseIgnoreFile, rootMatcher } from '../../src/formats/ignore.js';
import type { FolderMatcher } from '../../src/formats/ignore.js';
import { startOracle } from './oracle.js';

const ask = startOracle();

/** Walks down to a path the way a walk of the project does: an ignored folder hides all below. */
function ignoredByWalk(files: Record<string, string>, path: string): boolean {
  const fileOf = (folder: string) => {
    const text = files[folder === '' ? '.dvcignore' : `${folder}/.dvcignore`];
    return text === undefined ? undefined : parseIgnoreFile(text, folder);
  };
  let matcher: FolderMatcher = rootMatcher(fileOf(''));
  const parts = path.replace(/\/$/, '').split('/');
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (matcher.ignores(part, !isLast || path.endsWith('/'))) return true;
    if (isLast) return false;
    const folder = parts.slice(0, index + 1).join('/');
    const own = matcher.enter(part).ignores('.dvcignore', false) ? undefined : fileOf(folder);
    matcher = matcher.enter(part, own);
  }
  return false;
}

async function sameVerdicts(files: Record<string, string>, paths: string[]): Promise<void> {
  const { ok } = await ask('ignored', files, paths);
  expect(Object.fromEntries(paths.map(path => [path, ignoredByWalk(files, path)]))).toEqual(
    Object.fromEntries(paths.map((path, index) => [path, (ok as boolean[])[index]]))
  );
}

const PATHS = [
  'a',
  'A',
  'a/',
  'b.txt',
  'a/b.txt',
  'a/b/',
  'a/b/c.txt',
  'd/a',
  'd/a/',
  'd/e/a.log',
  '.git/',
  '.git',
  '.dvc/',
  'x/.dvc/',
  '.hg/',
  'x/.git',
  'foo bar',
  '#x',
  '!x',
  'é.txt',
  'a/.dvcignore'
];

describe('verdicts equal those of dvc', () => {
  const TEXTS = [
    '',
    'a\n',
    '/a\n',
    'a/\n',
    '*.txt\n',
    '*.txt\n!b.txt\n',
    'a/\n!a/b.txt\n',
    'a/*\n!a/b/\n',
    '**/a\n',
    'a/**\n',
    'd/**/a.log\n',
    'd/e\n',
    '/d/*/a.log\n',
    '  b.txt  \n',
    '# c\n\\#x\n\\!x\n',
    'foo bar\n',
    '[ab]\n',
    '?\n',
    'a/b\n',
    '*\n!*/\n!*.log\n',
    '.git\n!.git\n',
    '!.dvc/\n',
    'A\n',
    'é*\n',
    'b.txt\r\na\r\n',
    '/\n',
    '//\n',
    '[\n',
    '[z',
    '[[:alpha:]]',
    '[!a]*',
    '[^a]',
    '*/\n',
    '**/\n',
    '**\n!b.txt\n',
    '*/**\n',
    '!?\n',
    'a\\*'
  ];
  test.each(TEXTS)('%j', text => sameVerdicts({ '.dvcignore': text }, PATHS));
  test('deeper files override', async () => {
    await sameVerdicts(
      { '.dvcignore': '*.txt\na/b/\n', 'a/.dvcignore': '!b.txt\n!b/\n', 'd/.dvcignore': '/a\n*.log\n' },
      PATHS
    );
    await sameVerdicts({ '.dvcignore': 'a/.dvcignore\n', 'a/.dvcignore': 'b.txt\n' }, PATHS);
    await sameVerdicts({ '.dvcignore': 'd/\n', 'd/.dvcignore': '!e/\n' }, PATHS);
  });
  test('patterns put together at random', async () => {
    const piece = fc.constantFrom('a', 'b', '*', '**', '?', 'b.txt', '.txt', 'd', 'e', '[ab]', 'a.log');
    const pattern = fc
      .tuple(
        fc.constantFrom('', '', '!'),
        fc.constantFrom('', '/'),
        fc.array(piece, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', '/')
      )
      .map(([not, root, parts, end]) => not + root + parts.join('/') + end);
    await fc.assert(
      fc.asyncProperty(
        fc.array(pattern, { minLength: 1, maxLength: 4 }),
        fc.array(pattern, { maxLength: 2 }),
        async (root, inner) => {
          await sameVerdicts({ '.dvcignore': root.join('\n'), 'a/.dvcignore': inner.join('\n') }, PATHS);
        }
      ),
      { numRuns: 300 }
    );
  });
});

test('limits', () => {
  expect(() => parseIgnoreFile('x\n'.repeat(10_001), '')).toThrow(/10000 patterns/);
  expect(() => parseIgnoreFile('x'.repeat(1024 * 1024 + 1), 'a')).toThrow(/'a\/.dvcignore' is larger/);
});

test('a lone backslash is refused, as dvc does', async () => {
  expect((await ask('ignored', { '.dvcignore': 'a\\' }, ['a'])).error).toBeDefined();
  expect(() => parseIgnoreFile('a\\', '')).toThrow(/Invalid git pattern/);
});

test('a glob of many stars takes no time', () => {
  const matcher = rootMatcher(parseIgnoreFile(`${'*a'.repeat(60)}b\n`, ''));
  expect(matcher.ignores('a'.repeat(250), false)).toBe(false);
});

describe('.gitignore', () => {
  test('lines are escaped and added once', () => {
    expect(ignoreLine('we ird[1].txt')).toBe('/we ird\\[1\\].txt');
    expect(ignoreLine('#h')).toBe('/\\#h');
    expect(addLine('', 'data')).toBe('/data\n');
    expect(addLine('# x', 'data')).toBe('# x\n/data\n');
    expect(addLine('/data\n', 'data')).toBe('/data\n');
  });
  test('removal takes both spellings and drops an empty file', () => {
    expect(removeLine('/data\n', 'data')).toBeNull();
    expect(removeLine('a\n/we\\[1\\]\n/we[1]\nb', 'we[1]')).toBe('a\nb');
    expect(removeLine('a\n', 'data')).toBe('a\n');
    expect(removeLine('  /data  \n# keep\n', 'data')).toBe('# keep\n');
  });
  test('adding and removing leaves the text as it was', () => {
    const name = fc.stringMatching(/^[a-z#[\]*?! é]{1,8}$/).filter(text => text.trim() === text);
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '# c', '', '/x'), { maxLength: 4 }), name, (lines, added) => {
        const text = lines.map(line => `${line}\n`).join('');
        fc.pre(!text.includes(ignoreLine(added)) && !text.includes(`/${added}\n`));
        expect(removeLine(addLine(text, added), added)).toBe(text === '' ? null : text);
      })
    );
  });
});
