import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syncBarrier } from '../../src/io/barrier.js';
import { freeSpaceSync, setHook } from '../../src/io/files.js';
import { exchange, linkHandle, native, renameNoReplace, withoutNative } from '../../src/io/native.js';
import { compareCodePoints, visitFiles, walkFile, walkTree } from '../../src/io/walk.js';
import { watchTree } from '../../src/io/watch.js';

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellar-walk-'));
});
afterEach(() => {
  setHook(null);
  withoutNative(false);
  rmSync(folder, { recursive: true, force: true });
});

function relpaths(): string[] {
  const paths: string[] = [];
  visitFiles(walkTree(folder), (_block, _i, relpath) => paths.push(relpath));
  return paths;
}

describe('walkTree', () => {
  it('gives relpaths in the order of their code points, whatever the tree', () => {
    const name = fc.constantFrom('a', 'a.b', 'a-b', 'Z', '\u{1f600}', '\uffee', 'é', 'sub', 'sub.txt', 'sub0', '_');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'));
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 25 }), paths => {
        rmSync(folder, { recursive: true });
        const files = paths.filter(p => !paths.some(other => other.startsWith(p + '/')));
        mkdirSync(folder);
        for (const file of files) {
          mkdirSync(join(folder, file, '..'), { recursive: true });
          writeFileSync(join(folder, file), file);
        }
        expect(relpaths()).toEqual([...files].sort(compareCodePoints));
      }),
      { numRuns: 80 }
    );
  });

  it('asks what to ignore once for each entry, and never enters an ignored folder', () => {
    mkdirSync(at('skip', 'deep'), { recursive: true });
    mkdirSync(at('keep'));
    ['skip/deep/x', 'keep/y', 'keep/y.tmp', 'z'].forEach(path => writeFileSync(at(path), ''));
    const asked: string[] = [];
    const top = walkTree(folder, {
      ignore: (path, isDirectory) => {
        asked.push(`${path.slice(folder.length + 1)}${isDirectory ? '/' : ''}`);
        return path.endsWith('skip') || path.endsWith('.tmp');
      }
    });
    const seen: string[] = [];
    visitFiles(top, (_block, _i, relpath) => seen.push(relpath));
    expect(seen).toEqual(['keep/y', 'z']);
    expect(asked.sort()).toEqual(['keep/', 'keep/y', 'keep/y.tmp', 'skip/', 'z']);
  });

  it('follows links to files with their facts, and leaves out what vanishes meanwhile', () => {
    writeFileSync(at('real'), 'content');
    symlinkSync('real', at('link'));
    writeFileSync(at('gone'), 'x');
    setHook((op, path) => {
      if (op === 'lstat' && path === at('gone')) {
        setHook(null);
        renameSync(at('gone'), `${folder}.moved`);
      }
    });
    const top = walkTree(folder);
    rmSync(`${folder}.moved`);
    expect(top.names).toEqual(['link', 'real']);
    expect([...top.links.subarray(0, 2)]).toEqual([1, 0]);
    expect(top.facts.slice(0, 5)).toEqual(top.facts.slice(5, 10));
    expect(walkFile(at('link')).links[0]).toBe(1);
  });

  it('copes with a folder of many files', () => {
    for (let i = 0; i < 3000; i++) {
      writeFileSync(at(`f${i}`), '');
    }
    let told = 0;
    expect(walkTree(folder, { onFiles: n => (told = n) }).names).toHaveLength(3000);
    expect(told).toBe(3000);
  });
});

describe('native calls', () => {
  it('make names without replacing any, and swap two', async () => {
    const fs = await import('node:fs');
    expect(native()).not.toBeNull();
    writeFileSync(at('a'), 'a');
    writeFileSync(at('b'), 'b');
    expect(renameNoReplace(at('a'), at('b'))).toBe('exists');
    expect(renameNoReplace(at('a'), at('c'))).toBe('done');
    expect(exchange(at('b'), at('c'))).toBe(true);
    expect(fs.readFileSync(at('b'), 'utf8')).toBe('a');
    const fd = fs.openSync(at('b'), 'r');
    renameSync(at('b'), at('moved'));
    expect(linkHandle(fd, at('linked'))).toBe('done');
    expect(linkHandle(fd, at('linked'))).toBe('exists');
    fs.closeSync(fd);
    expect(fs.readFileSync(at('linked'), 'utf8')).toBe('a');
    withoutNative(true);
    expect(renameNoReplace(at('c'), at('d'))).toBe('unsupported');
    expect(exchange(at('c'), at('linked'))).toBe(false);
  });

  it('sync one file system at once, or without them each path', () => {
    writeFileSync(at('a'), 'a');
    const ops: string[] = [];
    setHook(op => ops.push(op));
    syncBarrier(folder, [at('a')]);
    expect(ops).toEqual(['open', 'syncfs', 'close']);
    ops.length = 0;
    withoutNative(true);
    syncBarrier(folder, [at('a'), at('absent')]);
    expect(ops).toEqual(['open', 'fsync', 'close', 'open']);
    expect(freeSpaceSync(folder).bytes).toBeGreaterThan(0n);
  });
});

describe('watching (N52)', () => {
  it.each([['with'], ['without']])('says where to look again, %s the native watcher', async how => {
    if (how === 'without') {
      process.env['CELLAR_NO_NATIVE'] = '1';
    }
    mkdirSync(at('sub'));
    mkdirSync(at('ignored'));
    const seen = new Set<string>();
    let arrived: () => void = () => undefined;
    const first = new Promise<void>(resolve => (arrived = resolve));
    const watcher = await watchTree(
      folder,
      paths => {
        paths?.forEach(path => seen.add(path));
        if (seen.has(at('sub', 'f'))) {
          arrived();
        }
      },
      { ignore: [at('ignored')], gather: 5, lookEvery: 20 }
    );
    delete process.env['CELLAR_NO_NATIVE'];
    expect(watcher.kind).toBe(how === 'with' ? 'native' : 'partial');
    writeFileSync(at('ignored', 'x'), 'x');
    writeFileSync(at('sub', 'f'), 'x');
    await first;
    await watcher.close();
    expect([...seen].filter(path => path.includes('ignored/'))).toEqual([]);
  });
});
