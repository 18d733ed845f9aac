import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { isText } from '../../src/hash/dos2unix.js';
import { createHasher, EMPTY_MD5, md5Hex } from '../../src/hash/md5.js';

const python = resolve(import.meta.dirname, '../../../.venv/bin/python');
const folder = mkdtempSync(join(tmpdir(), 'cellar-md5-'));
afterAll(() => rmSync(folder, { recursive: true }));

function legacy(bytes: Uint8Array, cuts: readonly number[] = []): string {
  const hasher = createHasher('md5-dos2unix');
  let from = 0;
  for (const cut of [...cuts.filter(c => c < bytes.length), bytes.length]) {
    hasher.update(bytes.subarray(from, Math.max(from, cut)));
    from = Math.max(from, cut);
  }
  return hasher.digest().toString('hex');
}

describe('md5', () => {
  it('knows the empty file', () => {
    expect(md5Hex('')).toBe(EMPTY_MD5);
    expect(createHasher().digest().toString('hex')).toBe(EMPTY_MD5);
  });

  it('takes bytes in portions', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }), parts => {
        const hasher = createHasher();
        parts.forEach(part => hasher.update(part));
        expect(hasher.digest().toString('hex')).toBe(createHash('md5').update(Buffer.concat(parts)).digest('hex'));
      })
    );
  });
});

describe('md5-dos2unix (spec/dvc-data.md §3.1)', () => {
  it('agrees with dvc on text, binary, samples and chunk borders', () => {
    const mib = 1024 * 1024;
    const cases: Buffer[] = [
      Buffer.from('a\r\nb\r\n'),
      Buffer.from('a\rb\n\r\n'),
      Buffer.from([0x61, 0, 13, 10]),
      Buffer.concat([Buffer.alloc(600, 'x'), Buffer.from([0, 13, 10])]),
      Buffer.concat([Buffer.alloc(10, 0xc3), Buffer.from('abc\r\n')]),
      Buffer.concat([Buffer.alloc(30, 0xc3), Buffer.alloc(70, 'a'), Buffer.from('\r\n')]),
      Buffer.concat([Buffer.alloc(31, 0xc3), Buffer.alloc(69, 'a'), Buffer.from('\r\n')]),
      Buffer.concat([Buffer.alloc(mib - 1, 'x'), Buffer.from('\r\nrest\r\n')]),
      Buffer.concat([Buffer.alloc(mib, 0), Buffer.from('text\r\n')]),
      Buffer.concat([Buffer.alloc(2 * mib + 7, 'y\r\n'), Buffer.from('\r')]),
      Buffer.alloc(0)
    ];
    cases.forEach((bytes, i) => writeFileSync(join(folder, String(i)), bytes));
    const code =
      'import sys; from dvc_data.hashfile.hash import file_md5\n' +
      'for i in range(int(sys.argv[2])): print(file_md5(f"{sys.argv[1]}/{i}", name="md5-dos2unix"))';
    const wanted = execFileSync(python, ['-c', code, folder, String(cases.length)], {
      encoding: 'utf8',
      timeout: 60_000
    });
    expect(cases.map(bytes => legacy(bytes))).toEqual(wanted.trim().split('\n'));
  });

  it('does not depend on the portions', () => {
    const bytes = Buffer.alloc(1024 * 1024 + 5000, 'ab\r\n\r');
    const whole = legacy(bytes);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), cuts => {
        expect(
          legacy(
            bytes,
            cuts.sort((a, b) => a - b)
          )
        ).toBe(whole);
      }),
      { numRuns: 30 }
    );
  });

  it('takes nothing as no text', () => {
    expect(isText(new Uint8Array(0))).toBe(false);
  });
});
