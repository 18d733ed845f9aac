import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comparable } from './differences.js';
import { play } from './play.js';
import type { Answer, Tool } from './play.js';
import { scenarios } from './scenarios/index.js';

const here = dirname(fileURLToPath(import.meta.url));
const live = process.env['CELLAR_LIVE_DVC'] === '1';

function recordedAnswers(about: string): Record<string, Answer[]> {
  return JSON.parse(readFileSync(join(here, 'recorded', `${about}.json`), 'utf8')) as Record<string, Answer[]>;
}

/** Bundles the command line as the wheel does, into a folder of its own. */
async function bundleCli(folder: string): Promise<Tool> {
  const source = join(here, '..', '..', 'src');
  await build({
    entryPoints: { cli: join(source, 'cli', 'main.ts'), worker: join(source, 'store', 'worker.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.13',
    external: ['koffi', '@parcel/watcher'],
    define: { 'process.env.CELLAR_VERSION': '"0.0.0"' },
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
    logLevel: 'error'
  });
  return { name: 'cellar', argv: [process.execPath, join(folder, 'cli.mjs')] };
}

/**
 * Plays all scenarios about one command with `cellar` and compares each answer with what `dvc` answered:
 * recorded with the pinned version, or live with CELLAR_LIVE_DVC=1 (`make test-deep`).
 */
export function compareWithDvc(about: string): void {
  describe(`${about} beside dvc`, () => {
    // Inside the project, so that the bundle finds its optional native packages.
    const folder = mkdtempSync(join(here, '..', '..', '..', 'node_modules', '.cellar-cli-'));
    let cellar: Tool;
    beforeAll(async () => {
      cellar = await bundleCli(folder);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
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
