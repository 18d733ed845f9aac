import fc from 'fast-check';
import type { Scalar, Value } from '../../src/formats/value.js';

/** Characters that have a meaning somewhere in YAML, and some that are merely unusual. */
const CHARACTERS = [
  ...'abcXYZ019_-+.,:;#!&*?|>%@`"\'{}[]()<>=~/\\ \n\t\r',
  'é',
  '漢',
  '😀',
  '\u2028',
  '\x7f',
  '\x01',
  '\xa0',
  '\ufeff'
];

const WORDS = [
  'true',
  'Null',
  '~',
  'yes',
  '010',
  '0o17',
  '0x1F',
  '1_000',
  '1e5',
  '1.',
  '.5',
  '-.inf',
  '.nan',
  '2020-01-01',
  '=',
  '<<',
  '---',
  '...',
  '- x',
  'a: b',
  'a #b',
  'x:',
  ' lead',
  'trail ',
  "it's",
  'say "hi"',
  'a\nb\n',
  '12:30:00',
  '+1',
  '-',
  '?',
  ':',
  '? a',
  '!x',
  '0b',
  '1e',
  '0777'
];

const character = fc.constantFrom(...CHARACTERS);

/** Texts that a writer of YAML finds hard. */
export const hardText = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.array(character, { maxLength: 12 }).map(parts => parts.join('')),
  fc.array(fc.constantFrom(...'abcdefgh'), { maxLength: 10 }).map(parts => parts.join(''))
);

/** Long texts of words, to be folded. */
export const longText = fc
  .array(
    fc.oneof(
      fc.stringMatching(/^[a-z]{1,12}$/),
      fc.stringMatching(/^[-./a-z0-9_=]{1,90}$/),
      fc.constantFrom("it's", '"q"', '#', 'é', '😀', '\\')
    ),
    {
      minLength: 1,
      maxLength: 40
    }
  )
  .chain(words =>
    fc
      .array(fc.constantFrom(' ', ' ', ' ', ' ', '  ', '\n', ' \n'), {
        minLength: words.length,
        maxLength: words.length
      })
      .map(gaps => words.map((word, index) => (index === 0 ? word : (gaps[index] ?? ' ') + word)).join(''))
  );

/** Texts of words with single blanks only: command lines and descriptions. */
export const commandText = fc
  .array(
    fc.oneof(
      fc.stringMatching(/^[a-z]{1,12}$/),
      fc.stringMatching(/^[-./a-z0-9_=]{1,90}$/),
      fc.constantFrom('--x', '$HOME', '>', '&&', "'a", '"b"')
    ),
    {
      minLength: 1,
      maxLength: 40
    }
  )
  .map(words => words.join(' '));

export const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.double(),
  fc.constantFrom(1e-5, 1e16, 1e22, 0.1, -0, 123456789.123),
  hardText,
  commandText
);

export const plainKey = fc.oneof(fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,10}$/), hardText);

/** A nested value whose keys are texts. */
export const { value: anyValue } = fc.letrec<{ value: Value }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(plainKey, tie('value')), { maxLength: 4 }).map(entries => new Map<Scalar, Value>(entries))
  )
}));

export const anyMapping = fc
  .array(fc.tuple(plainKey, anyValue), { minLength: 1, maxLength: 5 })
  .map(entries => new Map<Scalar, Value>(entries));
