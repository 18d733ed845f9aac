import { chownSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setHook } from '../../src/io/files.js';
import { followHead, recordTrust, trustedParts, trustOf } from '../../src/service/trust.js';

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

const moved = { digest: 'd', head: 'another' };

/** That nothing of what was trusted counts any more, and that neither edits nor commits bring it back; a decision does. */
function expectForgotten(): void {
  expect(trustOf(base, facts)).toBe('restricted');
  expect(trustedParts(base)).toBeNull();
  followHead(base, moved);
  expect(trustOf(base, moved)).toBe('restricted');
  recordTrust(base, moved, scope);
  expect(trustOf(base, moved)).toBe('trusted');
}

test('trust that was given to another owner of the folder counts for nothing', () => {
  recordTrust(base, { ...facts, parts: { 'command x': '"echo"' } }, scope);
  expect(trustedParts(base)).toEqual({ 'command x': '"echo"' });
  const path = join(base, 'state', 'cellar', 'trust.json');
  const book = readFileSync(path, 'utf8');
  expect(book).toContain(`"owner":${statSync(base).uid},`);
  writeFileSync(path, book.replace(/"owner":\d+/, '"owner":4242424'));
  expectForgotten();
});

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)(
  'a folder that was given to another owner is asked about again (only root can give it away)',
  () => {
    recordTrust(base, { ...facts, parts: {} }, scope);
    expect(trustOf(base, facts)).toBe('trusted');
    chownSync(base, 4242424, 4242424);
    expectForgotten();
  }
);

test('one project’s trust is no other’s, and a folder that was moved here is asked about', () => {
  const [one, two] = [join(base, 'one'), join(base, 'two')];
  mkdirSync(one);
  recordTrust(one, facts, scope);
  renameSync(one, two);
  expect(trustOf(two, facts)).toBe('restricted');
});
