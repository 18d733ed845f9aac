import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireCell } from '../../server-bridge/src/protocol/wire.js';
import { contentsPath } from '../actions/openfile.js';
import { readSummary } from '../models/loadsummary.js';
import { backoff } from '../bridge/backoff.js';
import { md5 } from '../models/md5.js';
import { parsePythonString } from '../models/pythonstring.js';
import { cellDelta, sameJson } from '../models/wirecells.js';
import { diffLines } from '../views/linediff.js';
import { clock, codeParts, fileSize } from '../views/words.js';

function wire(source: string): WireCell {
  return { type: 'code', id: source, source, tag: null, tags: [] };
}

describe('md5', () => {
  it('is that of the engine for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), text => {
        expect(md5(text)).toBe(createHash('md5').update(text).digest('hex'));
      })
    );
  });
});

describe('a delta of cells (N51)', () => {
  it('makes the later list of the earlier one, and is null when they are equal', () => {
    const list = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
    fc.assert(
      fc.property(list, list, (before, after) => {
        const from = before.map(wire);
        const to = after.map(wire);
        const delta = cellDelta(from, to);
        if (delta !== null) {
          from.splice(delta.start, delta.remove, ...delta.insert);
        }
        expect(from.map(cell => cell.source)).toEqual(after);
        expect(delta === null).toBe(before.join() === after.join());
      })
    );
  });

  it('holds one cell when one was typed in', () => {
    const before = ['a', 'b', 'c'].map(wire);
    const after = ['a', 'x', 'c'].map(wire);
    expect(cellDelta(before, after)).toEqual({ start: 1, remove: 1, insert: [wire('x')] });
  });

  it('compares tags whatever the order of their keys', () => {
    expect(sameJson({ a: 1, b: [2, { c: null }] }, { b: [2, { c: null }], a: 1 })).toBe(true);
    expect(sameJson({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(sameJson([1], { 0: 1 })).toBe(false);
  });
});

describe('what a kernel prints', () => {
  it('is read as the string that repr shows', () => {
    expect(parsePythonString("'/usr/bin/python'")).toBe('/usr/bin/python');
    expect(parsePythonString('"it\'s"')).toBe("it's");
    expect(parsePythonString("'a\\\\b\\n\\x41\\u00e9\\U0001f600'")).toBe('a\\b\nAé😀');
    expect(parsePythonString('None')).toBeNull();
  });

  it('counts as nothing said when it is no summary', () => {
    const text = '{"ok": false, "loaded": [{"name": "df"}], "errors": [{"name": "m", "message": "no file"}]}';
    expect(readSummary(text)).toEqual({ loaded: ['df'], failed: ['m: no file'] });
    expect(readSummary('{')).toEqual({ loaded: [], failed: [] });
    expect(readSummary(null)).toEqual({ loaded: [], failed: [] });
  });
});

describe('a comparison of lines', () => {
  it('holds both texts, each line once and in order', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 15 }).map(lines => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const side = (gone: string): string =>
          lines
            .filter(line => line.kind !== gone)
            .map(line => line.text)
            .join('\n');
        expect(side('added')).toBe(before);
        expect(side('removed')).toBe(after);
      })
    );
  });
});

describe('words and numbers', () => {
  it('are short and steady', () => {
    expect([7, 65, 3725].map(clock)).toEqual(['0:07', '1:05', '1:02:05']);
    expect([412, 15_600, 1_800_000_000].map(fileSize)).toEqual(['412 B', '15.6 KB', '1.8 GB']);
    expect(codeParts('param `lr` changed')).toEqual(['param ', 'lr', ' changed']);
    expect(codeParts('one ` alone')).toEqual(['one ` alone']);
  });

  it('pauses grow to half a minute and no further', () => {
    expect([0, 1, 2, 20].map(backoff)).toEqual([500, 1000, 2000, 30_000]);
  });

  it('finds a file of the project only below the root of Jupyter', () => {
    expect(contentsPath('/home', '/home/p', 'a.ipynb')).toBe('p/a.ipynb');
    expect(contentsPath('/home/p/sub', '/home/p', 'a.ipynb')).toBeNull();
    expect(contentsPath(null, '/p', 'a.ipynb')).toBeNull();
  });
});
