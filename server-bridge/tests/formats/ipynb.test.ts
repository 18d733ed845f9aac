import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNotebook, printNotebook, sourceLines, toJson } from '../../src/formats/ipynb.js';
import { parseJson } from '../../src/formats/json.js';
import { pythonJson } from '../../src/formats/pythonjson.js';
import { CellarError } from '../../src/protocol/errors.js';
import { anyMapping } from './arbitrary.js';
import { tag } from './oracle.js';

const NOTEBOOK = {
  cells: [
    { cell_type: 'markdown', id: 'm1', metadata: {}, source: ['# Title\n', 'text'] },
    {
      cell_type: 'code',
      execution_count: 3,
      id: 'c1',
      metadata: { cellar: { role: 'stage', stage: 'load' }, tags: ['x'] },
      outputs: [{ output_type: 'stream', text: 'a' }],
      source: 'x = 1\ny = 2'
    },
    { cell_type: 'raw', metadata: { own: 1.5 }, source: [] }
  ],
  metadata: {
    kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
    language_info: { name: 'python' },
    unknown: { keep: true }
  },
  nbformat: 4,
  nbformat_minor: 5,
  extra: 'kept'
};
const text = `${JSON.stringify(NOTEBOOK, null, 1)}\n`;

test('cells, kernel and language', () => {
  const notebook = parseNotebook(text, 'a.ipynb');
  expect(notebook.cells.map(({ type, source, id }) => [type, source, id])).toEqual([
    ['markdown', '# Title\ntext', 'm1'],
    ['code', 'x = 1\ny = 2', 'c1'],
    ['raw', '', undefined]
  ]);
  expect(notebook.cells[1]?.metadata).toEqual({ cellar: { role: 'stage', stage: 'load' }, tags: ['x'] });
  expect([notebook.kernel, notebook.language, notebook.minor]).toEqual(['python3', 'python', 5]);
});

test('printing sorts keys as Jupyter does and keeps all of them, exact numbers too', () => {
  const exact = text.replace('"own": 1.5', '"own": 1.0, "big": 12345678901234567890');
  const printed = printNotebook(parseNotebook(exact));
  expect(printed).toContain('"own": 1.0');
  expect(printed).toContain('"big": 12345678901234567890');
  expect(printed.indexOf('"cells"')).toBeLessThan(printed.indexOf('"extra"'));
  expect(printed.startsWith('{\n "cells": [\n  {\n   "cell_type": "markdown",\n')).toBe(true);
  expect(printNotebook(parseNotebook(printed))).toBe(printed);
});

test('sources are stored by lines', () => {
  fc.assert(
    fc.property(fc.string(), source => {
      expect(sourceLines(source).join('')).toBe(source);
      expect(
        sourceLines(source)
          .slice(0, -1)
          .every(line => line.endsWith('\n'))
      ).toBe(true);
    })
  );
});

test('any JSON reads and prints back', () => {
  fc.assert(
    fc.property(anyMapping, value => {
      const printed = printNotebook({ raw: value });
      expect(tag(parseJson(printed))).toEqual(tag(parseJson(pythonJson(value, { sortKeys: true }))));
    }),
    { numRuns: 200 }
  );
});

describe('damage', () => {
  test.each([
    '',
    'not json',
    '[]',
    '{}',
    '{"nbformat": 3, "cells": []}',
    '{"nbformat": 4}',
    '{"nbformat": 4, "cells": [1]}',
    '{"nbformat": 4, "cells": [{"cell_type": "magic", "source": ""}]}',
    '{"nbformat": 4, "cells": [{"cell_type": "code"}]}',
    '{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}',
    '{"nbformat": 4, "cells": [}',
    '['.repeat(100000)
  ])('%.60j', broken => {
    try {
      parseNotebook(broken, 'a.ipynb');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CellarError);
      expect((error as CellarError).code).toBe('E_NOTEBOOK_INVALID');
      expect((error as CellarError).next).toBeDefined();
    }
  });
  test('merge conflicts are named', () => {
    expect(() => parseNotebook('<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n')).toThrow(/merge conflict/);
  });
  test('no key reaches a prototype', () => {
    const notebook = parseNotebook('{"nbformat": 4, "cells": [], "metadata": {"__proto__": {"polluted": true}}}');
    expect('polluted' in notebook.metadata).toBe(false);
    expect('polluted' in {}).toBe(false);
    expect(Object.keys(toJson(new Map([['__proto__', 1n]])) as object)).toEqual(['__proto__']);
  });
});
