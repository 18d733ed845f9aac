import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { native } from '../../src/io/native.js';
import type { LinkType } from '../../src/store/links.js';
import { EMPTY_TREE_OID } from '../../src/store/tree.js';
import { checkCache, corrupt, kindOf, md5, openBench, read, write, type Files } from './fixture.js';

const venv = resolve(import.meta.dirname, '../../../.venv/bin');

function dvc(cwd: string, ...args: string[]): string {
  const env = {
    ...process.env,
    PATH: `${venv}:${process.env['PATH'] ?? ''}`,
    DVC_NO_ANALYTICS: '1',
    DVC_SITE_CACHE_DIR: join(cwd, '.site')
  };
  return execFileSync(join(venv, 'dvc'), args, {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
    env,
    stdio: ['ignore', 'pipe', 'pipe']
  });
}

const FILES: Files = {
  Z: 'x',
  'a.txt': 'hello\n',
  'empty.txt': '',
  'sub.txt': 'y',
  'sub/run.sh': '#!/bin/sh\n',
  'é b.txt': 'h\u00e9llo\r\n',
  'twice/one': 'same',
  'twice/two': 'same',
  'deep/er/and/deeper': 'd',
  '\u{1f600}': 'astral',
  '\uffee': 'high',
  'q"\\\t\u007f': 'escapes',
  big: Buffer.alloc(3 * 1024 * 1024 + 17, 'big ')
};

describe('the directory object (spec/dvc-data.md §3.2)', () => {
  it('is that of the test vector, links followed', async () => {
    const bench = openBench();
    const { Z, 'a.txt': a, 'empty.txt': empty, 'sub.txt': sub, 'sub/run.sh': run, 'é b.txt': accent } = FILES;
    write(bench.data, {
      Z: Z ?? '',
      'a.txt': a ?? '',
      'empty.txt': empty ?? '',
      'sub.txt': sub ?? '',
      'sub/run.sh': run ?? '',
      'é b.txt': accent ?? ''
    });
    symlinkSync('a.txt', join(bench.data, 'link'));
    const { hash, meta } = await bench.status();
    expect(hash).toEqual({ name: 'md5', value: 'df1f2d03fb713c97929481d2a91a531c.dir' });
    expect(meta).toEqual({ size: 32n, nfiles: 7n });
  });

  it('of an empty folder has its known name', async () => {
    const bench = openBench();
    mkdirSync(join(bench.data, 'nothing', 'in', 'here'), { recursive: true });
    expect((await bench.add()).hash.value).toBe(EMPTY_TREE_OID);
    expect(checkCache(bench.cache)).toEqual({ oids: [EMPTY_TREE_OID], problems: [] });
  });
});

describe('beside real dvc', () => {
  it.each<[LinkType]>([['copy'], ['hardlink']])(
    '%s: the same objects, modes and names, and dvc calls it clean',
    async type => {
      const bench = openBench([type]);
      write(bench.data, FILES);
      execFileSync('git', ['init', '-q'], { cwd: bench.root, timeout: 60_000 });
      dvc(bench.root, 'init', '-q');
      dvc(bench.root, 'config', 'cache.type', type);
      const { hash, meta } = await bench.add();
      expect(meta.nfiles).toBe(BigInt(Object.keys(FILES).length));
      const ours = checkCache(bench.cache);
      expect(ours.problems).toEqual([]);
      writeFileSync(
        join(bench.root, 'data.dvc'),
        `outs:\n- md5: ${hash.value}\n  size: ${meta.size}\n  nfiles: ${meta.nfiles}\n  hash: md5\n  path: data\n`
      );
      expect(dvc(bench.root, 'status', '--json').trim()).toBe('{}');
      const theirs = openBench([type]);
      write(theirs.data, FILES);
      execFileSync('git', ['init', '-q'], { cwd: theirs.root, timeout: 60_000 });
      dvc(theirs.root, 'init', '-q');
      dvc(theirs.root, 'config', 'cache.type', type);
      dvc(theirs.root, 'add', '-q', 'data');
      expect(readFileSync(join(theirs.root, 'data.dvc'), 'utf8')).toContain(hash.value);
      expect(ours.oids).toEqual(checkCache(theirs.cache).oids);
    }
  );
});

describe('adding', () => {
  it('stores each content once, and nothing on the second time', async () => {
    const bench = openBench();
    write(bench.data, FILES);
    const first = await bench.add();
    bench.reopen();
    const second = await bench.add();
    expect(second.hash).toEqual(first.hash);
    const distinct = new Set(Object.values(FILES).map(md5));
    expect(checkCache(bench.cache).oids).toHaveLength(distinct.size + 1);
    expect(read(bench.data)['a.txt']).toBe('hello\n');
  });

  it('of one file gives size and the execute bit', async () => {
    const bench = openBench();
    write(bench.root, { 'tool.sh': '#!/bin/sh\n' });
    chmodSync(join(bench.root, 'tool.sh'), 0o755);
    const { hash, meta, tree } = await bench.add(join(bench.root, 'tool.sh'));
    expect(hash.value).toBe('3e2b31c72181b87149ff995e7202c0e3');
    expect(meta).toEqual({ size: 10n, isexec: true });
    expect(tree).toBeUndefined();
    expect(lstatSync(join(bench.root, 'tool.sh')).mode & 0o777).toBe(0o755);
  });

  it('by hard link makes the file the object, read-only; empty files stay themselves', async () => {
    const bench = openBench(['hardlink']);
    write(bench.data, FILES);
    const { tree } = await bench.add();
    const object = bench.store.path(md5('hello\n'));
    // Without the native call the inode that was read cannot be named: a copy is stored, and linked by the step after.
    const kind = native() === null ? 'copy' : 'hardlink';
    expect(kindOf(join(bench.data, 'a.txt'), object)).toBe(kind);
    expect(lstatSync(join(bench.data, 'empty.txt')).nlink).toBe(1);
    expect(tree?.paths).toHaveLength(Object.keys(FILES).length);
    expect(kindOf(join(bench.data, 'big'), bench.store.path(md5(FILES['big'] ?? '')))).toBe(kind);
  });

  it('finds a corrupt object of the same name, puts it aside and stores ours (I12)', async () => {
    const bench = openBench();
    write(bench.data, { a: 'hello', b: 'other' });
    const first = await bench.add();
    const object = bench.store.path(md5('hello'));
    corrupt(object, 'wrong');
    write(bench.data, { a: 'hello' });
    bench.index = openBench(['copy'], bench.root).index;
    const second = await bench.add();
    expect(second.hash).toEqual(first.hash);
    expect(readFileSync(object, 'utf8')).toBe('hello');
    expect(readdirSync(join(bench.tmpDir, 'cellar', 'quarantine'))).toHaveLength(1);
  });

  it('puts an object back that is gone though the index knows the file', async () => {
    const bench = openBench();
    write(bench.data, { a: 'hello', b: 'other' });
    await bench.add();
    bench.reopen();
    execFileSync('rm', ['-f', bench.store.path(md5('hello'))], { timeout: 10_000 });
    await bench.add();
    expect(checkCache(bench.cache).oids).toContain(md5('hello'));
  });

  it('refuses what is no file: FIFO, broken link, name that is not UTF-8, .dvcignore inside (spec §3.3)', async () => {
    const bench = openBench();
    const cases: [string, () => void][] = [
      ['E_NOT_A_FILE', () => execFileSync('mkfifo', [join(bench.data, 'pipe')], { timeout: 10_000 })],
      ['E_BROKEN_LINK', () => symlinkSync('nowhere', join(bench.data, 'broken'))],
      [
        'E_NAME_NOT_UTF8',
        () => writeFileSync(Buffer.concat([Buffer.from(`${bench.data}/bad-`), Buffer.from([0xff])]), 'x')
      ],
      ['E_DVCIGNORE_INSIDE', () => writeFileSync(join(bench.data, '.dvcignore'), '*.tmp\n')]
    ];
    for (const [code, make] of cases) {
      execFileSync('rm', ['-rf', bench.data], { timeout: 10_000 });
      write(bench.data, { a: 'hello' });
      make();
      await expect(bench.add()).rejects.toMatchObject({ code });
    }
    expect(existsSync(join(bench.cache, 'files'))).toBe(false);
  });

  it('leaves links to folders out, and refuses one as the top', async () => {
    const bench = openBench();
    write(bench.data, { a: 'hello' });
    write(bench.root, { 'other/b': 'b' });
    symlinkSync('../other', join(bench.data, 'folder'));
    expect((await bench.add()).tree?.paths).toEqual(['a']);
    symlinkSync('data', join(bench.root, 'linked'));
    await expect(bench.add(join(bench.root, 'linked'))).rejects.toMatchObject({ code: 'E_SYMLINK_DIR' });
    await expect(bench.add(join(bench.root, 'absent'))).rejects.toMatchObject({ code: 'E_FILE_MISSING' });
  });

  it('tells progress with totals, at the start and at the end', async () => {
    const bench = openBench();
    write(bench.data, FILES);
    const told: { files: number; bytes: number; totalFiles: number; totalBytes: number }[] = [];
    const { meta } = await bench.add(bench.data, { progress: p => told.push(p) });
    const n = Object.keys(FILES).length;
    expect(told[0]).toEqual({ files: 0, bytes: 0, totalFiles: n, totalBytes: Number(meta.size) });
    expect(told.at(-1)).toEqual({ files: n, bytes: Number(meta.size), totalFiles: n, totalBytes: Number(meta.size) });
  });

  it('stops when it is cancelled and leaves nothing half-made', async () => {
    const bench = openBench();
    write(bench.data, FILES);
    const controller = new AbortController();
    const adding = bench.add(bench.data, { signal: controller.signal, progress: () => controller.abort() });
    await expect(adding).rejects.toMatchObject({ code: 'E_CANCELLED' });
    expect(checkCache(bench.cache).problems).toEqual([]);
    await bench.add();
    expect(checkCache(bench.cache).problems).toEqual([]);
  });

  it('stores by the legacy hash in the legacy place', async () => {
    const bench = openBench();
    write(bench.data, { 'a.txt': 'a\r\nb\r\n' });
    const { hash } = await bench.add(bench.data, { name: 'md5-dos2unix' });
    expect(hash.name).toBe('md5-dos2unix');
    const oid = md5('a\nb\n');
    expect(readFileSync(join(bench.cache, oid.slice(0, 2), oid.slice(2)), 'utf8')).toBe('a\r\nb\r\n');
    expect(await bench.store.verify(oid, 'md5-dos2unix')).toBe('ok');
  });
});
