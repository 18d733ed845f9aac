import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { setHook } from '../../src/io/files.js';
import { checkCache, md5, openBench, write, type Bench } from './fixture.js';

const FILES = { a: 'one', 'sub/b': 'two', 'sub/large': 'x'.repeat(3_000_000), empty: '' };

afterEach(() => setHook(null));

/** The files of `data` and the objects that `work` opens. */
async function opened(bench: Bench, work: () => Promise<unknown>): Promise<string[]> {
  const paths: string[] = [];
  setHook((op, path) => {
    if (op === 'open' && (path.startsWith(bench.data) || path.includes('/files/md5/'))) {
      paths.push(path);
    }
  });
  await work();
  setHook(null);
  return paths;
}

async function addedAndPlaced(): Promise<{ bench: Bench; oid: string }> {
  const bench = openBench(['copy']);
  write(bench.data, FILES);
  const oid = (await bench.add()).hash.value;
  rmSync(bench.data, { recursive: true });
  bench.reopen();
  await bench.checkout({ oid });
  bench.reopen();
  return { bench, oid };
}

describe('files that we made a moment ago (I11)', () => {
  it('are not read again: neither the copies of a checkout', async () => {
    const { bench, oid } = await addedAndPlaced();
    expect(await opened(bench, () => bench.status())).toEqual([]);
    expect(await opened(bench, () => bench.checkout({ oid }))).toEqual([join(bench.store.path(oid))]);
  });

  it('nor objects that were hashed while they were written', async () => {
    const bench = openBench(['copy']);
    write(bench.data, FILES);
    await bench.add();
    bench.reopen();
    const { oids, problems } = checkCache(bench.cache);
    expect(problems).toEqual([]);
    const files = oids.filter(oid => !oid.endsWith('.dir'));
    expect(files).toHaveLength(4);
    expect(await opened(bench, () => bench.store.verifyAll(files, 'md5'))).toEqual([]);
  });

  it('and yet show a change of the same size in the same moment', async () => {
    const { bench, oid } = await addedAndPlaced();
    writeFileSync(join(bench.data, 'a'), 'two');
    expect((await bench.status()).hash.value).not.toBe(oid);
    const object = bench.store.path(md5('two'));
    rmSync(object);
    writeFileSync(object, 'owt', { mode: 0o444 });
    expect([...(await bench.store.verifyAll([md5('two')], 'md5')).values()]).toEqual(['corrupt']);
  });
});
