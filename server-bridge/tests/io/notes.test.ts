import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fieldsOf, listOf, mappingOf, NoteError, oneOf, textOf, wholeNumberOf } from '../../src/formats/notes.js';
import { openJournal, readJournal } from '../../src/io/journal.js';
import { acquireRwLock } from '../../src/io/rwlock.js';
import { openTrash } from '../../src/io/trash.js';
import { readRunPlan } from '../../src/pipeline/run-journal.js';
import { readPlaced } from '../../src/workspace/placed.js';

/** Our own notes are read strictly: what is not exactly as we write it is refused with the file's name (I20). */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellar-notes-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(text: string, ...parts: string[]): string {
  const path = join(folder, ...parts);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A good note with one thing changed: left out, of another kind, or with a stranger beside it. */
function spoiled(good: Record<string, unknown>, mayMiss: readonly string[] = []): string[] {
  const texts = ['', '{', 'null', '3', '"x"', '[]', '{}', '{"__proto__": {}}'];
  for (const key of Object.keys(good)) {
    const { [key]: _gone, ...rest } = good;
    const others = [...(mayMiss.includes(key) ? [] : [rest]), { ...good, [key]: [[]] }, { ...good, [key]: 1.5 }];
    texts.push(...others.map(each => JSON.stringify(each)));
  }
  texts.push(JSON.stringify({ ...good, stranger: 1 }), JSON.stringify(good).replace('{', '{"__proto__": {"a": 1},'));
  return texts;
}

const owner = { host: 'h', boot: 'b', pid: 7, start: '8' };

describe('the journal', () => {
  const good = { version: 1, operation: 'op', kind: 'add', owner, step: 'begin' };

  it('reads what it writes, with and without a plan and a child', () => {
    openJournal(folder, 'run', 'one', { a: [1, null] }).setChild(owner);
    openJournal(folder, 'run', 'two', null);
    expect(readJournal(folder)).toMatchObject([{ plan: { a: [1, null] }, child: owner }, { plan: null }]);
  });

  it.each([
    ...spoiled(good),
    ...spoiled(owner).map(
      text => `{"version": 1, "operation": "op", "kind": "k", "step": "s", "owner": ${text || '?'}}`
    ),
    ...spoiled(owner).map(text => JSON.stringify(good).replace('{', `{"child": ${text || '?'},`)),
    JSON.stringify({ ...good, version: 2 }),
    JSON.stringify({ ...good, owner: { ...owner, pid: 2 ** 60 } })
  ])('refuses %s', text => {
    const path = put(text, 'cellar', 'journal', 'op.json');
    expect(() => readJournal(folder)).toThrow(expect.objectContaining({ code: 'E_JOURNAL_CORRUPT', at: { path } }));
  });
});

describe('the registry of paths', () => {
  const info = { pid: 1, cmd: 'dvc repro' };

  it.each([
    ...spoiled(info).map(text => `{"write": {"/a": ${text || '?'}}}`),
    ...spoiled(info).map(text => `{"read": {"/a": [${text || '?'}]}}`),
    '',
    'null',
    '{"read": {"/a": {"pid": 1, "cmd": "c"}}}',
    '{"write": []}',
    '{"more": {}}'
  ])('refuses %s', async text => {
    put(text, 'rwlock');
    await expect(acquireRwLock(folder, { cmd: 'c', read: [], write: ['/b'] })).rejects.toMatchObject({
      code: 'E_RWLOCK_CORRUPT'
    });
  });

  it('takes a file name that means something to JavaScript for a name', async () => {
    put(`{"write": {"__proto__": {"pid": ${process.pid}, "cmd": "x"}}}`, 'rwlock');
    await expect(acquireRwLock(folder, { cmd: 'c', read: ['__proto__'], write: [] })).rejects.toMatchObject({
      code: 'E_BUSY_PATH'
    });
  });
});

describe('the list of a trash folder', () => {
  const item = { path: '/a', stored: '0' };

  it.each([
    ...spoiled({ version: 1, items: [item] }),
    ...spoiled(item).map(text => `{"version": 1, "items": [${text || '?'}]}`),
    '{"version": 1, "items": [{"path": "/a", "stored": "../../../x"}]}',
    '{"version": 1, "items": [{"path": "../a", "stored": "0"}]}'
  ])('refuses %s', text => {
    const path = put(text, 'cellar', 'trash', 'op', 'items.json');
    expect(() => openTrash(folder, 'op')).toThrow(expect.objectContaining({ code: 'E_TRASH_CORRUPT', at: { path } }));
  });
});

describe('the plan of a run', () => {
  const aside = { spare: 'a', kept: 'b', partial: 'c' };
  const good = { stage: 's', aside, lock: '/dvc.lock', name: 's', entry: null };

  it('reads what is written', () => {
    expect(readRunPlan(good)).toEqual(good);
    expect(readRunPlan({ ...good, entry: 'x' })).toEqual({ ...good, entry: 'x' });
  });

  it.each([
    ...spoiled(good).slice(2),
    ...spoiled(aside)
      .slice(2)
      .map(text => `{"stage": "s", "aside": ${text}}`)
  ])('refuses %s', text => {
    expect(() => readRunPlan(JSON.parse(text))).toThrow(NoteError);
  });
});

describe('the note of what was placed', () => {
  const hash = { name: 'md5', value: 'x' };

  it('reads what is written', () => {
    expect([...readPlaced(JSON.stringify({ a: hash, 'b/c': { name: 'md5-dos2unix', value: 'y' } }))]).toEqual([
      ['a', hash],
      ['b/c', { name: 'md5-dos2unix', value: 'y' }]
    ]);
  });

  it.each([...spoiled(hash).map(text => `{"a": ${text || '?'}}`), '{"a": {"name": "sha1", "value": "x"}}', '[]'])(
    'takes %s for an empty one',
    text => {
      expect(readPlaced(text).size).toBe(0);
    }
  );
});

it('gives back any value that has the asked form, and refuses any other with its place', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const ask = (read: () => unknown, is: boolean): void => {
        if (is) expect(read()).toBeDefined();
        else expect(read).toThrow(/^'here/);
      };
      const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
      ask(() => textOf(value, 'here'), typeof value === 'string');
      ask(() => wholeNumberOf(value, 'here'), Number.isSafeInteger(value));
      ask(() => listOf(value, 'here', each => each), Array.isArray(value));
      ask(() => mappingOf(value, 'here'), isMap);
      ask(() => fieldsOf(value, 'here', []), isMap && Object.keys(value).length === 0);
      ask(() => oneOf(value, 'here', ['a', 1]), value === 'a' || value === 1);
    })
  );
});
