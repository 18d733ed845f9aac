import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setHook } from '../../src/io/files.js';
import { recordTrust, trustOf } from '../../src/service/trust.js';

const facts = { digest: 'd', head: null };
const scope = { code: true, remotes: false };

let base: string;
let before: string | undefined;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cellar-trust-'));
  before = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = join(base, 'state');
});

afterEach(() => {
  setHook(null);
  if (before === undefined) {
    delete process.env['XDG_STATE_HOME'];
  } else {
    process.env['XDG_STATE_HOME'] = before;
  }
  rmSync(base, { recursive: true, force: true });
});

test('two projects that are recorded at the same moment are both in the book', () => {
  const [one, two] = ['one', 'two'].map(name => {
    mkdirSync(join(base, name));
    return join(base, name);
  }) as [string, string];
  let met = false;
  setHook(op => {
    if (op === 'fsync' && !met) {
      met = true;
      recordTrust(two, facts, scope);
    }
  });
  recordTrust(one, facts, scope);
  expect(met).toBe(true);
  expect([one, two].map(root => trustOf(root, facts))).toEqual(['trusted', 'trusted']);
});

test('a book that cannot be read is replaced', () => {
  mkdirSync(join(base, 'state', 'cellar'), { recursive: true });
  writeFileSync(join(base, 'state', 'cellar', 'trust.json'), '{');
  recordTrust(base, facts, scope);
  expect(trustOf(base, facts)).toBe('trusted');
});
