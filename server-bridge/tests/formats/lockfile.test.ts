import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LockEntry, RecordedPath } from '../../src/formats/entries.js';
import {
  lockStageMap,
  parseLockFile,
  readLockEntry,
  removeLockEntry,
  renameLockEntry,
  setLockEntry
} from '../../src/formats/lockfile.js';
import { parseRunCacheEntry, printRunCacheEntry, runCacheKey, runCacheValue } from '../../src/formats/runcachefile.js';
import type { Value, ValueMap } from '../../src/formats/value.js';
import { parseYaml, printYaml } from '../../src/formats/yaml.js';
import { CellarError } from '../../src/protocol/errors.js';
import { anyValue, commandText } from './arbitrary.js';
import { startOracle, tag } from './oracle.js';

const ask = startOracle();

const hex = fc.stringMatching(/^[0-9a-f]{32}$/);
const path = fc.oneof(
  fc.stringMatching(/^[a-z]{1,6}(\/[a-zA-Z._-]{1,6}){0,2}$/),
  fc.constantFrom('é x', '../up', 's3://b/k', 'a#b', '0')
);
const recorded: fc.Arbitrary<RecordedPath> = fc.record(
  {
    path,
    hash: fc.oneof(
      hex.map(value => ({ name: 'md5' as const, value })),
      hex.map(value => ({ name: 'md5' as const, value: `${value}.dir` })),
      hex.map(value => ({ name: 'md5-dos2unix' as const, value })),
      hex.map(value => ({ name: 'etag' as const, value }))
    ),
    size: fc.bigInt({ min: 0n, max: 2n ** 60n }),
    nfiles: fc.bigInt({ min: 0n, max: 100n }),
    isexec: fc.constant(true)
  },
  { requiredKeys: ['path', 'hash'] }
);
const params = fc
  .array(
    fc.tuple(
      fc.constantFrom('params.yaml', 'a.json', 'z/p.toml'),
      fc
        .array(fc.tuple(fc.constantFrom('lr', 'size', 'a.b', 'list.0', 'nfiles', 'Z'), anyValue), {
          minLength: 1,
          maxLength: 3
        })
        .map(entries => new Map<string, Value>(entries) as ValueMap)
    ),
    { maxLength: 3 }
  )
  .map(entries => new Map(entries));
const entry: fc.Arbitrary<LockEntry> = fc.record({
  cmd: fc.oneof(commandText, fc.array(commandText, { minLength: 1, maxLength: 3 })),
  deps: fc.uniqueArray(recorded, { selector: item => item.path, maxLength: 3 }),
  params,
  outs: fc.uniqueArray(recorded, { selector: item => item.path, maxLength: 3 })
});
const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/),
  fc.constantFrom('g@1', 'a b', 'x@True', '1', 'true', 'a.b/c', 'é', "it's", 'a: b', '-x', '"q"')
);

const sorted = (value: LockEntry): LockEntry => readLockEntry(lockStageMap(value));
const tagEntry = (value: LockEntry) => tag(lockStageMap(value));

test('a lock grows stage by stage and reads back', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, entry), { selector: ([key]) => key, minLength: 1, maxLength: 5 }),
      stages => {
        let text: string | null = null;
        for (const [key, value] of stages) text = setLockEntry(text, key, value);
        const lock = parseLockFile(text ?? '', 'dvc.lock');
        expect([...lock.stages.keys()]).toEqual(stages.map(([key]) => key));
        for (const [key, value] of stages) expect(tagEntry(lock.stages.get(key) ?? value)).toEqual(tagEntry(value));
        // What stage-wise writing gives is what one write of all would give.
        const all = new Map<string, Value>([
          ['schema', '2.0'],
          ['stages', new Map<string, Value>(stages.map(([key, value]) => [key, lockStageMap(value)]))]
        ]);
        expect(text).toBe(printYaml(all));
      }
    ),
    { numRuns: 200 }
  );
});

test('setting, renaming and removing one entry leaves the others byte for byte', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, entry), { selector: ([key]) => key, minLength: 2, maxLength: 4 }),
      entry,
      (stages, fresh) => {
        let text: string | null = null;
        for (const [key, value] of stages) text = setLockEntry(text, key, value);
        const [first = 'x', second = 'y'] = stages.map(([key]) => key);
        const changed = setLockEntry(text, first, fresh);
        const again = parseLockFile(changed, 'dvc.lock');
        expect([...again.stages.keys()]).toEqual(stages.map(([key]) => key));
        expect(tagEntry(again.stages.get(first) ?? fresh)).toEqual(tagEntry(fresh));
        expect(setLockEntry(changed, first, stages[0]?.[1] ?? fresh)).toBe(text);
        const renamed = renameLockEntry(text ?? '', second, 'brand-new');
        expect([...parseLockFile(renamed, 'l').stages.keys()]).toEqual(
          stages.map(([key]) => (key === second ? 'brand-new' : key))
        );
        expect(renameLockEntry(renamed, 'brand-new', second)).toBe(text);
        const removed = removeLockEntry(text ?? '', first);
        expect([...parseLockFile(removed, 'l').stages.keys()]).toEqual(stages.slice(1).map(([key]) => key));
      }
    ),
    { numRuns: 200 }
  );
});

describe('a lock that people have touched', () => {
  const TEXT = `# our lock
schema: '2.0'
datasets:
- name: d
  type: dc
stages:
  # first
  a:
    cmd: one   # keep
    outs:
    - path: x
      md5: abcdef
  # second

  "b":
    cmd: two
# the end
`;
  const fresh: LockEntry = { cmd: 'new', deps: [], params: new Map(), outs: [] };
  test('keeps its comments, datasets and unknown stages', () => {
    expect(setLockEntry(TEXT, 'b', fresh)).toBe(TEXT.replace('  "b":\n    cmd: two\n', '  b:\n    cmd: new\n'));
    expect(setLockEntry(TEXT, 'a', fresh)).toBe(
      TEXT.replace('  a:\n    cmd: one   # keep\n    outs:\n    - path: x\n      md5: abcdef\n', '  a:\n    cmd: new\n')
    );
    expect(setLockEntry(TEXT, 'c', fresh)).toBe(TEXT.replace('    cmd: two\n', '    cmd: two\n  c:\n    cmd: new\n'));
    expect(parseLockFile(TEXT, 'l').stages.get('a')?.outs[0]?.hash).toEqual({ name: 'md5-dos2unix', value: 'abcdef' });
    expect(parseLockFile(TEXT, 'l').datasets).toBeDefined();
  });
  test('other styles', () => {
    expect(setLockEntry("schema: '2.0'\n", 'a', fresh)).toBe("schema: '2.0'\nstages:\n  a:\n    cmd: new\n");
    expect(setLockEntry("schema: '2.0'\nstages: {}\n", 'a', fresh)).toBe(
      "schema: '2.0'\nstages:\n  a:\n    cmd: new\n"
    );
    expect(setLockEntry("schema: '2.0'\nstages:\n", 'a', fresh)).toBe("schema: '2.0'\nstages:\n  a:\n    cmd: new\n");
    expect(setLockEntry("stages:\n    a:\n        cmd: x\nschema: '2.0'", 'b', fresh)).toBe(
      "stages:\n    a:\n        cmd: x\n    b:\n      cmd: new\nschema: '2.0'"
    );
    expect(setLockEntry('', 'a', fresh)).toBe("schema: '2.0'\nstages:\n  a:\n    cmd: new\n");
    expect(removeLockEntry("schema: '2.0'\nstages:\n  a:\n    cmd: x\n", 'a')).toBe("schema: '2.0'\nstages: {}\n");
  });
  test('flow style and conflicts are refused with a reason', () => {
    const flow = "schema: '2.0'\nstages: {a: {cmd: x}}\n";
    expect(parseYaml(setLockEntry(flow, 'b', fresh), 'l')).toEqual(
      parseYaml("schema: '2.0'\nstages: {a: {cmd: x}, b: {cmd: new}}\n", 'l')
    );
    const conflict =
      "schema: '2.0'\nstages:\n<<<<<<< HEAD\n  a:\n    cmd: x\n=======\n  a:\n    cmd: y\n>>>>>>> other\n";
    expect(() => parseLockFile(conflict, 'dvc.lock')).toThrow(/merge conflicts/);
    try {
      parseLockFile(conflict, 'dvc.lock');
    } catch (error) {
      expect(error).toBeInstanceOf(CellarError);
      expect((error as CellarError).code).toBe('E_LOCK_INVALID');
      expect((error as CellarError).next).toContain('merge conflict');
    }
  });
});

describe('run cache', () => {
  test('names equal those of dvc', async () => {
    await fc.assert(
      fc.asyncProperty(entry, async value => {
        const map = tag(lockStageMap(value));
        const key = await ask('run_hash', map, true);
        if (key.error !== undefined) {
          expect(() => runCacheKey(value)).toThrow(TypeError);
          return;
        }
        expect(runCacheKey(value)).toBe(key.ok);
        expect(runCacheValue(value)).toBe((await ask('run_hash', map, false)).ok);
      }),
      { numRuns: 300 }
    );
  });
  test('a file reads back', () => {
    fc.assert(
      fc.property(entry, value => {
        expect(parseRunCacheEntry(printRunCacheEntry(value), 'x')).toEqual(sorted(value));
      }),
      { numRuns: 100 }
    );
    expect(() => parseRunCacheEntry('deps: []\n', 'x')).toThrow(CellarError);
  });
});
