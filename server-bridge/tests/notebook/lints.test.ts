import { beforeAll, describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/notebook/edits.js';
import { initPython } from '../../src/notebook/python/parse.js';
import { analysed, codes, notebook, type Tagged } from './notebooks.js';

beforeAll(() => initPython());

const NUMPY = 'import numpy as np';

/** Lints of random numbers (N46) and dynamic code (N18), by the code that is told; none where the list is empty. */
const LINTS: [rule: string, cells: Tagged[], told: string[]][] = [
  [
    'a draw without a seed',
    [
      ['setup', NUMPY],
      ['a', 'x = np.random.normal()']
    ],
    ['W_UNSEEDED']
  ],
  [
    'a draw of the random module',
    [
      ['setup', 'import random'],
      ['a', 'x = random.random()']
    ],
    ['W_UNSEEDED']
  ],
  [
    'a generator without a seed',
    [
      ['setup', `${NUMPY}\nrng = np.random.default_rng()`],
      ['a', 'x = rng.normal()']
    ],
    ['W_UNSEEDED']
  ],
  [
    'a draw in a function',
    [
      ['setup', `${NUMPY}\ndef f():\n    return np.random.rand(2)`],
      ['a', 'x = f()']
    ],
    ['W_UNSEEDED']
  ],
  [
    'a seed in setup',
    [
      ['setup', `${NUMPY}\nnp.random.seed(0)`],
      ['a', 'x = np.random.normal()']
    ],
    []
  ],
  [
    'a seed in a function of setup',
    [
      ['setup', `${NUMPY}\ndef seed_it(n):\n    np.random.seed(n)\nseed_it(1)`],
      ['a', 'x = np.random.normal()']
    ],
    []
  ],
  [
    'a seed in the stage',
    [
      ['setup', NUMPY],
      ['a', 'np.random.seed(1)\nx = np.random.normal()']
    ],
    []
  ],
  [
    'two stages and one stream',
    [
      ['setup', `${NUMPY}\nnp.random.seed(0)`],
      ['a', 'x = np.random.normal()'],
      ['b', 'y = np.random.normal()']
    ],
    ['W_SHARED_STREAM']
  ],
  [
    'two stages and one generator',
    [
      ['setup', `${NUMPY}\nrng = np.random.default_rng(0)`],
      ['a', 'x = rng.normal()'],
      ['b', 'y = rng.normal()']
    ],
    ['W_SHARED_STREAM']
  ],
  [
    'a seed for each',
    [
      ['setup', `${NUMPY}\nnp.random.seed(0)`],
      ['a', 'x = np.random.normal()'],
      ['b', 'np.random.seed(1)\ny = np.random.normal()']
    ],
    []
  ],
  [
    'methods of these names on other things',
    [
      ['setup', NUMPY],
      ['a', 'x = load()\ny = x.sample(3)\nz = x.choice']
    ],
    []
  ],
  [
    'dynamic names (N18)',
    [
      ['setup', 'from math import *'],
      ['a', 'x = pi']
    ],
    ['W_DYNAMIC']
  ],
  [
    'a parameter that -S cannot address (N33)',
    [
      ['params', 'größe = 1'],
      ['a', 'x = größe']
    ],
    ['W_PARAM_NAME']
  ],
  [
    'a value that -S reads as its own (N33)',
    [
      ['params', 'p = "???"'],
      ['a', 'x = p']
    ],
    ['W_PARAM_VALUE']
  ]
];

describe('lints', () => {
  it.each(LINTS)('%s', (_rule, cells, told) => {
    expect(codes(analysed(cells))).toEqual(told);
  });

  it.each(LINTS.filter(([, , told]) => /STREAM|UNSEEDED/.test(told[0] ?? '')))('the button for: %s', (_rule, cells) => {
    const [problem] = analysed(cells).problems;
    expect(problem?.next).toBeTruthy();
    const [fix] = problem?.fixes ?? [];
    if (fix !== undefined) {
      const { cells: fixed } = applyEdits({ cells: notebook(...cells).cells, metadata: undefined }, fix.edits ?? []);
      expect(codes(analysed(fixed.map((cell, at): Tagged => [cells[at]?.[0] ?? '', cell.source])))).toEqual([]);
    }
  });
});
