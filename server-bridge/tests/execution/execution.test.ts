import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli } from '../bundle-cli.js';
import { openProject } from './check.js';
import type { Round } from './check.js';
import { kinds, mutate, seeded } from './mutate.js';
import type { Kind } from './mutate.js';
import { readBook } from './notebook.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'notebooks');
const names = readdirSync(folder).sort();

/** 25 mutations in `make test`, 200 in `make test-deep`; `CELLAR_SEED` tells another story. */
const wanted = Number(process.env['CELLAR_MUTATIONS'] ?? 25);
const seed = Number(process.env['CELLAR_SEED'] ?? 1);

interface Tally {
  mutations: number;
  changedTruth: number;
  runs: number;
  needless: number;
  blocked: number;
  noTruth: number;
}

const tally: Tally = { mutations: 0, changedTruth: 0, runs: 0, needless: 0, blocked: 0, noTruth: 0 };

/** Names whose value in the pipeline is not the truth's. */
function differences(round: Round): string[] {
  return Object.keys(round.truth ?? {}).filter(name => round.truth?.[name] !== round.got[name]);
}

/** A run was needless when everything that the stage made is what it was before. */
function countNeedless(before: Round, after: Round): void {
  for (const stage of after.stages) {
    if (stage.action === 'ran') {
      tally.runs += 1;
      const own = Object.keys(after.got).filter(name => name.startsWith(`${stage.name}/`));
      if (own.length > 0 && own.every(name => before.got[name] === after.got[name])) {
        tally.needless += 1;
      }
    }
    tally.blocked += stage.action === 'blocked' ? 1 : 0;
  }
}

describe('every file of the pipeline is what the notebook itself makes', () => {
  let cellar: { argv: string[]; remove: () => void };
  beforeAll(async () => {
    cellar = await bundleCli();
  });
  afterAll(() => {
    cellar.remove();
    const share = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(0)} %`;
    process.stdout.write(
      `execution check: ${tally.mutations} mutations, ${share(tally.changedTruth, tally.mutations)} changed the truth, ` +
        `${tally.runs} stage runs, ${share(tally.needless, tally.runs)} needless, ${tally.blocked} stages blocked, ` +
        `${tally.noTruth} without a truth\n`
    );
  });

  test.each(names.map((name, index) => ({ name, index })))('$name', { timeout: 1_800_000 }, ({ name, index }) => {
    const project = openProject(cellar.argv);
    try {
      const original = readBook(folder, name);
      let book = original;
      let before = project.round(book);
      expect(before.error, 'the notebook itself must run').toBeNull();
      expect(before.exit, before.stderr).toBe(0);
      expect(differences(before), before.stderr).toEqual([]);
      const random = seeded(seed * 1000 + index);
      const share = Math.floor(wanted / names.length) + (index < wanted % names.length ? 1 : 0);
      for (let done = 0, tries = 0; done < share && tries < 20 * share; tries += 1) {
        const mutation = mutate(random, random() < 0.15 ? original : book);
        if (mutation === undefined) {
          continue;
        }
        const after = project.round(mutation.book);
        if (after.truth === null) {
          tally.noTruth += 1;
          continue;
        }
        check(mutation.kind, mutation.text, before, after);
        countNeedless(before, after);
        tally.mutations += 1;
        tally.changedTruth += changed(before, after) ? 1 : 0;
        done += 1;
        book = mutation.book;
        before = after;
      }
    } finally {
      project.close();
    }
  });

  test('at least half of the mutations changed the truth, and few runs were needless', () => {
    expect(tally.mutations).toBeGreaterThanOrEqual(wanted);
    expect(tally.changedTruth * 2).toBeGreaterThanOrEqual(tally.mutations);
    expect(tally.needless).toBeLessThanOrEqual(0.35 * tally.runs);
  });
});

function changed(before: Round, after: Round): boolean {
  return JSON.stringify(before.truth) !== JSON.stringify(after.truth);
}

function check(kind: Kind, text: string, before: Round, after: Round): void {
  const story = `${kind}: ${text}\n${after.stderr}`;
  expect(after.exit, story).toBe(0);
  expect(differences(after), story).toEqual([]);
  if (kinds[kind].quiet && !changed(before, after)) {
    const ran = after.stages.filter(stage => stage.action === 'ran').map(stage => stage.name);
    expect(ran, story).toEqual([]);
  }
}
