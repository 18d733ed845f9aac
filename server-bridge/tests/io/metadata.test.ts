import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertWritable, isInside, symlinkAbove } from '../../src/io/contain.js';
import { setHook } from '../../src/io/files.js';
import { isDead, pidExists, startTime, thisOwner } from '../../src/io/identity.js';
import { closeInterrupted, interrupted, openJournal, readJournal } from '../../src/io/journal.js';
import { isLitter, ownerTag } from '../../src/io/ownertag.js';
import { publishFile } from '../../src/io/publish.js';
import { listTrash, newOperation, openTrash } from '../../src/io/trash.js';

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellar-io-'));
});
afterEach(() => {
  setHook(null);
  rmSync(folder, { recursive: true, force: true });
});

describe('publishFile (I4)', () => {
  it('writes whole files, makes folders, keeps the mode', () => {
    publishFile(at('a', 'b', 'f'), 'one');
    expect(readFileSync(at('a', 'b', 'f'), 'utf8')).toBe('one');
    expect(lstatSync(at('a', 'b', 'f')).mode & 0o777).toBe(0o666 & ~process.umask());
    chmodSync(at('a', 'b', 'f'), 0o640);
    publishFile(at('a', 'b', 'f'), Buffer.from('two'));
    expect(lstatSync(at('a', 'b', 'f')).mode & 0o777).toBe(0o640);
    publishFile(at('secret'), 'x', { mode: 0o600 });
    expect(lstatSync(at('secret')).mode & 0o777).toBe(0o600);
    expect(readdirSync(at('a', 'b'))).toEqual(['f']);
  });

  it('syncs the bytes before the name, and the folder after it', () => {
    const ops: string[] = [];
    setHook(op => ops.push(op));
    publishFile(at('f'), 'x');
    const order = ['write', 'fsync', 'close', 'rename', 'fsync'].map(op => op);
    expect(ops.filter(op => order.includes(op))).toEqual(['write', 'fsync', 'close', 'rename', 'fsync', 'close']);
  });

  it('never writes over a change of somebody else', () => {
    publishFile(at('f'), 'one', { expect: null });
    expect(() => publishFile(at('f'), 'two', { expect: null })).toThrow(
      expect.objectContaining({ code: 'E_CHANGED_ON_DISK' })
    );
    expect(() => publishFile(at('f'), 'two', { expect: 'other' })).toThrow(
      expect.objectContaining({ code: 'E_CHANGED_ON_DISK' })
    );
    publishFile(at('f'), 'two', { expect: 'one' });
    rmSync(at('f'));
    expect(() => publishFile(at('f'), 'three', { expect: 'two' })).toThrow(
      expect.objectContaining({ code: 'E_CHANGED_ON_DISK' })
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('makes a file only if there is none, when asked', () => {
    publishFile(at('f'), 'one', { exclusive: true });
    expect(() => publishFile(at('f'), 'two', { exclusive: true })).toThrow(
      expect.objectContaining({ code: 'E_EXISTS' })
    );
    expect(readFileSync(at('f'), 'utf8')).toBe('one');
    expect(readdirSync(folder)).toEqual(['f']);
  });

  it('refuses links and folders', () => {
    writeFileSync(at('real'), 'one');
    symlinkSync('real', at('link'));
    mkdirSync(at('dir'));
    expect(() => publishFile(at('link'), 'two')).toThrow(expect.objectContaining({ code: 'E_SYMLINK_METADATA' }));
    expect(() => publishFile(at('dir'), 'two')).toThrow(expect.objectContaining({ code: 'E_NOT_A_FILE' }));
    expect(readFileSync(at('real'), 'utf8')).toBe('one');
  });

  it('sweeps what a dead process left beside the same file, and nothing else', () => {
    const dead = ownerTag().replace(/^([0-9a-f]+)-[0-9a-f]+-/, '$1-00000000-');
    writeFileSync(at(`.f.${dead}.tmp`), 'half');
    writeFileSync(at(`.f.${ownerTag()}.tmp`), 'of a live one');
    writeFileSync(at('.f.mine.tmp'), 'of the user');
    publishFile(at('f'), 'x');
    expect(readdirSync(folder).filter(name => name.startsWith('.f.'))).toHaveLength(2);
    expect(existsSync(at(`.f.${dead}.tmp`))).toBe(false);
  });

  it('turns a full disk into a sentence with a next step', () => {
    setHook(op => {
      if (op === 'write') {
        throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', errno: -28, syscall: 'write' });
      }
    });
    expect(() => publishFile(at('f'), 'x')).toThrow(
      expect.objectContaining({ code: 'E_DISK_FULL', at: { path: at('f') } })
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('trash (I3)', () => {
  it('moves trees, links and files aside and puts them back', () => {
    mkdirSync(at('d', 'sub'), { recursive: true });
    writeFileSync(at('d', 'sub', 'f'), 'one');
    symlinkSync('sub/f', at('d', 'link'));
    writeFileSync(at('g'), 'two');
    const operation = newOperation('test');
    const trash = openTrash(at('tmp'), operation);
    expect(trash.moveAll([at('d'), at('g'), at('absent')]).map(item => item.path)).toEqual([at('d'), at('g')]);
    expect(existsSync(at('d'))).toBe(false);
    expect(listTrash(at('tmp'))).toEqual([operation]);
    writeFileSync(at('g'), 'in the way');
    const { restored, left } = openTrash(at('tmp'), operation).restore();
    expect(restored).toEqual([at('d')]);
    expect(left.map(item => item.path)).toEqual([at('g')]);
    expect(readFileSync(at('d', 'link'), 'utf8')).toBe('one');
    expect(readFileSync(at('g'), 'utf8')).toBe('in the way');
    rmSync(at('g'));
    expect(openTrash(at('tmp'), operation).restore()).toEqual({ restored: [at('g')], left: [] });
    expect(readFileSync(at('g'), 'utf8')).toBe('two');
    expect(listTrash(at('tmp'))).toEqual([]);
  });

  it('refuses names that are no operation', () => {
    for (const name of ['', '..', 'a/b', '.hidden', 'x'.repeat(200)]) {
      expect(() => openTrash(at('tmp'), name)).toThrow(expect.objectContaining({ code: 'E_BAD_OPERATION' }));
    }
  });
});

describe('the journal (N55)', () => {
  it('is durable before the first step and tells the dead from the living', () => {
    const journal = openJournal(at('tmp'), 'run', 'op-1', { outs: ['a'] });
    journal.step('aside', { outs: ['a', 'b'] });
    expect(readJournal(at('tmp'))).toMatchObject([
      { operation: 'op-1', kind: 'run', step: 'aside', plan: { outs: ['a', 'b'] }, owner: thisOwner() }
    ]);
    expect(interrupted(at('tmp'))).toEqual([]);
    const file = at('tmp', 'cellar', 'journal', 'op-1.json');
    const entry = JSON.parse(readFileSync(file, 'utf8')) as { owner: { start: string } };
    entry.owner.start = '1';
    writeFileSync(file, JSON.stringify(entry));
    expect(interrupted(at('tmp')).map(each => each.operation)).toEqual(['op-1']);
    closeInterrupted(at('tmp'), 'op-1');
    expect(readJournal(at('tmp'))).toEqual([]);
  });

  it('keeps the group of a stage and goes away when done', () => {
    const journal = openJournal(at('tmp'), 'run', 'op-2', null);
    journal.setChild({ ...thisOwner(), pid: 7 });
    expect(readJournal(at('tmp'))[0]?.child?.pid).toBe(7);
    journal.setChild(null);
    expect(readJournal(at('tmp'))[0]?.child).toBeUndefined();
    journal.done();
    expect(readJournal(at('tmp'))).toEqual([]);
  });

  it('says when an entry cannot be read', () => {
    mkdirSync(at('tmp', 'cellar', 'journal'), { recursive: true });
    writeFileSync(at('tmp', 'cellar', 'journal', 'op.json'), '{');
    expect(() => readJournal(at('tmp'))).toThrow(expect.objectContaining({ code: 'E_JOURNAL_CORRUPT' }));
  });
});

describe('identity (I10)', () => {
  it('is more than a pid', () => {
    const me = thisOwner();
    expect(isDead(me)).toBe(false);
    expect(startTime(process.pid)).toMatch(/^\d+$/);
    expect(isDead({ ...me, start: '1' })).toBe(true);
    expect(isDead({ ...me, boot: 'before' })).toBe(true);
    expect(isDead({ ...me, pid: 2 ** 22 + 1 })).toBe(true);
    expect(isDead({ ...me, host: 'elsewhere', boot: 'before', pid: 1 })).toBe(false);
    expect(pidExists(process.pid)).toBe(true);
    expect(isLitter(`.x.${ownerTag()}.tmp`)).toBe(false);
    expect(isLitter('.x.tmp')).toBe(false);
  });
});

describe('containment (S2)', () => {
  it('is by components, after links', () => {
    expect(isInside('/a/b', '/a/b/c')).toBe(true);
    expect(isInside('/a/b', '/a/b')).toBe(true);
    expect(isInside('/a/b', '/a/bc')).toBe(false);
    expect(isInside('/a/b', '/a')).toBe(false);
    expect(isInside('/a/b', '/a/b/..c')).toBe(true);
    mkdirSync(at('p', 'real'), { recursive: true });
    mkdirSync(at('out'));
    symlinkSync('../out', at('p', 'away'));
    symlinkSync('real', at('p', 'near'));
    assertWritable(at('p'), at('p', 'real', 'new', 'x'));
    const cases: [string, string][] = [
      [at('out', 'x'), 'E_OUTSIDE_PROJECT'],
      [at('p', 'away', 'x'), 'E_OUTSIDE_PROJECT'],
      [at('p', 'near', 'x'), 'E_BELOW_SYMLINK'],
      [at('p', '.git', 'hooks', 'x'), 'E_PROTECTED_PATH'],
      [at('p', 'sub', '.GIT', 'x'), 'E_PROTECTED_PATH'],
      [at('p', '.dvc', 'config'), 'E_PROTECTED_PATH'],
      [at('p', '.dvc', 'Config.Local'), 'E_PROTECTED_PATH']
    ];
    for (const [path, code] of cases) {
      expect(() => assertWritable(at('p'), path)).toThrow(expect.objectContaining({ code }));
    }
    expect(symlinkAbove(at('p'), at('p', 'near', 'x'))).toBe(at('p', 'near'));
    expect(symlinkAbove(at('p'), at('p', 'real', 'x'))).toBeNull();
  });
});
