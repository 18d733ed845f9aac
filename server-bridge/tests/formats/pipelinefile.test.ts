import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pyEqual } from '../../src/formats/params.js';
import { parsePipelineFile, removeStage, renameStage, setStage } from '../../src/formats/pipelinefile.js';
import type { Value, ValueMap } from '../../src/formats/value.js';
import { parseYaml } from '../../src/formats/yaml.js';
import { CellarError } from '../../src/protocol/errors.js';
import { anyValue, commandText } from './arbitrary.js';

const HAND = `# The pipeline of the survey.
vars:
    - config.yaml   # shared

stages:
    # 1. fetch
    fetch:
        cmd: >-
            python fetch.py
            --all
        outs:
            - raw.csv      # big

    # 2. clean
    'clean':   # by hand
        cmd: [a,
          b]
        deps: [raw.csv]
    # nothing below clean

    by year:
        foreach: [2023, 2024]
        do:
            cmd: "run \${item}"
        # end of by year

# the rest
metrics:
    - m.json
`;
const stage: ValueMap = new Map<string, Value>([
  ['cmd', 'python x'],
  ['outs', ['y', new Map([['z', new Map([['cache', false]])]])]]
]);

describe('one stage of a hand-written file', () => {
  test('is replaced and nothing else', () => {
    const edited = setStage(HAND, 'clean', stage);
    expect(edited).toBe(
      HAND.replace(
        / {4}'clean'.*\n.*\n.*\n.*\n {4}# nothing/,
        '    clean:\n      cmd: python x\n      outs:\n      - y\n      - z:\n          cache: false\n    # nothing'
      )
    );
    expect([...parsePipelineFile(edited, 'dvc.yaml').stages.keys()]).toEqual(['fetch', 'clean', 'by year']);
  });
  test('is added behind the others', () => {
    const edited = setStage(HAND, 'new', stage);
    expect(edited).toBe(
      HAND.replace(
        '        # end of by year\n',
        '        # end of by year\n    new:\n      cmd: python x\n      outs:\n      - y\n      - z:\n          cache: false\n'
      )
    );
  });
  test('is removed', () => {
    expect(removeStage(HAND, 'fetch')).toBe(HAND.replace(/ {4}fetch:[\s\S]*# big\n/, ''));
    expect(removeStage(HAND, 'nope')).toBe(HAND);
  });
  test('is renamed in its place', () => {
    expect(renameStage(HAND, 'clean', 'tidy up')).toBe(HAND.replace("'clean':", 'tidy up:'));
    expect(renameStage(HAND, 'by year', 'a: b')).toBe(HAND.replace('by year:', "'a: b':"));
    expect(() => renameStage(HAND, 'nope', 'x')).toThrow(CellarError);
  });
  test('the last one leaves an empty section', () => {
    const one = 'stages:   # mine\n  a:\n    cmd: x\nmetrics: [m]\n';
    expect(removeStage(one, 'a')).toBe('stages: {}   # mine\nmetrics: [m]\n');
    expect(setStage(removeStage(one, 'a'), 'a', new Map([['cmd', 'x']]))).toContain('stages:\n  a:\n    cmd: x\n');
  });
  test('files without stages', () => {
    expect(setStage('', 'a', new Map([['cmd', 'x']]))).toBe('stages:\n  a:\n    cmd: x\n');
    expect(setStage('metrics: [m]', 'a', new Map([['cmd', 'x']]))).toBe('metrics: [m]\nstages:\n  a:\n    cmd: x\n');
    expect(setStage('# only words\n', 'a', new Map([['cmd', 'x']]))).toBe('# only words\nstages:\n  a:\n    cmd: x\n');
    expect(setStage('stages:\n# none yet\nmetrics: [m]\n', 'a', new Map([['cmd', 'x']]))).toContain('metrics: [m]');
  });
  test('line ends of another system stay', () => {
    const text = 'stages:\r\n  a:\r\n    cmd: x\r\n  b:\r\n    cmd: y\r\n';
    const edited = setStage(text, 'a', new Map([['cmd', 'z']]));
    expect(edited).toBe('stages:\r\n  a:\r\n    cmd: z\r\n  b:\r\n    cmd: y\r\n');
  });
  test('brackets and anchors are understood too', () => {
    for (const text of [
      'stages: {a: {cmd: x}, b: {cmd: y}}  # all\n',
      'stages: &s\n  a: {cmd: x}\n  b: {cmd: y}\n',
      '? stages\n: a: {cmd: x}\n  b: {cmd: y}\n'
    ]) {
      const edited = setStage(text, 'a', new Map([['cmd', 'z']]));
      expect(pyEqual(parseYaml(edited, 'x'), parseYaml('stages: {a: {cmd: z}, b: {cmd: y}}', 'x'))).toBe(true);
      expect([...parsePipelineFile(removeStage(text, 'a'), 'x').stages.keys()]).toEqual(['b']);
      expect([...parsePipelineFile(renameStage(text, 'a', 'c'), 'x').stages.keys()].sort()).toEqual(['b', 'c']);
    }
  });
  test('keys that look like other things', () => {
    const text =
      'stages:\n  "a: b": {cmd: x}\n  c#d:\n    cmd: |\n      stages:\n        no: 1\n  \'e\'\'f\' :\n    cmd: "x: y #\n      z"\n  -g: {cmd: h}\n';
    expect([...parsePipelineFile(text, 'x').stages.keys()]).toEqual(['a: b', 'c#d', "e'f", '-g']);
    for (const name of ['a: b', 'c#d', "e'f", '-g']) {
      expect([...parsePipelineFile(removeStage(text, name), 'x').stages.keys()]).not.toContain(name);
      expect(setStage(setStage(text, name, stage), name, stage)).toBe(setStage(text, name, stage));
    }
  });
});

test('random edits of random files touch one stage only', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/),
    fc.constantFrom('a b', 'x#y', "it's", 'k: v', '1', 'true', 'é', '-d', '"q"', '?x', ':y')
  );
  const comment = fc.constantFrom(
    '',
    '',
    '\n',
    '    # deep\n',
    '  # of a stage\n',
    '# of the file\n',
    '      # deeper\n'
  );
  const definition = fc.tuple(commandText, anyValue).map(
    ([cmd, meta]): ValueMap =>
      new Map<string, Value>([
        ['cmd', cmd],
        ['meta', meta]
      ])
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, definition, comment), { selector: ([key]) => key, minLength: 2, maxLength: 5 }),
      definition,
      fc.nat(),
      (stages, fresh, pick) => {
        let text = '# head\nvars: [a]\n';
        for (const [key, value, after] of stages) text = setStage(text, key, value) + after;
        text += '# tail\nmetrics: [m]\n';
        const before = parseYaml(text, 'x') as Map<string, ValueMap>;
        const target = stages[pick % stages.length]?.[0] ?? '';
        const edited = setStage(text, target, fresh);
        const after = parseYaml(edited, 'x') as Map<string, ValueMap>;
        expect([...(after.get('stages')?.keys() ?? [])]).toEqual([...(before.get('stages')?.keys() ?? [])]);
        for (const [key, value] of after.get('stages') ?? []) {
          const expected = key === target ? fresh : (before.get('stages')?.get(key) ?? null);
          if (!JSON.stringify([...text]).includes('.nan'))
            expect(pyEqual(value, expected) || [...edited].join('').includes('.nan')).toBe(true);
        }
        // Outside the stage no line is lost: all comments that are not inside it are there.
        for (const line of ['# head', '# tail']) expect(edited).toContain(line);
        const removed = removeStage(text, target);
        expect([...((parseYaml(removed, 'x') as Map<string, ValueMap>).get('stages')?.keys() ?? [])]).toEqual(
          [...(before.get('stages')?.keys() ?? [])].filter(key => key !== target)
        );
      }
    ),
    { numRuns: 300 }
  );
});

test('limits and codes', () => {
  try {
    parsePipelineFile('stages:\n  a:\n    cmd: x\n    bogus: 1\n', './dvc.yaml');
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(CellarError);
    const { code, exit, message, at, next } = error as CellarError;
    expect({ code, exit, line: at?.line }).toEqual({ code: 'E_PIPELINE_INVALID', exit: 255, line: 3 });
    expect(message).toBe(
      "'./dvc.yaml' validation failed. extra keys not allowed, in stages -> a -> bogus, line 3, column 5"
    );
    expect(next).toContain('line 3');
  }
  expect(() => parsePipelineFile(' '.repeat(4 * 1024 * 1024 + 1), 'dvc.yaml')).toThrow(/larger than/);
});
