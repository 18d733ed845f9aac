import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvcFileMap, parseDvcFile, printDvcFile } from '../../src/formats/dvcfile.js';
import type { DvcFile, DvcOut } from '../../src/formats/dvcfile.js';
import { parseLockFile, setLockEntry } from '../../src/formats/lockfile.js';
import { parseRunCacheEntry, runCacheKey, runCacheValue } from '../../src/formats/runcachefile.js';
import { CellarError } from '../../src/protocol/errors.js';
import { tag } from './oracle.js';

const LIMIT_MS = 60_000;
const bin = join(import.meta.dirname, '../../../.venv/bin');

describe('files written by the real dvc', () => {
  let root = '';
  const dvc = (...args: string[]) => {
    const env = {
      PATH: `${bin}:${process.env['PATH']}`,
      HOME: join(root, 'home'),
      DVC_NO_ANALYTICS: '1',
      DVC_SITE_CACHE_DIR: join(root, 'site'),
      DVC_GLOBAL_CONFIG_DIR: join(root, 'global'),
      DVC_SYSTEM_CONFIG_DIR: join(root, 'system'),
      SHELL: '/bin/sh'
    };
    const { status, stderr } = spawnSync('dvc', args, {
      cwd: join(root, 'p'),
      env,
      encoding: 'utf8',
      timeout: LIMIT_MS
    });
    expect(status, `dvc ${args.join(' ')}: ${stderr}`).toBe(0);
  };
  const read = (name: string) => readFileSync(join(root, 'p', name), 'utf8');

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'cellar-dvcfile-'));
    mkdirSync(join(root, 'p/data/sub'), { recursive: true });
    writeFileSync(join(root, 'p/data/a.txt'), 'hello\n');
    writeFileSync(join(root, 'p/data/sub/b'), 'x');
    writeFileSync(join(root, 'p/tool.sh'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(root, 'source.txt'), 'from outside');
    writeFileSync(
      join(root, 'p/params.yaml'),
      'lr: 0.00001\nn: 1_000\nbig: 1e20\nlist: [1, 2.0, null, "x: y"]\nsize: 5\nnest: {z: 1, a: {nfiles: 2, t: true}}\n'
    );
    writeFileSync(join(root, 'p/p.json'), '{"k": 1.0, "m": {"é": "ü"}}');
    writeFileSync(
      join(root, 'p/dvc.yaml'),
      `stages:
  one:
    cmd: mkdir -p d && echo a > d/x && echo "a very long line of words that goes on and on until it must be folded" > o.txt
    deps: [tool.sh, data]
    params: [lr, list.0, n, big, list, size, nest, {p.json: }]
    outs: [d, o.txt]
    metrics: [{m.json: {cache: false}}]
  two:
    cmd:
    - cat o.txt
    - "printf '{\\"a\\": 1}' > m.json"
    deps: [o.txt]
    outs: [{t.csv: {persist: true}}]
`
        .replace('mkdir -p d', "printf '{}' > m.json && mkdir -p d")
        .replace('    - "printf \'{\\"a\\": 1}\' > m.json"\n', '    - echo 1 > t.csv\n')
    );
    dvc('init', '--no-scm');
    dvc('add', 'data', 'tool.sh');
    dvc('import-url', '../source.txt', 'imp.txt');
    dvc('repro');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('.dvc files are printed back byte for byte', () => {
    for (const name of ['data.dvc', 'tool.sh.dvc', 'imp.txt.dvc']) {
      expect(printDvcFile(parseDvcFile(read(name), name))).toBe(read(name));
      expect(printDvcFile(parseDvcFile(read(name), name), read(name))).toBe(read(name));
    }
    expect(parseDvcFile(read('data.dvc'), 'x').outs[0]).toMatchObject({
      path: 'data',
      nfiles: 2n,
      size: 7n,
      flags: { cache: true }
    });
    expect(parseDvcFile(read('tool.sh.dvc'), 'x').outs[0]?.isexec).toBe(true);
  });
  test('dvc.lock is printed back byte for byte', () => {
    const text = read('dvc.lock');
    const lock = parseLockFile(text, 'dvc.lock');
    let fresh: string | null = null;
    for (const [name, entry] of lock.stages) {
      expect(setLockEntry(text, name, entry)).toBe(text);
      fresh = setLockEntry(fresh, name, entry);
    }
    expect(fresh).toBe(text);
  });
  test('run-cache files lie where our hashes say', () => {
    const lock = parseLockFile(read('dvc.lock'), 'dvc.lock');
    const [entry] = lock.stages.values();
    expect(entry).toBeDefined();
    if (!entry) return;
    const key = runCacheKey(entry);
    const folder = join(root, 'p/.dvc/cache/runs', key.slice(0, 2), key);
    expect(existsSync(folder)).toBe(true);
    expect(readdirSync(folder)).toEqual([runCacheValue(entry)]);
    const found = parseRunCacheEntry(readFileSync(join(folder, runCacheValue(entry)), 'utf8'), 'run');
    expect(runCacheValue(found)).toBe(runCacheValue(entry));
  });
});

const hex = fc.stringMatching(/^[0-9a-f]{32}$/);
const out: fc.Arbitrary<DvcOut> = fc.record({
  path: fc.constantFrom('data', 'a b.csv', 'é', '../x'),
  hash: fc.oneof(
    hex.map(value => ({ name: 'md5' as const, value })),
    hex.map(value => ({ name: 'md5-dos2unix' as const, value })),
    hex.map(value => ({ name: 'etag' as const, value }))
  ),
  size: fc.bigInt({ min: 0n, max: 2n ** 40n }),
  flags: fc.record({
    kind: fc.constant('out' as const),
    cache: fc.boolean(),
    persist: fc.boolean(),
    push: fc.boolean()
  }),
  annotations: fc.record(
    { desc: fc.constantFrom('text', 'a: b'), labels: fc.constant(['x', 'y']) },
    { requiredKeys: [] }
  )
});
const file: fc.Arbitrary<DvcFile> = fc.record(
  {
    wdir: fc.constantFrom('.', '..', 'sub'),
    deps: fc.constant([]),
    outs: fc.array(out, { minLength: 1, maxLength: 2 }),
    frozen: fc.boolean(),
    alwaysChanged: fc.boolean(),
    desc: fc.constant('d'),
    meta: fc.constantFrom('m', 3n)
  },
  { requiredKeys: ['wdir', 'deps', 'outs', 'frozen', 'alwaysChanged'] }
);

test('any .dvc file reads back', () => {
  fc.assert(
    fc.property(file, file, (value, before) => {
      expect(parseDvcFile(printDvcFile(value), 'x')).toEqual(value);
      expect(tag(dvcFileMap(parseDvcFile(printDvcFile(value, `# c\n${printDvcFile(before)}`), 'x')))).toEqual(
        tag(dvcFileMap(value))
      );
    }),
    { numRuns: 200 }
  );
});

describe('old and foreign files', () => {
  test('2.x and 1.x', () => {
    const found = parseDvcFile(
      'locked: true\nwdir: .\nouts:\n- md5: ABCDEF\n  size: 3\n  path: x\n  persist: false\n  cache: true\n',
      'x.dvc'
    );
    expect(found).toEqual({
      wdir: '.',
      deps: [],
      frozen: true,
      alwaysChanged: false,
      outs: [
        {
          path: 'x',
          hash: { name: 'md5-dos2unix', value: 'abcdef' },
          size: 3n,
          flags: { kind: 'out', cache: true, persist: false, push: true },
          annotations: {}
        }
      ]
    });
    expect(printDvcFile(found)).toBe('frozen: true\nouts:\n- md5: abcdef\n  size: 3\n  path: x\n');
  });
  test('a cmd is refused as dvc refuses it', () => {
    expect(() => parseDvcFile('cmd: python x\nouts:\n- path: y\n', 'x.dvc')).toThrow(/extra keys not allowed, in cmd/);
  });
  test('cloud versions, repositories and files are carried', () => {
    const text = `md5: 691e966f13468b9045d4b7a299e0167e
frozen: true
deps:
- path: data/a.txt
  repo:
    url: ../src
    rev: main
    rev_lock: 3bdaefd53ac4e539dfa28ac6d7659fb9942bc4c6
outs:
- hash: md5
  path: dir
  push: false
  files:
  - relpath: a
    md5: 775fce685244407ecb901a0f2879b11d
    size: 3
    cloud:
      s3:
        etag: abc
        version_id: v1
`;
    expect(printDvcFile(parseDvcFile(text, 'x'))).toBe(text);
    const etag = 'outs:\n- size: 5\n  etag: "Ab-1"\n  cloud:\n    r:\n      version_id: q\n  hash: md5\n  path: x\n';
    expect(printDvcFile(parseDvcFile(etag, 'x'))).toBe(etag.replaceAll('"', ''));
  });
  test('damage has a code, a line and a next step', () => {
    for (const text of [
      'outs: [',
      'outs:\n- path: x\n  path: y\n',
      '<<<<<<< a\nouts: []\n=======\n>>>>>>> b\n',
      '- x\n',
      'a'.repeat(1024 * 1024 + 1)
    ]) {
      try {
        parseDvcFile(text, 'x.dvc');
        expect.unreachable(text.slice(0, 20));
      } catch (error) {
        expect(error).toBeInstanceOf(CellarError);
        expect((error as CellarError).code).toBe('E_DVCFILE_INVALID');
        expect((error as CellarError).exit).toBe(255);
      }
    }
  });
});
