import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LinkType } from '../../src/store/links.js';
import { isNothing, planCheckout } from '../../src/store/plan.js';
import { applyCheckout } from '../../src/store/checkout.js';
import { checkCache, corrupt, kindOf, md5, openBench, read, write, type Bench } from './fixture.js';

const OLD = { a: 'one', 'sub/b': 'two', 'sub/c': 'three', empty: '' };
const NEW = { a: 'one', 'sub/b': 'two changed', 'sub/deeper/d': 'four', empty: '' };

/** Two versions in the cache, the second in the workspace. */
async function twoVersions(bench: Bench): Promise<{ old: string; now: string }> {
  write(bench.data, OLD);
  const old = (await bench.add()).hash.value;
  rmSync(bench.data, { recursive: true });
  write(bench.data, NEW);
  const now = (await bench.add()).hash.value;
  bench.reopen();
  return { old, now };
}

describe.each<[LinkType]>([['copy'], ['hardlink'], ['symlink']])('checkout with %s', type => {
  it('makes a tree from nothing, by the configured kind of link', async () => {
    const bench = openBench([type]);
    write(bench.data, OLD);
    const { hash } = await bench.add();
    rmSync(bench.data, { recursive: true });
    const result = await bench.checkout({ oid: hash.value });
    expect(result).toMatchObject({ added: 4, modified: 0, deleted: 0, conflicts: [] });
    expect(read(bench.data)).toEqual(OLD);
    expect(kindOf(join(bench.data, 'a'), bench.store.path(md5('one')))).toBe(type);
    expect(kindOf(join(bench.data, 'empty'), bench.store.path(md5('')))).toBe(type === 'symlink' ? 'symlink' : 'copy');
    const mode = lstatSync(join(bench.data, 'a')).mode & 0o777;
    expect(mode).toBe(type === 'copy' ? 0o666 & ~process.umask() : type === 'hardlink' ? 0o444 : 0o777);
    bench.reopen();
    expect((await bench.status()).hash).toEqual(hash);
    expect(isNothing(await planCheckout(bench, bench.store, bench.data, { oid: hash.value }))).toBe(true);
  });

  it('counts every file and every byte once (progress)', async () => {
    const bench = openBench([type]);
    write(bench.data, { ...OLD, big: 'x'.repeat(40_000_000) });
    const { hash } = await bench.add();
    rmSync(bench.data, { recursive: true });
    let last = { files: 0, bytes: 0 };
    await bench.checkout({ oid: hash.value }, { progress: now => (last = now) });
    const bytes = Object.values(OLD).reduce((sum, text) => sum + text.length, 40_000_000);
    expect(last).toMatchObject({ files: 5, bytes });
  });

  it('switches between versions, both ways, touching only what differs', async () => {
    const bench = openBench([type]);
    const { old, now } = await twoVersions(bench);
    const inode = lstatSync(join(bench.data, 'a')).ino;
    expect(await bench.checkout({ oid: old })).toMatchObject({ added: 1, modified: 1, deleted: 1 });
    expect(read(bench.data)).toEqual(OLD);
    expect(existsSync(join(bench.data, 'sub', 'deeper'))).toBe(false);
    expect(lstatSync(join(bench.data, 'a')).ino).toBe(inode);
    bench.reopen();
    await bench.checkout({ oid: now });
    expect(read(bench.data)).toEqual(NEW);
    expect(checkCache(bench.cache).problems).toEqual([]);
    expect(readdirSync(join(bench.tmpDir, 'cellar', 'scratch'))).toEqual([]);
  });

  it('refuses to touch unsaved files, and with force moves them to the trash (I3)', async () => {
    const bench = openBench([type]);
    const { old } = await twoVersions(bench);
    rmSync(join(bench.data, 'sub', 'b'));
    write(bench.data, { 'sub/b': 'never saved', 'new one': 'neither' });
    await expect(bench.checkout({ oid: old })).rejects.toMatchObject({
      code: 'E_UNSAVED_FILES',
      exit: 255,
      data: { paths: [join(bench.data, 'new one'), join(bench.data, 'sub/b')] }
    });
    expect(read(bench.data)).toEqual({ ...NEW, 'sub/b': 'never saved', 'new one': 'neither' });
    const { trash } = await bench.checkout({ oid: old }, { force: true });
    expect(read(bench.data)).toEqual(OLD);
    expect(Object.values(read(trash ?? ''))).toEqual(expect.arrayContaining(['never saved', 'neither']));
  });

  it('leaves the workspace as it is when an object is missing or damaged', async () => {
    const bench = openBench([type]);
    const { old } = await twoVersions(bench);
    corrupt(bench.store.path(md5('three')));
    await expect(bench.checkout({ oid: old })).rejects.toMatchObject({
      code: 'E_CHECKOUT_FAILED',
      data: { objects: { [md5('three')]: 'corrupt' } }
    });
    expect(read(bench.data)).toEqual(NEW);
    expect(readdirSync(join(bench.tmpDir, 'cellar', 'quarantine'))).toHaveLength(1);
    await expect(bench.checkout({ oid: old })).rejects.toMatchObject({
      data: { objects: { [md5('three')]: 'missing' } }
    });
    rmSync(bench.store.path(old));
    await expect(bench.checkout({ oid: old })).rejects.toMatchObject({ code: 'E_OBJECT_MISSING' });
    expect(read(bench.data)).toEqual(NEW);
  });

  it('replaces a file by a folder and back', async () => {
    const bench = openBench([type]);
    write(bench.root, { data: 'a file' });
    const file = (await bench.add()).hash.value;
    rmSync(bench.data);
    write(bench.data, OLD);
    const dir = (await bench.add()).hash.value;
    bench.reopen();
    await bench.checkout({ oid: file });
    expect(readFileSync(bench.data, 'utf8')).toBe('a file');
    await bench.checkout({ oid: dir });
    expect(read(bench.data)).toEqual(OLD);
  });
});

describe('checkout', () => {
  it('of nothing removes the out, unless something in it is unsaved', async () => {
    const bench = openBench();
    await twoVersions(bench);
    await bench.checkout(null);
    expect(existsSync(bench.data)).toBe(false);
    write(bench.data, { x: 'unsaved' });
    await expect(bench.checkout(null)).rejects.toMatchObject({ code: 'E_UNSAVED_FILES' });
    expect(existsSync(join(bench.data, 'x'))).toBe(true);
  });

  it('gives the owner the execute bit of an executable, never sharing its inode', async () => {
    const bench = openBench(['hardlink']);
    write(bench.root, { 'run.sh': '#!/bin/sh\n' });
    const path = join(bench.root, 'run.sh');
    const { hash } = await bench.add(path);
    rmSync(path);
    await bench.checkout({ oid: hash.value, isexec: true }, {}, path);
    expect(lstatSync(path).mode & 0o100).toBe(0o100);
    expect(checkCache(bench.cache).problems).toEqual([]);
    chmodSync(path, 0o644);
    await bench.checkout({ oid: hash.value, isexec: true }, {}, path);
    expect(lstatSync(path).mode & 0o777).toBe(0o744);
  });

  it('of a part touches that part only', async () => {
    const bench = openBench();
    const { old } = await twoVersions(bench);
    await bench.checkout({ oid: old }, { within: 'sub/b' });
    expect(read(bench.data)).toEqual({ ...NEW, 'sub/b': 'two' });
  });

  it('relinks what hangs on the cache in another way, and keeps what fits', async () => {
    const bench = openBench(['copy']);
    write(bench.data, OLD);
    const { hash } = await bench.add();
    bench.reopen();
    for (const type of ['hardlink', 'symlink', 'copy'] as const) {
      const next = openBench([type], bench.root);
      const result = await next.checkout({ oid: hash.value }, { relink: true });
      expect(result.relinked).toBe(type === 'hardlink' ? 3 : 4);
      expect(kindOf(join(bench.data, 'a'), next.store.path(md5('one')))).toBe(type);
      next.reopen();
      expect((await next.checkout({ oid: hash.value }, { relink: true })).relinked).toBe(0);
      expect(read(bench.data)).toEqual(OLD);
    }
  });

  it('keeps a file that changes between plan and swap, and says so', async () => {
    const bench = openBench();
    const { old } = await twoVersions(bench);
    const plan = await planCheckout(bench, bench.store, bench.data, { oid: old });
    writeFileSync(join(bench.data, 'sub', 'b'), 'typed a moment ago');
    writeFileSync(join(bench.data, 'sub', 'deeper', 'd'), 'this too');
    await expect(applyCheckout(bench, bench.store, plan)).rejects.toMatchObject({
      code: 'E_CHANGED_MEANWHILE',
      data: { paths: [join(bench.data, 'sub/deeper/d'), join(bench.data, 'sub/b')] }
    });
    expect(read(bench.data)).toMatchObject({
      'sub/b': 'typed a moment ago',
      'sub/deeper/d': 'this too',
      'sub/c': 'three'
    });
  });

  it('never overwrites a file that appears where one is to be made', async () => {
    const bench = openBench();
    const { old } = await twoVersions(bench);
    const plan = await planCheckout(bench, bench.store, bench.data, { oid: old });
    writeFileSync(join(bench.data, 'sub', 'c'), 'just made');
    await expect(applyCheckout(bench, bench.store, plan)).rejects.toMatchObject({ code: 'E_CHANGED_MEANWHILE' });
    expect(readFileSync(join(bench.data, 'sub', 'c'), 'utf8')).toBe('just made');
  });

  it('leaves ignored files and does not count empty folders', async () => {
    const bench = openBench();
    write(bench.data, OLD);
    const { hash } = await bench.add();
    bench.reopen();
    mkdirSync(join(bench.data, 'hollow'));
    expect(isNothing(await planCheckout(bench, bench.store, bench.data, { oid: hash.value }))).toBe(true);
    write(bench.data, { 'sub/x.tmp': 'ignored' });
    const ctx = { index: bench.index, ignore: (path: string) => path.endsWith('.tmp') };
    expect(isNothing(await planCheckout(ctx, bench.store, bench.data, { oid: hash.value }))).toBe(true);
  });

  it('stops when it is cancelled, and the same checkout then finishes', async () => {
    const bench = openBench();
    const { old } = await twoVersions(bench);
    const controller = new AbortController();
    const doing = bench.checkout({ oid: old }, { signal: controller.signal, progress: () => controller.abort() });
    await expect(doing).rejects.toMatchObject({ code: 'E_CANCELLED' });
    await bench.checkout({ oid: old });
    expect(read(bench.data)).toEqual(OLD);
  });

  it('does not begin when the copies do not fit', async () => {
    const bench = openBench();
    const { old } = await twoVersions(bench);
    const plan = await planCheckout(bench, bench.store, bench.data, { oid: old });
    plan.objects?.set([2n ** 62n], 4);
    await expect(applyCheckout(bench, bench.store, plan)).rejects.toMatchObject({ code: 'E_DISK_FULL' });
    expect(read(bench.data)).toEqual(NEW);
  });

  it('refuses directory objects that lead outside (T4)', async () => {
    const bench = openBench();
    for (const relpath of ['../evil', '/evil', 'a/../../evil', 'a//b', '.', '', 'a/.', 'nul\0byte']) {
      const bytes = Buffer.from(JSON.stringify([{ md5: md5('one'), relpath }]));
      const oid = bench.store.putBytes(bytes, '.dir');
      await expect(bench.checkout({ oid })).rejects.toMatchObject({ code: 'E_MANIFEST_CORRUPT' });
    }
    await expect(bench.checkout({ oid: '../../../etc/passwd' })).rejects.toMatchObject({ code: 'E_BAD_OID' });
    expect(existsSync(bench.data)).toBe(false);
  });
});
