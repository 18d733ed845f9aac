import { expect, test, vi } from 'vitest';
import { TreeCursor } from 'web-tree-sitter';
import { initPython, parsePython } from '../../src/notebook/python/parse.js';

test('each parse gives its cursor back itself', async () => {
  await initPython();
  // The library's own finalizer frees whatever the shared buffer names by then: later parses read outside of memory.
  const given = vi.spyOn(TreeCursor.prototype, 'delete');
  const texts = ['zero = 0', 'def f(x):\n    return f"{x!r}"', 'x = (1', ''];
  texts.forEach(text => parsePython(text));
  expect(given).toHaveBeenCalledTimes(texts.length);
});
