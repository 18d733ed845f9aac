import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lstatSync } from '../../src/io/files.js';
import { walkTree } from '../../src/io/walk.js';
import { FileIndex } from '../../src/store/index.js';
import { digestHex } from '../../src/store/columns.js';
import { md5, openBench, tempFolder, write } from './fixture.js';

const LATER = 2n ** 62n;

function stats(path: string): NonNullable<ReturnType<typeof lstatSync>> {
  const facts = lstatSync(path);
  if (facts === null) {
    throw new Error(`${path} is not there`);
  }
  return facts;
}

describe('the index', () => {
  it('behaves as a map from path and facts to hash, also across processes and deletions (model)', () => {
    const root = tempFolder();
    const names = ['a', 'b', 'z', 'é', '\u{1f600}'];
    const folders = ['', 'x', 'x/y'];
    for (const folder of folders) {
      mkdirSync(join(root, folder), { recursive: true });
      names.forEach(name => writeFileSync(join(root, folder, name), name));
    }
    const path = fc.tuple(fc.constantFrom(...folders), fc.constantFrom(...names)).map(([f, n]) => join(root, f, n));
    const command = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), path, hash: fc.nat(50) }),
      fc.record({ kind: fc.constant('touch' as const), path, at: fc.nat(1e6) }),
      fc.record({ kind: fc.constant('young' as const), path }),
      fc.record({ kind: fc.constant('reopen' as const) }),
      fc.record({ kind: fc.constant('tear' as const), bytes: fc.nat(40) })
    );
    let run = 0;
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), commands => {
        const file = join(root, `index-${run++}`);
        let index = FileIndex.open(file, root);
        let model = new Map<string, { hash: string; facts: string }>();
        let saved = new Map(model);
        const factsOf = (p: string): string => {
          const s = stats(p);
          return [s.dev, s.ino, s.mtimeNs, s.ctimeNs, s.size].join();
        };
        for (const step of commands) {
          if (step.kind === 'set') {
            index.set(step.path, stats(step.path), md5(String(step.hash)), LATER);
            model.set(step.path, { hash: md5(String(step.hash)), facts: factsOf(step.path) });
          } else if (step.kind === 'touch') {
            utimesSync(step.path, step.at, step.at);
          } else if (step.kind === 'young') {
            index.set(step.path, stats(step.path), md5('y'), 0n);
            model.delete(step.path);
          } else if (step.kind === 'reopen') {
            index.save();
            index = FileIndex.open(file, root);
            saved = new Map(model);
          } else if (existsSync(file)) {
            // A torn tail loses rows, it never changes them.
            truncateSync(file, Math.max(0, statSync(file).size - step.bytes));
            index = FileIndex.open(file, root);
            model = new Map([...saved].filter(([p, row]) => index.lookup(p, stats(p)) === row.hash));
            saved = new Map(model);
          }
        }
        for (const folder of folders) {
          for (const name of names) {
            const p = join(root, folder, name);
            const row = model.get(p);
            const wanted = row !== undefined && row.facts === factsOf(p) ? row.hash : null;
            expect(index.lookup(p, stats(p))).toBe(wanted);
          }
        }
      }),
      { numRuns: 120 }
    );
  });

  it('knows unchanged files, and none that changed in any fact (I11)', async () => {
    const bench = openBench();
    write(bench.data, { a: 'one', 'sub/b': 'two', 'sub/c': 'three' });
    bench.index.now = () => LATER;
    const { hash } = await bench.status();
    bench.reopen();
    bench.index.now = () => LATER;
    expect((await bench.status()).hash).toEqual(hash);
    const block = walkTree(bench.data).dirs[0];
    const merged = bench.index.merge(block ?? walkTree(bench.data));
    expect(merged.misses).toEqual([]);
    expect(merged.nonce).not.toBeNull();
    expect(digestHex(merged.digests, 1)).toBe(md5('three'));
    const { atimeMs } = statSync(join(bench.data, 'sub', 'b'));
    // Same size, same mtime as before: only the ctime tells.
    const before = statSync(join(bench.data, 'sub', 'b')).mtimeMs;
    writeFileSync(join(bench.data, 'sub', 'b'), 'TWO');
    utimesSync(join(bench.data, 'sub', 'b'), atimeMs / 1000, before / 1000);
    const again = bench.index.merge(walkTree(bench.data).dirs[0] ?? walkTree(bench.data));
    expect(again.misses).toEqual([0]);
    expect(again.nonce).toBeNull();
    const changed = await bench.status();
    expect(changed.hash).not.toEqual(hash);
    expect([...(changed.tree?.paths ?? [])]).toEqual(['a', 'sub/b', 'sub/c']);
    write(bench.data, { 'sub/d': 'four' });
    mkdirSync(join(bench.data, 'hollow'));
    expect((await bench.status()).meta.nfiles).toBe(4n);
  });

  it('does not trust a file younger than two seconds', async () => {
    const bench = openBench();
    write(bench.data, { young: 'one' }, { young: true });
    write(bench.data, { old: 'two' });
    await bench.status();
    // Its ctime is of this moment: the mode and times were set by the test just now.
    expect(bench.index.merge(walkTree(bench.data)).misses).toEqual([0, 1]);
    bench.index.record(
      bench.data,
      { names: ['old'], facts: walkTree(bench.data).facts.slice(0, 5), digests: new Uint8Array(16) },
      LATER
    );
    expect(bench.index.merge(walkTree(bench.data)).misses).toEqual([1]);
  });

  it('is written whole when a tenth is old news, appended otherwise, and survives nonsense', () => {
    const root = tempFolder();
    const file = join(root, 'index');
    write(root, Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`d${i}/f`, String(i)])));
    let index = FileIndex.open(file, root);
    const set = (i: number, hash: string): void =>
      index.set(join(root, `d${i}`, 'f'), stats(join(root, `d${i}`, 'f')), md5(hash), LATER);
    for (let i = 0; i < 200; i++) {
      set(i, String(i));
    }
    index.save();
    const whole = statSync(file).size;
    index = FileIndex.open(file, root);
    set(7, 'changed');
    index.save();
    const longer = statSync(file).size;
    expect(longer).toBeGreaterThan(whole);
    expect(longer).toBeLessThan(whole * 1.1);
    for (let round = 0; round < 60; round++) {
      index = FileIndex.open(file, root);
      set(round, `round ${round}`);
      index.save();
    }
    expect(statSync(file).size).toBeLessThan(whole * 1.3);
    appendFileSync(file, 'nonsense at the end');
    index = FileIndex.open(file, root);
    expect(index.lookup(join(root, 'd3', 'f'), stats(join(root, 'd3', 'f')))).toBe(md5('round 3'));
    for (const text of ['', 'x', 'cellar-index 999', readFileSync(file).subarray(0, 20)]) {
      writeFileSync(file, text);
      index = FileIndex.open(file, root);
      expect(index.lookup(join(root, 'd3', 'f'), stats(join(root, 'd3', 'f')))).toBeNull();
      set(3, 'again');
      index.save();
      expect(FileIndex.open(file, root).lookup(join(root, 'd3', 'f'), stats(join(root, 'd3', 'f')))).toBe(md5('again'));
    }
  });

  it('keeps memos beside rows', () => {
    const root = tempFolder();
    const file = join(root, 'index');
    const index = FileIndex.open(file, root);
    index.remember('tree', { text: 'fingerprint', md5: md5('x'), numbers: [7n, 8n] });
    index.save();
    expect(FileIndex.open(file, root).recall('tree')).toEqual({
      text: 'fingerprint',
      md5: md5('x'),
      numbers: [7n, 8n]
    });
    expect(FileIndex.open(file, root).recall('other')).toBeNull();
  });

  it('asks the file system for the time', () => {
    const root = tempFolder();
    const index = FileIndex.open(join(root, 'a', 'index'), root);
    const now = index.now();
    expect(Number(now / 1_000_000n) / Date.now()).toBeCloseTo(1, 3);
    expect(index.now()).toBeGreaterThanOrEqual(now);
  });
});
