import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initGit, openGit, type Git } from '../../src/git/git.js';

let dir: string;
let git: Git;

function raw(...args: string[]): string {
  return execFileSync('git', args, { cwd: dir, encoding: 'utf8', timeout: 20_000 });
}

function put(path: string, text: string): string {
  const abs = join(dir, path);
  mkdirSync(join(abs, '..'), { recursive: true });
  writeFileSync(abs, text);
  return abs;
}

beforeEach(async () => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-git-')));
  git = await initGit(dir);
  raw('config', 'user.name', 'Ada');
  raw('config', 'user.email', 'ada@example.org');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('opening', () => {
  it('finds the work tree upward, and only here when asked', () => {
    mkdirSync(join(dir, 'a/b'), { recursive: true });
    expect(openGit(join(dir, 'a/b'))?.root).toBe(dir);
    expect(openGit(join(dir, 'a/b'), { search: false })).toBeNull();
    expect(openGit(dir, { search: false })?.root).toBe(dir);
  });

  it('gives null where there is none', () => {
    const bare = mkdtempSync(join(tmpdir(), 'cellar-nogit-'));
    expect(openGit(bare, { search: false })).toBeNull();
    rmSync(bare, { recursive: true });
  });
});

describe('tracked and ignored', () => {
  it('tells tracked files and folders that hold tracked files', async () => {
    const a = put('data/a.csv', '1');
    const b = put('b.txt', '2');
    await git.add([a]);
    expect(await git.trackedAmong([a, b, join(dir, 'data'), join(dir, 'nothing')])).toEqual(
      new Set([a, join(dir, 'data')])
    );
    expect(await git.isTracked(b)).toBe(false);
  });

  it('takes names literally: globs, dashes, spaces, newlines', async () => {
    const names = ['*.txt', '-rf', ':(top)x', 'two words', 'line\nbreak', 'é.txt'];
    const paths = names.map(name => put(name, 'x'));
    const bystander = put('other.txt', 'y');
    await git.add([paths[0] as string]);
    expect(await git.trackedAmong([...paths, bystander])).toEqual(new Set([paths[0]]));
    await git.add(paths);
    expect(await git.trackedAmong([...paths, bystander])).toEqual(new Set(paths));
  });

  it('follows .gitignore rules also for tracked files, and knows directories by the trailing separator', async () => {
    put('.gitignore', '*.log\nout/\n!keep.log\n');
    const log = put('x.log', '');
    raw('add', '-f', 'x.log');
    const outs = join(dir, 'out') + sep;
    expect(await git.ignoredAmong([log, join(dir, 'keep.log'), outs, join(dir, 'y')])).toEqual(new Set([log, outs]));
    expect(await git.isIgnored(log)).toBe(true);
  });

  it('answers a walk from one process', async () => {
    put('.gitignore', 'a*\n!ab\n');
    const session = git.ignoreSession();
    try {
      expect(await session.ignored(['aa', 'ab', 'b'])).toEqual(new Set(['aa']));
      expect(await session.ignored([])).toEqual(new Set());
      const many = Array.from({ length: 5000 }, (_, i) => `${i % 2 ? 'a' : 'b'}${i}`);
      expect((await session.ignored(many)).size).toBe(2500);
    } finally {
      session.close();
    }
  });
});

describe('history', () => {
  it('has no head, a branch and no upstream before the first commit', async () => {
    expect(await git.head()).toBeNull();
    expect(await git.branch()).toMatch(/^(main|master)$/);
    expect(await git.ahead()).toBeNull();
    expect((await git.status()).head).toBeNull();
  });

  it('resolves revisions and reads blobs of them', async () => {
    put('a b.txt', 'one');
    put('sub/c.txt', 'two\n');
    raw('add', '.');
    raw('commit', '-qm', 'first');
    raw('tag', 'v1');
    put('a b.txt', 'three');
    raw('commit', '-qam', 'second');
    const head = await git.head();
    expect(head).toMatch(/^[0-9a-f]{40}$/);
    expect(await git.resolve('v1')).toBe(raw('rev-parse', 'v1').trim());
    expect(await git.resolve('nope')).toBeNull();
    expect((await git.show('v1', 'a b.txt'))?.toString()).toBe('one');
    const many = await git.showMany('HEAD', ['a b.txt', 'gone', 'sub', 'sub/c.txt']);
    expect([...many].map(([path, bytes]) => [path, bytes.toString()])).toEqual([
      ['a b.txt', 'three'],
      ['sub/c.txt', 'two\n']
    ]);
    expect(await git.user()).toEqual({ name: 'Ada', email: 'ada@example.org' });
  });

  it('reads status: staged, changed, renamed, untracked', async () => {
    put('a.txt', 'aaaaaaaaaaaaaaaaaaaaaaaaaaa\n');
    put('b.txt', 'b');
    raw('add', '.');
    raw('commit', '-qm', 'first');
    raw('mv', 'a.txt', 'z z.txt');
    put('b.txt', 'changed');
    put('new one', '');
    const { entries, head } = await git.status();
    expect(head).toBe(await git.head());
    expect(entries).toEqual([
      { path: 'b.txt', index: '.', worktree: 'M' },
      { path: 'z z.txt', index: 'R', worktree: '.', from: 'a.txt' },
      { path: 'new one', index: '?', worktree: '?' }
    ]);
  });
});

describe('hostile input (T10)', () => {
  it.each(['--upload-pack=touch x', '-h', 'HEAD..HEAD', 'a b', 'a\nb', '', 'x\0y'])(
    'refuses revision %j',
    async rev => {
      await expect(Promise.resolve().then(() => git.resolve(rev))).rejects.toMatchObject({ code: 'E_BAD_REVISION' });
    }
  );

  it.each(['../x', '/etc/passwd', 'a//b', 'a/../b', 'a\nb'])('refuses tree path %j', async path => {
    put('f', '1');
    raw('add', '.');
    raw('commit', '-qm', 'c');
    await expect(git.show('HEAD', path)).rejects.toMatchObject({ code: 'E_BAD_PATH' });
  });

  it('refuses paths outside the work tree', async () => {
    await expect(Promise.resolve().then(() => git.add([join(dir, '..', 'x')]))).rejects.toMatchObject({
      code: 'E_OUTSIDE_GIT'
    });
  });

  it('starts neither hooks nor fsmonitor nor a pager of the repository', async () => {
    const mark = join(dir, 'ran');
    const script = put('evil.sh', `#!/bin/sh\ntouch '${mark}'\n`);
    chmodSync(script, 0o755);
    for (const [key, value] of [
      ['core.fsmonitor', script],
      ['core.pager', script],
      ['core.editor', script],
      ['diff.external', script]
    ]) {
      raw('config', key as string, value as string);
    }
    writeFileSync(join(dir, '.git/hooks/post-index-change'), `#!/bin/sh\ntouch '${mark}'\n`, { mode: 0o755 });
    await git.add([put('x', '1')]);
    await git.status();
    await git.isTracked(join(dir, 'x'));
    await git.branch();
    expect(existsSync(mark)).toBe(false);
  });

  it('is not redirected by the environment of a hook', async () => {
    const before = process.env.GIT_DIR;
    process.env.GIT_DIR = '/nonexistent';
    try {
      expect(await git.isTracked(join(dir, 'x'))).toBe(false);
    } finally {
      if (before === undefined) {
        delete process.env.GIT_DIR;
      } else {
        process.env.GIT_DIR = before;
      }
    }
  });
});
