import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { groupAlive } from '../../src/run/group.js';
import { testDoomedProgram } from '../doomed-program.js';
import { sandbox, type Sandbox } from './sandbox.js';

/** `kill -9` at the changes of the disk during a run, then the same command succeeds and no byte is lost (I2, N55). */
const program = testDoomedProgram(join(import.meta.dirname, 'kill-driver.ts'));

/** A kill at every change, not at some of them, takes as many times as long. */
const LIMIT = { timeout: process.env['CELLAR_DEEP'] === '1' ? 2_400_000 : 400_000 };

const PIPELINE = `stages:
  s:
    cmd: mkdir dir && cp in dir/f && cp in dir/g && cp in out && cp in m.json
    deps: [in]
    outs: [out, dir]
    metrics:
    - m.json:
        cache: false
  t:
    cmd: cat out > last
    deps: [out]
    outs: [last]
`;
const OUTS = ['out', 'dir/f', 'dir/g', 'm.json', 'last'];

/** All files below a folder that hold `text`. */
function holding(at: string, text: string): boolean {
  return (
    existsSync(at) &&
    readdirSync(at, { recursive: true, encoding: 'utf8' }).some(name => {
      const path = join(at, name);
      return statSync(path, { throwIfNoEntry: false })?.isFile() === true && readFileSync(path, 'utf8') === text;
    })
  );
}

/** Journal entries, and files that were never finished outside of `.dvc/tmp`, which no tool but ours looks into. */
function unfinished(root: string): string[] {
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => !name.startsWith('.git/'));
  const hidden = join('.dvc', 'tmp');
  return all.filter(name => (name.startsWith(hidden) ? /\/journal\/[^.].*\.json$/.test(name) : name.endsWith('.tmp')));
}

/** Kills at every `step`-th change; checks that the next `cellar repro` ends like a run that was never killed. */
function killEverywhere(prepare: (box: Sandbox) => void, unsaved: string | null): void {
  const start = sandbox(program.cellar);
  const made: Sandbox[] = [start];
  try {
    start.write('dvc.yaml', PIPELINE);
    start.write('in', 'one\n');
    expect(start.cellar('repro').code).toBe(0);
    start.write('in', 'two\n');
    prepare(start);
    const whole = start.copy();
    made.push(whole);
    const counted = whole.run(program.doomed);
    const total = Number(/changes (\d+)/.exec(counted.out)?.[1]);
    expect(total, counted.err).toBeGreaterThan(20);
    const lock = whole.read('dvc.lock');
    const every = process.env['CELLAR_DEEP'] === '1' ? 1 : Math.ceil(total / 16);
    for (let n = 1; n <= total; n += every) {
      const box = start.copy();
      made.push(box);
      expect(box.run([...program.doomed, String(n)]).code, `killed at ${n}`).toBeNull();
      const again = box.cellar('repro');
      expect(again.code, `after kill at ${n} of ${total}: ${again.err}`).toBe(0);
      for (const out of OUTS) {
        expect(box.read(out), `${out} after kill at ${n}`).toBe('two\n');
      }
      expect(box.read('dvc.lock'), `lock after kill at ${n}`).toBe(lock);
      expect(unfinished(box.root), `litter after kill at ${n}`).toEqual([]);
      expect(box.cellar('status', '--json').out.trim(), `status after kill at ${n}`).toBe('{}');
      if (unsaved !== null) {
        expect(holding(join(box.root, '.dvc/tmp/cellar/trash'), unsaved), `unsaved bytes after kill at ${n}`).toBe(
          true
        );
      }
      box.close();
    }
  } finally {
    made.forEach(box => box.close());
  }
}

describe('kill -9', () => {
  it('during a run over saved outs', LIMIT, () => killEverywhere(() => undefined, null));

  it('during a run over outs that were edited by hand', LIMIT, () => {
    killEverywhere(box => {
      box.write('out', 'edited by hand\n');
      box.write('dir/f', 'edited by hand\n');
    }, 'edited by hand\n');
  });

  it('during a restore from the run cache', LIMIT, () => {
    killEverywhere(box => {
      expect(box.cellar('repro').code).toBe(0);
      box.write('in', 'one\n');
      expect(box.cellar('repro').code).toBe(0);
      box.write('in', 'two\n');
    }, null);
  });

  it('leaves old outs in place for a reader between the kill and the next command', { timeout: 120_000 }, () => {
    const box = sandbox(program.cellar);
    try {
      box.write('in', 'one\n');
      box.write('dvc.yaml', 'stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n');
      expect(box.cellar('repro').code).toBe(0);
      box.write('in', 'two\n');
      box.write(
        'dvc.yaml',
        'stages:\n  s:\n    cmd: echo $$ > group; echo part > out; kill -9 $PPID; sleep 300\n    deps: [in]\n    outs: [out]\n'
      );
      expect(box.cellar('repro').code).toBeNull();
      // Any command that changes the project mends it first.
      const mended = box.cellar('checkout');
      expect(mended.code, mended.err).toBe(0);
      expect(box.read('out')).toBe('one\n');
      expect(groupAlive(Number(box.read('group')))).toBe(false);
    } finally {
      box.close();
    }
  });
});
