import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLinkTypes, usableTypes } from '../../src/store/links.js';
import { checkCache, openBench, read, tempFolder, write } from './fixture.js';

/** Whether a program is on the path. */
function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { timeout: 10_000, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Why no loop image with reflinks can be made here, or null. */
function whyNoReflink(kind: string): string | null {
  if (process.getuid?.() !== 0) {
    return 'mounting a loop image needs root';
  }
  return has(`mkfs.${kind}`) ? null : `mkfs.${kind} is not installed`;
}

const MB = 1024 * 1024;

describe('link types', () => {
  it('are read from the configuration', () => {
    expect(parseLinkTypes(undefined)).toEqual(['reflink', 'copy']);
    expect(parseLinkTypes('hardlink, symlink')).toEqual(['hardlink', 'symlink']);
    expect(parseLinkTypes(['copy'])).toEqual(['copy']);
    expect(() => parseLinkTypes('junction')).toThrow(expect.objectContaining({ code: 'E_CACHE_TYPE', exit: 251 }));
  });

  it('are tried with a real file', () => {
    const root = tempFolder();
    const types = usableTypes(['reflink', 'hardlink', 'symlink', 'copy'], join(root, 'a'), join(root, 'b'));
    expect(types.filter(type => type !== 'reflink')).toEqual(['hardlink', 'symlink', 'copy']);
    // tmpfs is another file system than the one of /tmp wherever both exist.
    if (statfsSync('/dev/shm').type !== statfsSync(root).type) {
      const other = tempFolder('/dev/shm');
      expect(usableTypes(['hardlink', 'symlink', 'copy'], join(root, 'a'), other)).toEqual(['symlink', 'copy']);
    }
  });

  it('fall back to a copy where the cache lies on another file system', async () => {
    const root = tempFolder();
    const bench = openBench(['hardlink', 'copy'], root);
    const other = tempFolder('/dev/shm');
    mkdirSync(join(root, '.dvc'), { recursive: true });
    const files = { a: 'one', 'sub/b': 'two' };
    write(bench.data, files);
    const { openStore } = await import('../../src/store/store.js');
    bench.store = openStore(other, { tmpDir: bench.tmpDir, types: ['hardlink', 'copy'] });
    const { hash } = await bench.add();
    expect(checkCache(other).problems).toEqual([]);
    rmSync(bench.data, { recursive: true });
    await bench.checkout({ oid: hash.value });
    expect(read(bench.data)).toEqual(files);
    expect(lstatSync(join(bench.data, 'a')).nlink).toBe(1);
  });

  it.for(['btrfs', 'xfs'])('reflink shares blocks on %s', async (kind, { skip }) => {
    const why = whyNoReflink(kind);
    skip(why !== null, why ?? '');
    const root = tempFolder();
    const image = join(root, 'image');
    const mount = join(root, 'mount');
    mkdirSync(mount);
    execFileSync('truncate', ['-s', '400M', image], { timeout: 10_000 });
    execFileSync(`mkfs.${kind}`, ['-q', image], { timeout: 60_000, stdio: 'ignore' });
    execFileSync('mount', ['-o', 'loop', image, mount], { timeout: 60_000 });
    try {
      const used = (): number => {
        execFileSync('sync', ['-f', mount], { timeout: 60_000 });
        const { blocks, bfree, bsize } = statfsSync(mount);
        return ((blocks - bfree) * bsize) / MB;
      };
      const bench = openBench(['reflink', 'copy'], join(mount, 'project'));
      const big = randomBytes(15 * MB).toString('hex');
      const files = { small: 'one', big };
      write(bench.data, files);
      const before = used();
      const { hash } = await bench.add();
      expect(usableTypes(['reflink'], join(bench.cache, 'files', 'md5'), bench.data)).toEqual(['reflink']);
      rmSync(bench.data, { recursive: true });
      await bench.checkout({ oid: hash.value });
      expect(used() - before).toBeLessThan(15);
      expect(read(bench.data)).toEqual(files);
      writeFileSync(join(bench.data, 'big'), 'changed');
      expect(checkCache(bench.cache).problems).toEqual([]);
    } finally {
      execFileSync('umount', [mount], { timeout: 60_000 });
    }
  });
});
