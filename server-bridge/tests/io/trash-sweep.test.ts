import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setHook, type FaultHook } from '../../src/io/files.js';
import { openJournal } from '../../src/io/journal.js';
import { listTrash, openTrash } from '../../src/io/trash.js';
import { sweepTrash } from '../../src/io/trash-sweep.js';

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);
const DAY = 86_400;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellar-sweep-'));
});
afterEach(() => {
  setHook(null);
  rmSync(folder, { recursive: true, force: true });
});

/** Makes the file system's clock, as we ask for it, stand so many days ahead; `also` is called at each operation. */
function daysAhead(days: number, also: FaultHook = () => undefined): void {
  const then = Date.now() / 1000 + days * DAY;
  setHook((op, path, n) => {
    if (op === 'stat' && path.endsWith('/clock')) {
      utimesSync(path, then, then);
    }
    also(op, path, n);
  });
}

function toTrash(operation: string, ...names: string[]): void {
  for (const name of names) {
    mkdirSync(at(operation, name), { recursive: true });
    writeFileSync(at(operation, name, 'f'), `${operation} ${name}`);
  }
  openTrash(at('tmp'), operation).moveAll(names.map(name => at(operation, name)));
}

describe('the sweep of the trash', () => {
  it('forgets what came in more than 14 days ago, and not a day earlier', () => {
    toTrash('one', 'a', 'b');
    toTrash('two', 'c');
    daysAhead(13.9);
    expect(sweepTrash(at('tmp'))).toEqual([]);
    expect(listTrash(at('tmp'))).toEqual(['one', 'two']);
    daysAhead(14.1);
    expect(sweepTrash(at('tmp'))).toEqual(['one', 'two']);
    expect(readdirSync(at('tmp', 'cellar', 'trash'))).toEqual([]);
  });

  it('goes by the time of arrival: old files, or old dates of the files, mean nothing', () => {
    mkdirSync(at('old'));
    writeFileSync(at('old', 'f'), 'x');
    utimesSync(at('old', 'f'), 1, 1);
    utimesSync(at('old'), 1, 1);
    openTrash(at('tmp'), 'op').move(at('old'));
    utimesSync(at('tmp', 'cellar', 'trash', 'op', 'items.json'), 1, 1);
    utimesSync(at('tmp', 'cellar', 'trash', 'op'), 1, 1);
    daysAhead(13);
    expect(sweepTrash(at('tmp'))).toEqual([]);
  });

  it('does not trust a clock that went back', () => {
    toTrash('op', 'a');
    daysAhead(-400);
    expect(sweepTrash(at('tmp'))).toEqual([]);
  });

  it('keeps what a live or unfinished command has on record, by name or in its plan', () => {
    toTrash('20260101T000000-run-aa-spare', 'a');
    toTrash('20260101T000000-run-aa-kept', 'a');
    toTrash('20260101T000000-checkout-bb', 'b');
    toTrash('20260101T000000-run-cc-kept', 'c');
    const run = openJournal(at('tmp'), 'run', '20260101T000000-run-aa', {});
    const checkout = openJournal(at('tmp'), 'checkout', '20260101T000000-checkout-bb-1234', {});
    const other = openJournal(at('tmp'), 'run', 'other', { aside: { kept: '20260101T000000-run-cc-kept' } });
    daysAhead(1000);
    expect(sweepTrash(at('tmp'))).toEqual([]);
    run.done();
    checkout.done();
    other.done();
    expect(sweepTrash(at('tmp'))).toHaveLength(4);
  });

  it('touches nothing while a journal cannot be read', () => {
    toTrash('op', 'a');
    mkdirSync(at('tmp', 'cellar', 'journal'), { recursive: true });
    writeFileSync(at('tmp', 'cellar', 'journal', 'x.json'), '{');
    daysAhead(1000);
    expect(sweepTrash(at('tmp'))).toEqual([]);
    expect(listTrash(at('tmp'))).toEqual(['op']);
  });

  it('leaves a folder that is not, or not only, ours, and takes the others', () => {
    toTrash('mixed', 'a');
    writeFileSync(at('tmp', 'cellar', 'trash', 'mixed', 'note.txt'), 'mine');
    toTrash('torn', 'a');
    writeFileSync(at('tmp', 'cellar', 'trash', 'torn', 'items.json'), '{"version": 1');
    mkdirSync(at('tmp', 'cellar', 'trash', 'foreign'));
    writeFileSync(at('tmp', 'cellar', 'trash', 'foreign', 'x'), 'mine');
    toTrash('ours', 'a');
    daysAhead(15);
    expect(sweepTrash(at('tmp'))).toEqual(['ours']);
    expect(listTrash(at('tmp'))).toEqual(['foreign', 'mixed', 'torn']);
  });

  it('starts the time anew for what could not be put back', () => {
    toTrash('op', 'a', 'b');
    mkdirSync(at('op', 'a'));
    const before = readFileSync(at('tmp', 'cellar', 'trash', 'op', 'items.json'), 'utf8');
    const ops: string[] = [];
    setHook((op, path) => ops.push(`${op} ${path}`));
    expect(openTrash(at('tmp'), 'op').restore().left).toHaveLength(1);
    expect(ops).toContain(`rename ${at('tmp', 'cellar', 'trash', 'op', 'items.json')}`);
    expect(readFileSync(at('tmp', 'cellar', 'trash', 'op', 'items.json'), 'utf8')).toBe(before);
  });

  it('fails at no call: each time an operation is there whole or gone, and the next sweep ends it', () => {
    let fired = 0;
    for (let n = 1; ; n++) {
      rmSync(at('tmp'), { recursive: true, force: true });
      toTrash('op', 'a', 'b');
      let failed = false;
      daysAhead(15, (op, _path, k) => {
        if (k === n) {
          failed = true;
          throw Object.assign(new Error(`EIO: ${op}`), { code: 'EIO', errno: -5, syscall: op });
        }
      });
      const swept = sweepTrash(at('tmp'));
      if (!failed) {
        break;
      }
      fired++;
      if (listTrash(at('tmp')).includes('op')) {
        expect(swept).toEqual([]);
        expect(readFileSync(at('tmp', 'cellar', 'trash', 'op', '1', 'f'), 'utf8')).toBe('op b');
        expect(openTrash(at('tmp'), 'op').items()).toHaveLength(2);
      }
      daysAhead(15);
      sweepTrash(at('tmp'));
      expect(readdirSync(at('tmp', 'cellar', 'trash'))).toEqual([]);
    }
    expect(fired).toBeGreaterThan(12);
    expect(existsSync(at('tmp'))).toBe(true);
  });
});
