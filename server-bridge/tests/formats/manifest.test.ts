import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManifestReader } from '../../src/formats/manifest-reader.js';
import {
  comparePaths,
  parseManifest,
  printManifest,
  printManifestChunks,
  unsafeRelpath
} from '../../src/formats/manifest.js';
import type { ManifestEntry } from '../../src/formats/manifest.js';
import { CellarError } from '../../src/protocol/errors.js';
import { startOracle } from './oracle.js';

const ask = startOracle();

const md5 = fc.stringMatching(/^[0-9a-f]{32}$/);
const segment = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'abzZ019._- "\\é漢😀\u007f\u0001\ue000\uffff\u2028'),
      fc.string({ minLength: 1, maxLength: 2 })
    ),
    { minLength: 1, maxLength: 5 }
  )
  .map(parts => parts.join('').replace(/[/\0\\]/g, 'x'))
  .filter(name => name !== '.' && name !== '..' && !/^[a-zA-Z]:/.test(name) && !/[\ud800-\udfff]/u.test(name));
const relpath = fc.array(segment, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'));
const entries = fc.uniqueArray(fc.record({ relpath, md5 }), { selector: entry => entry.relpath, maxLength: 12 });

test('the vector of the specification', () => {
  const files: [string, string][] = [
    ['é b.txt', '39c7627198d038fbb0f6fa7e2152a220'],
    ['Z', '9dd4e461268c8034f5c8564e155c67a6'],
    ['sub/run.sh', '3e2b31c72181b87149ff995e7202c0e3'],
    ['a.txt', 'b1946ac92492d2347c6235b4d2611184'],
    ['sub.txt', '415290769594460e2e485922904f345d'],
    ['empty.txt', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['link', 'b1946ac92492d2347c6235b4d2611184']
  ];
  const bytes = printManifest(files.map(([path, hash]) => ({ relpath: path, md5: hash })));
  expect(bytes.length).toBe(468);
  expect(createHash('md5').update(bytes).digest('hex')).toBe('df1f2d03fb713c97929481d2a91a531c');
  expect(createHash('md5').update(printManifest([])).digest('hex')).toBe('d751713988987e9331980363e24189ce');
});

test('bytes and oid equal those of dvc', async () => {
  await fc.assert(
    fc.asyncProperty(entries, async list => {
      const bytes = printManifest(list);
      const { ok } = await ask(
        'manifest',
        list.map(({ relpath: path, md5: hash }) => [path, hash])
      );
      expect(ok).toEqual({
        text: bytes.toString('latin1'),
        oid: `${createHash('md5').update(bytes).digest('hex')}.dir`
      });
    }),
    { numRuns: 300 }
  );
});

test('what is printed reads back, however the bytes are cut', () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 1, max: 50 }), (list, size) => {
      const bytes = printManifest(list);
      const sorted = [...list].sort((a, b) => comparePaths(a.relpath, b.relpath));
      expect(parseManifest(bytes)).toEqual(sorted);
      const found: ManifestEntry[] = [];
      const reader = new ManifestReader(entry => found.push(entry), 100);
      for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));
      reader.end();
      expect(found).toEqual(sorted);
      expect(Buffer.concat([...printManifestChunks(sorted)])).toEqual(bytes);
    })
  );
});

describe('other layouts are read', () => {
  const hash = 'a'.repeat(32);
  test.each([
    `[{"relpath": "b", "md5": "${hash}"}]`,
    `[\n {"md5":"${hash}" ,\t"relpath":"b"}\n]\n`,
    `[{"relpath":"\\u0062","md5":"${hash}"}]`
  ])('%j', text => {
    expect(parseManifest(Buffer.from(text))).toEqual([{ relpath: 'b', md5: hash }]);
  });
  test('raw UTF-8', () => {
    expect(parseManifest(Buffer.from(`[{"md5": "${hash}", "relpath": "é/漢"}]`))[0]?.relpath).toBe('é/漢');
  });
});

describe('damage is refused', () => {
  const hash = 'a'.repeat(32);
  test.each([
    '',
    '[',
    '{}',
    '[1]',
    '["a"]',
    '[{}]',
    `[{"md5": "${hash}"}]`,
    '[{"relpath": "b"}]',
    `[{"md5": "${hash}", "relpath": "b"}`,
    `[{"md5": "${hash}", "relpath": "b"}] x`,
    `[{"md5": "${hash}", "relpath": "b"},]`,
    `[{"md5": "${hash}" "relpath": "b"}]`,
    `[{"md5": "${hash}", "relpath": "b", "size": "1"}]`,
    `[{"md5": "${hash}", "md5": "${hash}", "relpath": "b"}]`,
    `[{"md5": "${hash}", "relpath": "\\x"}]`,
    '[{"md5": "zz", "relpath": "b"}]',
    '[{"md5": "../../../../etc/passwd", "relpath": "b"}]',
    `[{"md5": "${hash.toUpperCase()}", "relpath": "b"}]`
  ])('%j', text => {
    expect(() => parseManifest(Buffer.from(text))).toThrow(CellarError);
  });
  test('bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from(`[{"md5": "${hash}", "relpath": "`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}]')
    ]);
    expect(() => parseManifest(bytes)).toThrow(/not UTF-8/);
  });
  test('any bytes at all end in a result or a CellarError', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('[', ']', '{', '}', '"', ',', ':', '\\', 'md5', 'relpath', hash, 'a', ' ', '\\u00', 'é'),
          { maxLength: 30 }
        ),
        parts => {
          try {
            parseManifest(Buffer.from(parts.join('')));
          } catch (error) {
            expect(error).toBeInstanceOf(CellarError);
          }
        }
      ),
      { numRuns: 1000 }
    );
  });
});

test.each([
  ['a/b', false],
  ['.hidden', false],
  ['a..b', false],
  ['..a/b', false],
  ['a b', false],
  ['a"b', false],
  ['back\\slash', false],
  ['', true],
  ['/etc/passwd', true],
  ['../x', true],
  ['a/../x', true],
  ['a/..', true],
  ['.', true],
  ['a//b', true],
  ['a/', true],
  ['a\0b', true],
  ['C:/x', true],
  ['c:x', true],
  ['..\\x', true],
  ['a\\..\\x', true],
  ['\\\\host\\share', true],
  ['x'.repeat(4097), true]
])('the path %j is unsafe: %s', (path, unsafe) => {
  expect(unsafeRelpath(path) !== undefined).toBe(unsafe);
});
