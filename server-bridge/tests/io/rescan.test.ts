import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setHook } from '../../src/io/files.js';
import { openRescan } from '../../src/io/rescan.js';
import { watchTree } from '../../src/io/watch.js';

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellar-rescan-'));
  process.env['CELLAR_NO_NATIVE'] = '1';
});
afterEach(() => {
  delete process.env['CELLAR_NO_NATIVE'];
  setHook(null);
  rmSync(folder, { recursive: true, force: true });
});

const all = (): boolean => false;

describe('a look at a whole tree (N52)', () => {
  it('names what came, went, changed or became something else', async () => {
    mkdirSync(at('a', 'b'), { recursive: true });
    ['same', 'grows', 'goes', 'a/b/deep', 'kind'].forEach(name => writeFileSync(at(name), name));
    const rescan = openRescan(folder, all);
    expect(await rescan.look()).toEqual([]);
    expect(await rescan.look()).toEqual([]);
    writeFileSync(at('grows'), 'more');
    rmSync(at('goes'));
    writeFileSync(at('comes'), '');
    rmSync(at('kind'));
    symlinkSync('same', at('kind'));
    renameSync(at('a', 'b'), at('a', 'c'));
    expect((await rescan.look()).sort()).toEqual(
      [at('a', 'b'), at('a', 'c', 'deep'), at('comes'), at('goes'), at('grows'), at('kind')].sort()
    );
    expect(await rescan.look()).toEqual([]);
  });

  it('sees a change that leaves size and mtime as they were', async () => {
    writeFileSync(at('f'), 'one');
    utimesSync(at('f'), 1000, 1000);
    const rescan = openRescan(folder, all);
    await rescan.look();
    writeFileSync(at('f'), 'two');
    utimesSync(at('f'), 1000, 1000);
    expect(await rescan.look()).toEqual([at('f')]);
  });

  it('leaves out what is ignored', async () => {
    mkdirSync(at('out'));
    const rescan = openRescan(folder, path => path === at('out'));
    await rescan.look();
    writeFileSync(at('out', 'x'), '');
    expect(await rescan.look()).toEqual([]);
  });

  it('names exactly the difference of two trees', async () => {
    const tree = fc.uniqueArray(fc.constantFrom('a', 'b', 'c/a', 'c/d/e', 'f', 'g/h'));
    await fc.assert(
      fc.asyncProperty(tree, tree, async (first, second) => {
        const root = mkdtempSync(at('t-'));
        const put = (names: string[]): void =>
          names.forEach(name => {
            mkdirSync(join(root, name, '..'), { recursive: true });
            writeFileSync(join(root, name), name);
          });
        put(first);
        const rescan = openRescan(root, all);
        await rescan.look();
        first.filter(name => !second.includes(name)).forEach(name => rmSync(join(root, name)));
        put(second.filter(name => !first.includes(name)));
        const wanted = [...first, ...second].filter(name => !(first.includes(name) && second.includes(name)));
        expect((await rescan.look()).sort()).toEqual(wanted.map(name => join(root, name)).sort());
      }),
      { numRuns: 40 }
    );
  });
});

it('finds what no event told, also where the system gives no watches at all', async () => {
  setHook(op => {
    if (op === 'watch') {
      throw Object.assign(new Error('ENOSPC: no watches'), { code: 'ENOSPC', errno: -28, syscall: 'watch' });
    }
  });
  mkdirSync(at('sub', 'sub'), { recursive: true });
  let told: (paths: ReadonlySet<string> | null) => void = () => undefined;
  const next = (): Promise<ReadonlySet<string> | null> => new Promise(resolve => (told = resolve));
  const first = next();
  const watcher = await watchTree(folder, paths => told(paths), { gather: 1, lookEvery: 10 });
  expect(watcher.kind).toBe('partial');
  expect(await first).toBeNull(); // from here on nothing is missed
  const second = next();
  writeFileSync(at('sub', 'sub', 'f'), 'x');
  expect([...((await second) ?? [])]).toEqual([at('sub', 'sub', 'f')]);
  await watcher.close();
});
