import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testDoomedProgram } from '../doomed-program.js';
import { listing, sandbox, type Sandbox } from './sandbox.js';

/** `kill -9` at the changes of the disk, then the same command succeeds and no byte of the user is lost (I2, I3). */
const program = testDoomedProgram(join(import.meta.dirname, 'kill-driver.ts'));

function write(box: Sandbox, path: string, text: string): void {
  mkdirSync(join(box.root, path, '..'), { recursive: true });
  writeFileSync(join(box.root, path), text);
}

/** Contents of all files of a project, wherever they are: workspace, cache, trash. */
function contents(root: string): Set<string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => !name.startsWith('.git/'));
  return new Set(
    names
      .map(name => join(root, name))
      .filter(path => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
      .map(path => readFileSync(path, 'latin1'))
  );
}

/** What another tool sees: everything but git's and our own notes. */
function visible(box: Sandbox): Record<string, string> {
  return listing(box.root, ['.git', '.dvc/tmp']);
}

/** Journal entries and scratch, and unfinished files outside of `.dvc/tmp`, into which no tool but ours looks. */
function unfinished(root: string): string[] {
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => !name.startsWith('.git/'));
  return all.filter(name =>
    name.startsWith('.dvc/tmp/')
      ? /^\.dvc\/tmp\/cellar\/(journal\/[^.].*\.json|scratch\/.+\/.+)$/.test(name)
      : /(^|\/)\.[^/]*\.(tmp|old)$/.test(name)
  );
}

const POINTS = 9;
/** So many of the last changes may be missing in another run of the same command. */
const SLACK = 6;

/** Puts the project back as it was, at the same place; hard links and times are kept. */
function reset(box: Sandbox): void {
  rmSync(box.root, { recursive: true, force: true });
  box.must(['cp', '-a', join(box.base, 'start'), box.root], box.base);
}

/**
 * Kills at points all over the command, in `make test-deep` at every one. What the index was allowed to remember differs by
 * the clock, and with it the number of changes by a few: the last points may lie behind the end of the command.
 */
function killEverywhere(box: Sandbox, args: string[], again: string[], kept: readonly string[]): void {
  box.must(['cp', '-a', box.root, join(box.base, 'start')], box.base);
  const total = Number(/changes (\d+)/.exec(box.must([...program.doomed, '0', ...args]))?.[1]);
  const wanted = visible(box);
  expect(total).toBeGreaterThan(5);
  const every = process.env['CELLAR_DEEP'] === '1' ? 1 : Math.ceil(total / POINTS);
  let kills = 0;
  for (let at = 1; at <= total; at += every) {
    reset(box);
    const killed = box.run([...program.doomed, String(at), ...args]);
    if (killed.exit === 0) {
      expect(at, `the command ended before change ${at} of ${total}`).toBeGreaterThan(total - SLACK);
      break;
    }
    kills++;
    expect(killed.signal, `at ${at}: ${killed.stderr}`).toBe('SIGKILL');
    const found = contents(box.root);
    expect(
      kept.filter(text => !found.has(text)),
      `lost at ${at}`
    ).toEqual([]);
    const next = box.run([...program.cellar, ...again]);
    expect(next.exit, `again at ${at}: ${next.stderr}`).toBe(0);
    expect(visible(box), `at ${at}`).toEqual(wanted);
    expect(unfinished(box.root), `litter at ${at}`).toEqual([]);
  }
  expect(kills).toBeGreaterThanOrEqual(Math.floor((total - SLACK) / every));
}

describe.each(['reflink,copy', 'hardlink', 'symlink'])('with cache.type %s', type => {
  test('a killed add is finished by the next one', { timeout: 600_000 }, () => {
    const box = sandbox();
    try {
      box.must([...program.cellar, 'init', '-q']);
      box.must([...program.cellar, 'config', '-q', 'cache.type', type]);
      const texts = ['one\n', 'two\n', 'three\n', 'alone\n'];
      ['data/a', 'data/b', 'data/sub/c', 'one.csv'].forEach((path, i) => write(box, path, texts[i] ?? ''));
      killEverywhere(box, ['add', 'data', 'one.csv'], ['add', 'data', 'one.csv'], texts);
      expect(box.must(['dvc', 'status', '--json']).trim()).toBe('{}');
    } finally {
      box.remove();
    }
  });

  test('a killed checkout is finished by the next one', { timeout: 600_000 }, () => {
    const box = sandbox();
    try {
      box.must([...program.cellar, 'init', '-q']);
      box.must([...program.cellar, 'config', '-q', 'cache.type', type]);
      ['data/a', 'data/b', 'data/sub/c'].forEach(path => write(box, path, `old ${path}\n`));
      box.must([...program.cellar, 'add', '-q', 'data']);
      const old = readFileSync(join(box.root, 'data.dvc'));
      rmSync(join(box.root, 'data'), { recursive: true });
      ['data/a', 'data/b', 'data/d'].forEach(path => write(box, path, `new ${path}\n`));
      box.must([...program.cellar, 'add', '-q', 'data']);
      write(box, 'data/e', 'nowhere else\n');
      writeFileSync(join(box.root, 'data.dvc'), old);
      const kept = ['nowhere else\n', 'old data/a\n', 'old data/sub/c\n', 'new data/a\n', 'new data/d\n'];
      killEverywhere(box, ['checkout', 'data'], ['checkout', '-f', 'data'], kept);
      expect(box.must(['dvc', 'status', '--json']).trim()).toBe('{}');
    } finally {
      box.remove();
    }
  });
});

test('a killed `init -f` loses nothing', { timeout: 600_000 }, () => {
  const box = sandbox();
  try {
    box.must([...program.cellar, 'init', '-q']);
    write(box, 'a', 'only in the cache\n');
    box.must([...program.cellar, 'add', '-q', 'a']);
    rmSync(join(box.root, 'a'));
    killEverywhere(box, ['init'], ['init', '-f', '-q'], ['only in the cache\n']);
  } finally {
    box.remove();
  }
});
