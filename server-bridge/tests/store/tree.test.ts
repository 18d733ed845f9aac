import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareCodePoints } from '../../src/io/walk.js';
import { encodeTree, parseTree, treeBytes, treeEntries, treeOf, treeOid } from '../../src/store/tree.js';
import { md5 } from './fixture.js';

const python = resolve(import.meta.dirname, '../../../.venv/bin/python');

/** What Python's json writes for the same entries, sorted by code points. */
function pythonManifests(trees: [string, string][][]): string[] {
  const code =
    'import json, sys\n' +
    'for rows in json.load(sys.stdin):\n' +
    '    rows = sorted(({"md5": m, "relpath": p} for p, m in rows), key=lambda r: r["relpath"])\n' +
    '    print(json.dumps(json.dumps(rows, sort_keys=True)))';
  const out = execFileSync(python, ['-c', code], {
    input: JSON.stringify(trees),
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 1e9
  });
  return out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as string);
}

const part = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
    fc.constantFrom('a', 'a.b', 'a-b', '\u{1f600}', '\uffee', 'é', '"\\', '\u007f\t')
  )
  .map(text => text.replaceAll(/[/\0]/g, '_'))
  .filter(text => text !== '.' && text !== '..' && text.isWellFormed());
const relpath = fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'));

/** Paths of which none is a folder of another. */
const entries = fc
  .uniqueArray(relpath, { maxLength: 30 })
  .map(paths => paths.filter(path => !paths.some(other => other.startsWith(path + '/'))))
  .map(paths => paths.map((path): [string, string] => [path, md5(path)]));

describe('directory objects', () => {
  it('are byte for byte what Python writes', () => {
    const trees = fc.sample(entries, { numRuns: 150, seed: 7 });
    expect(trees.map(rows => treeBytes(treeOf(rows)).toString('utf8'))).toEqual(pythonManifests(trees));
  });

  it('read back equal, in any layout', () => {
    fc.assert(
      fc.property(entries, fc.boolean(), (rows, pretty) => {
        const tree = treeOf(rows);
        const canonical = treeBytes(tree);
        const bytes = pretty ? Buffer.from(JSON.stringify(JSON.parse(canonical.toString('utf8')), null, 2)) : canonical;
        const back = parseTree(bytes, treeOid(tree));
        expect([...treeEntries(back)]).toEqual([...treeEntries(tree)]);
        expect(treeOid(back)).toBe(md5(canonical) + '.dir');
      })
    );
  });

  it('are written in bounded pieces', () => {
    const tree = treeOf(
      Array.from({ length: 20_000 }, (_, i): [string, string] => [`folder/file-${i}`, md5(String(i))])
    );
    let most = 0;
    let bytes = 0;
    for (const piece of encodeTree(tree)) {
      most = Math.max(most, piece.length);
      bytes += piece.length;
    }
    expect(most).toBeLessThan(200_000);
    expect(bytes).toBe(treeBytes(tree).length);
    expect([...treeEntries(parseTree(treeBytes(tree), 'x'))]).toHaveLength(20_000);
  });

  it('of DVC before 3 and of nobody are told apart', () => {
    const good = `[{"relpath":"b","md5":"${md5('b')}"},\n{"md5": "${md5('a')}", "relpath": "a"}]`;
    expect([...treeEntries(parseTree(Buffer.from(good), 'x'))]).toEqual([
      ['a', md5('a')],
      ['b', md5('b')]
    ]);
    const bad = [
      '',
      '{',
      '{}',
      'null',
      '[1]',
      '[{}]',
      '[{"relpath": "a"}]',
      '[{"md5": "x", "relpath": "a"}]',
      `[{"md5": "${md5('a')}", "relpath": 3}]`,
      `[{"md5": "${md5('a')}", "relpath": "a"}, {"md5": "${md5('a')}", "relpath": "a"}]`,
      `[{"md5": "${md5('a')}", "relpath": "a"}, {"md5": "${md5('a')}", "relpath": "a/b"}]`,
      `[{"md5": "${md5('a')}", "relpath": "a"}`,
      `[{"md5": "${md5('a')}", "relpath": "a"}] `.trimEnd() + 'x'
    ];
    for (const text of bad) {
      expect(() => parseTree(Buffer.from(text), 'x')).toThrow(expect.objectContaining({ code: 'E_MANIFEST_CORRUPT' }));
    }
  });

  it('never crash the reader, whatever the bytes', () => {
    const valid = treeBytes(
      treeOf([
        ['a', md5('a')],
        ['b/c', md5('c')],
        ['é', md5('e')]
      ])
    );
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length), (at, byte, cut) => {
        const bytes = Buffer.from(valid);
        bytes[at] = byte;
        for (const some of [bytes, valid.subarray(0, cut)]) {
          try {
            parseTree(some, 'x');
          } catch (error) {
            expect(error).toMatchObject({ code: 'E_MANIFEST_CORRUPT' });
          }
        }
      }),
      { numRuns: 500 }
    );
  });
});

describe('the order of paths', () => {
  it('is that of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(relpath, relpath, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      })
    );
  });
});
