import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli } from '../bundle-cli.js';
import { comparable } from './differences.js';
import { play } from './play.js';
import type { Answer, Tool } from './play.js';
import { scenarios } from './scenarios/index.js';

const here = dirname(fileURLToPath(import.meta.url));
const live = process.env['CELLAR_LIVE_DVC'] === '1';

function recordedAnswers(about: string): Record<string, Answer[]> {
  return JSON.parse(readFileSync(join(here, 'recorded', `${about}.json`), 'utf8')) as Record<string, Answer[]>;
}

/**
 * Plays all scenarios about one command with `cellar` and compares each answer with what `dvc` answered:
 * recorded with the pinned version, or live with CELLAR_LIVE_DVC=1 (`make test-deep`).
 */
export function compareWithDvc(about: string): void {
  describe(`${about} beside dvc`, () => {
    let bundle: { argv: string[]; remove: () => void };
    let cellar: Tool;
    beforeAll(async () => {
      bundle = await bundleCli();
      cellar = { name: 'cellar', argv: bundle.argv };
    });
    afterAll(() => bundle.remove());
    const recorded = live ? {} : recordedAnswers(about);
    for (const each of scenarios.filter(one => one.about === about)) {
      test(each.name, { timeout: 120_000 }, () => {
        const wanted = live ? play(each, { name: 'dvc', argv: ['dvc'] }) : recorded[each.name];
        expect(wanted, 'no recorded answer; run `make record`').toBeDefined();
        const got = play(each, cellar);
        const complaints = got.map(answer => answer.stderr).join('');
        expect(comparable(each.name, got), complaints).toEqual(comparable(each.name, wanted ?? []));
      });
    }
  });
}
