import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli } from '../bundle-cli.js';
import { differences, openProject } from './check.js';
import type { Round } from './check.js';
import { dependents } from './dependents.js';
import { mutate, points } from './mutate.js';
import type { Mutation } from './mutate.js';
import { readBook } from './notebook.js';
import type { Book } from './notebook.js';
import { seeded } from './random.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'notebooks');
const names = readdirSync(folder).sort();

/** 25 mutations in `make test`, 200 in `make test-deep`; `CELLAR_SEED` tells another story. */
const wanted = Number(process.env['CELLAR_MUTATIONS'] ?? 25);
const seed = Number(process.env['CELLAR_SEED'] ?? 1);
const nextPoint = points(seeded(seed));

const tally = {
  mutations: 0,
  changedTruth: 0,
  /** Stage runs in all compared rounds, and those that nobody needed. */
  runs: 0,
  needless: 0,
  /** Stages in all compared rounds, and those that were refused or waited for such. */
  stages: 0,
  blocked: 0,
  /** Mutations after which the notebook itself fails. */
  noTruth: 0,
  /** Edits of comments and scratch, of one stage with others that do not depend on it, and what these re-ran wrongly. */
  quiet: 0,
  siblings: 0,
  wronglyRun: 0
};

/** A run was needless when the truth of all that the stage makes, and what its cells show, is what it was before. */
function count(before: Round, after: Round): void {
  tally.stages += after.stages.length;
  tally.blocked += after.blocked.size;
  for (const stage of after.stages.filter(each => each.action === 'ran')) {
    tally.runs += 1;
    const [old, now] = [before.outs.get(stage.name), after.outs.get(stage.name)];
    const same =
      old !== undefined &&
      now !== undefined &&
      old.shown === now.shown &&
      old.names.join() === now.names.join() &&
      now.names.every(name => before.truth?.[name] === after.truth?.[name]);
    tally.needless += same ? 1 : 0;
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
        `${tally.runs} stage runs, ${share(tally.needless, tally.runs)} needless, ` +
        `${tally.blocked} of ${tally.stages} stages blocked, ${tally.noTruth} without a truth, ` +
        `${tally.quiet} edits of comments and scratch and ${tally.siblings} of siblings re-ran ${tally.wronglyRun}\n`
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
        const base = random() < 0.15 ? original : book;
        const mutation = mutate(nextPoint(), random, base);
        if (mutation === undefined) {
          continue;
        }
        const after = project.round(mutation.book);
        if (after.truth === null) {
          tally.noTruth += 1;
          expect(after.exit, `${mutation.kind}: ${mutation.text}\n${after.error}`).not.toBe(0);
          continue;
        }
        check(mutation, after);
        if (base === book) {
          checkStill(mutation, book, after);
        }
        count(before, after);
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

  test('a refused stage is counted, and the others are compared all the same', { timeout: 240_000 }, () => {
    const project = openProject(cellar.argv);
    try {
      const book = readBook(folder, 'text');
      const late = { role: 'stage' as const, stage: 'rows', source: 'rows.append("late")' };
      const round = project.round({ ...book, cells: [...book.cells, late] });
      expect(round.error).toBeNull();
      expect([...round.blocked].sort(), round.stderr).toContain('rows');
      expect(round.exit).not.toBe(0);
      expect(round.stages.filter(stage => stage.action === 'ran').map(stage => stage.name)).toContain('names');
      expect(differences(round)).toEqual([]);
    } finally {
      project.close();
    }
  });

  test('at least half of the mutations changed the truth, and few runs were needless', () => {
    expect(tally.mutations).toBeGreaterThanOrEqual(wanted);
    expect(tally.changedTruth * 2).toBeGreaterThanOrEqual(tally.mutations);
    expect(tally.needless).toBeLessThanOrEqual(0.35 * tally.runs);
    expect(tally.blocked).toBeLessThanOrEqual(0.05 * tally.stages);
  });

  test('edits of comments, scratch and sibling stages re-ran nothing', () => {
    expect(tally.quiet).toBeGreaterThan(0);
    expect(tally.siblings).toBeGreaterThan(0);
    expect(tally.wronglyRun).toBe(0);
  });
});

function changed(before: Round, after: Round): boolean {
  return JSON.stringify(before.truth) !== JSON.stringify(after.truth);
}

/** All is the truth's; a round that ends with an error is one in which stages were refused, and nothing failed. */
function check({ kind, text }: Mutation, after: Round): void {
  const story = `${kind}: ${text}\n${after.stderr}`;
  expect(after.exit === 0, story).toBe(after.blocked.size === 0);
  expect(
    after.stages.filter(stage => stage.action === 'failed').map(stage => stage.name),
    story
  ).toEqual([]);
  expect(differences(after), story).toEqual([]);
}

/** Nothing ran that an edit of a comment, of scratch or of one stage cannot reach. */
function checkStill({ kind, text, stage }: Mutation, before: Book, after: Round): void {
  const quiet = kind === 'a comment' || kind === 'a scratch cell';
  if (!quiet && stage === null) {
    return;
  }
  const reached = quiet || stage === null ? new Set<string>() : dependents(before, stage);
  const still = after.stages.filter(each => !reached.has(each.name));
  const ran = still.filter(each => each.action === 'ran').map(each => each.name);
  tally.quiet += quiet ? 1 : 0;
  tally.siblings += !quiet && still.length > 0 ? 1 : 0;
  tally.wronglyRun += ran.length;
  expect(ran, `${kind}: ${text}`).toEqual([]);
}
