import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setThreadRule } from '../../src/store/pool.js';
import { setWorkerScript } from '../../src/store/threads.js';
import { checkCache, openBench, read, write } from './fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'cellar-worker-'));

beforeAll(async () => {
  const script = join(folder, 'worker.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/store/worker.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
    logLevel: 'error'
  });
  setWorkerScript(pathToFileURL(script));
  setThreadRule({ rows: 1, bytes: 1 });
});
afterAll(() => {
  setWorkerScript(null);
  rmSync(folder, { recursive: true, force: true });
});

const FILES = Object.fromEntries(
  Array.from({ length: 400 }, (_, i) => [`d${i % 7}/f${i}`, `content of ${i % 390} `.repeat(i % 50)])
);

describe('with worker threads', () => {
  it.each([['copy' as const], ['hardlink' as const]])('%s: the same results as in one thread', async type => {
    const bench = openBench([type]);
    write(bench.data, FILES);
    write(bench.data, { big: Buffer.alloc(2_500_000, 'big') });
    const told: number[] = [];
    const { hash } = await bench.add(bench.data, { progress: p => told.push(p.files) });
    expect(told.at(-1)).toBe(401);
    expect(checkCache(bench.cache).problems).toEqual([]);
    const alone = openBench([type]);
    write(alone.data, FILES);
    write(alone.data, { big: Buffer.alloc(2_500_000, 'big') });
    setThreadRule({ rows: Infinity, bytes: Infinity });
    expect((await alone.add()).hash).toEqual(hash);
    setThreadRule({ rows: 1, bytes: 1 });
    expect(checkCache(alone.cache)).toEqual(checkCache(bench.cache));
    const before = read(bench.data);
    rmSync(bench.data, { recursive: true });
    expect(await bench.checkout({ oid: hash.value })).toMatchObject({ added: 401 });
    expect(read(bench.data)).toEqual(before);
    bench.reopen();
    expect((await bench.status()).hash).toEqual(hash);
  });

  it('cancelling stops them, and they work on afterwards', async () => {
    const bench = openBench();
    write(bench.data, FILES);
    const controller = new AbortController();
    const adding = bench.add(bench.data, { signal: controller.signal, progress: () => controller.abort() });
    await expect(adding).rejects.toMatchObject({ code: 'E_CANCELLED' });
    expect(checkCache(bench.cache).problems).toEqual([]);
    await bench.add();
    expect(checkCache(bench.cache).problems).toEqual([]);
  });

  it('a file that cannot be read is named, whichever part it is in', async () => {
    const bench = openBench();
    write(bench.data, FILES);
    const adding = bench.add(bench.data, {
      progress: () => rmSync(join(bench.data, 'd4', 'f396'), { force: true })
    });
    await expect(adding).rejects.toMatchObject({
      code: 'E_FILE_MISSING',
      at: { path: join(bench.data, 'd4', 'f396') }
    });
    await bench.add();
    expect(checkCache(bench.cache).problems).toEqual([]);
  });
});
