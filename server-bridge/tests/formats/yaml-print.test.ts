import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYaml, printYaml } from '../../src/formats/yaml.js';
import type { Value } from '../../src/formats/value.js';
import { anyMapping, anyValue, commandText, hardText, longText, scalar } from './arbitrary.js';
import { startOracle, tag } from './oracle.js';

const ask = startOracle();

/** The pinned writer breaks lines at these inside quotes, which other readers take for letters; we escape them instead. */
const OTHER_BREAKS = /[\x85\u2028\u2029]/;

async function sameBytes(value: Value): Promise<void> {
  if (OTHER_BREAKS.test(JSON.stringify(tag(value)))) return;
  const answer = await ask('yaml_print', tag(value));
  expect(answer.error).toBeUndefined();
  const printed = printYaml(value);
  if (printed !== answer.ok) {
    // A known fault of the pinned writer: some folds lose or gain a blank. There the texts may differ, nowhere else.
    const again = await ask('yaml_read', answer.ok);
    if (JSON.stringify(again.ok) !== JSON.stringify(tag(value))) return;
  }
  expect(printed).toBe(answer.ok);
}

describe('printing equals the pinned writer', () => {
  test('single values of all kinds', async () => {
    await fc.assert(
      fc.asyncProperty(scalar, async value => sameBytes(new Map([['key', value]]))),
      { numRuns: 600 }
    );
  });
  test('hard texts as keys and items', async () => {
    await fc.assert(
      fc.asyncProperty(hardText, async text =>
        sameBytes(new Map<string, Value>([[text, [text, new Map([[text, text]])]]]))
      ),
      { numRuns: 600 }
    );
  });
  test('long command lines, at several depths', async () => {
    await fc.assert(
      fc.asyncProperty(commandText, fc.nat(3), async (text, depth) => {
        let value: Value = text;
        for (let level = 0; level < depth; level++) value = new Map([[`k${level}`, level % 2 ? [value] : value]]);
        await sameBytes(new Map([['cmd', value]]));
      }),
      { numRuns: 600 }
    );
  });
  test('keys that are no texts, and keys too long for one line', async () => {
    const key = fc.oneof(
      scalar,
      fc.nat(140).map(length => 'k'.repeat(length)),
      commandText
    );
    await fc.assert(
      fc.asyncProperty(key, scalar, async (name, value) => sameBytes(new Map([[name, [new Map([[name, value]])]]]))),
      { numRuns: 400 }
    );
  });
  test('nested documents', async () => {
    await fc.assert(fc.asyncProperty(anyMapping, sameBytes), { numRuns: 500 });
  });
});

describe('what is printed reads back', () => {
  test('any value', () => {
    fc.assert(
      fc.property(anyMapping, value => {
        expect(tag(parseYaml(printYaml(value), 'x'))).toEqual(tag(value));
      }),
      { numRuns: 500 }
    );
  });
  test('long texts with doubled blanks only', () => {
    const gap = fc.constantFrom(' ', ' ', '  ', '   ');
    const text = fc
      .array(fc.tuple(fc.stringMatching(/^[a-z'"]{1,20}$/), gap), { maxLength: 30 })
      .map(parts => parts.flat().join(''));
    fc.assert(
      fc.property(text, value => {
        expect(parseYaml(printYaml(new Map([['cmd', value]])), 'x')).toEqual(new Map([['cmd', value]]));
      }),
      { numRuns: 2000 }
    );
  });
  test('long texts with doubled blanks and line breaks', () => {
    fc.assert(
      fc.property(longText, text => {
        expect(parseYaml(printYaml(new Map([['cmd', text]])), 'x')).toEqual(new Map([['cmd', text]]));
      }),
      { numRuns: 1000 }
    );
  });
  test('a bare value or list', () => {
    fc.assert(
      fc.property(anyValue, value => {
        const empty =
          value === null ||
          value === false ||
          value === '' ||
          value === 0n ||
          value === 0 ||
          (Array.isArray(value) && value.length === 0);
        if (!empty) expect(tag(parseYaml(printYaml(value), 'x'))).toEqual(tag(value));
      })
    );
  });
});
