/** What may be interrupted: a preparation, an action, and what must be true when the action was done undisturbed. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LinkType } from '../../src/store/links.js';
import { publishFile } from '../../src/io/publish.js';
import { openBench, read, write, type Bench, type Files } from './fixture.js';

export interface Scenario {
  name: string;
  types: LinkType[];
  prepare(bench: Bench): Promise<void>;
  /** Must be repeatable: doing it again finishes it. */
  act(bench: Bench): Promise<void>;
  /** relpath → content of the workspace afterwards. */
  wanted: Files;
  /** Contents that no fault may lose: they are in the workspace, the cache or the trash at any time. */
  kept: string[];
}

export const OLD = { a: 'one', 'sub/b': 'two', 'sub/c': 'three', empty: '' };
export const NEW = { a: 'one', 'sub/b': 'two changed', 'sub/d/e': 'four', empty: '' };

async function twoVersions(bench: Bench): Promise<void> {
  write(bench.data, OLD);
  await bench.add();
  rmSync(bench.data, { recursive: true });
  write(bench.data, NEW);
  await bench.add();
  bench.reopen();
}

/** The directory object of OLD. */
const OLD_OID = '1271cc7f0a94a83a96673aef765527b8.dir';

function add(type: LinkType): Scenario {
  return {
    name: `add, ${type}`,
    types: [type],
    prepare: bench => Promise.resolve(write(bench.data, NEW)),
    act: async bench => void (await bench.add()),
    wanted: NEW,
    kept: Object.values(NEW)
  };
}

function checkout(type: LinkType): Scenario {
  return {
    name: `checkout, ${type}`,
    types: [type],
    prepare: twoVersions,
    act: async bench => void (await bench.checkout({ oid: OLD_OID })),
    wanted: OLD,
    kept: [...Object.values(OLD), ...Object.values(NEW)]
  };
}

export const SCENARIOS: Scenario[] = [
  add('copy'),
  add('hardlink'),
  checkout('copy'),
  checkout('hardlink'),
  checkout('symlink'),
  {
    name: 'forced checkout over unsaved files',
    types: ['copy'],
    async prepare(bench) {
      await twoVersions(bench);
      write(bench.data, { 'sub/b': 'never saved', 'more/of': 'that' });
    },
    act: async bench => void (await bench.checkout({ oid: OLD_OID }, { force: true })),
    wanted: OLD,
    kept: [...Object.values(OLD), ...Object.values(NEW), 'never saved', 'that']
  },
  {
    name: 'publish of metadata',
    types: ['copy'],
    prepare: bench => Promise.resolve(write(bench.data, { 'data.dvc': 'outs: old\n' })),
    act: bench => Promise.resolve(publishFile(join(bench.data, 'data.dvc'), 'outs: new\n')),
    wanted: { 'data.dvc': 'outs: new\n' },
    kept: []
  }
];

/** Every content that is still somewhere: workspace, cache, trash, scratch, quarantine. */
export function everything(bench: Bench): Set<string> {
  return new Set(Object.values(read(bench.root)));
}

export function reopened(root: string, types: LinkType[]): Bench {
  return openBench(types, root);
}
