import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCli } from '../bundle-cli.js';
import { environment, sandbox, type Sandbox } from './sandbox.js';

let bundle: Awaited<ReturnType<typeof bundleCli>>;
let box: Sandbox;
beforeAll(async () => {
  bundle = await bundleCli();
});
afterAll(() => bundle.remove());
beforeEach(() => {
  box = sandbox(bundle.argv);
});
afterEach(() => box.close());

function stage(cmd: string, more = ''): void {
  box.write('dvc.yaml', `stages:\n  s:\n    cmd: ${cmd}\n    deps: [in]\n${more}    outs: [out, dir]\n`);
}

const GOOD = 'mkdir dir && cp in dir/f && cp in out';

/** Files below `folder` whose text is `text`. */
function holding(folder: string, text: string): string[] {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => {
    const path = join(folder, name);
    return statSync(path).isFile() && readFileSync(path, 'utf8') === text;
  });
}

function trash(): string {
  return join(box.root, '.dvc/tmp/cellar/trash');
}

function ranOnce(): void {
  stage(GOOD);
  box.write('in', 'old\n');
  expect(box.cellar('repro').code).toBe(0);
}

describe('before anything is touched', () => {
  it('a missing dep leaves the outs where they are (quirk 9 of spec/dvc-pipelines.md §11.2 is not copied)', () => {
    ranOnce();
    box.remove('in');
    const answer = box.cellar('repro');
    expect(answer.code).toBe(255);
    expect(answer.err).toContain("failed to reproduce 's': dependency 'in' does not exist");
    expect(box.read('out')).toBe('old\n');
    expect(box.read('dir/f')).toBe('old\n');
    box.write('in', 'old\n');
    expect(box.cellar('repro').out).toContain("didn't change");
  });

  it('a missing or malformed parameter leaves them, too', () => {
    ranOnce();
    stage(GOOD, '    params: [lr]\n');
    box.write('params.yaml', 'other: 1\n');
    expect(box.cellar('repro').err).toContain("Parameters 'lr' are missing from 'params.yaml'.");
    box.write('params.yaml', 'lr: [1\n');
    expect(box.cellar('repro').err).toContain('params.yaml');
    box.write('params.yaml', 'lr: 2020-01-01\n');
    expect(box.cellar('repro').code).toBe(255);
    expect(box.read('out')).toBe('old\n');
    box.write('params.yaml', 'lr: 1\n');
    expect(box.cellar('repro').code).toBe(0);
  });

  it('an out that git tracks is refused before the command runs (N29)', () => {
    stage(`${GOOD} && touch ran`);
    box.write('in', 'x\n');
    box.write('out', 'precious\n');
    box.git('add', 'out');
    const answer = box.cellar('repro');
    expect(answer.code).toBe(255);
    expect(answer.err).toContain("output 'out' is already tracked by SCM");
    expect([box.has('ran'), box.read('out')]).toEqual([false, 'precious\n']);
    box.git('rm', '-q', '--cached', 'out');
    expect(box.cellar('repro').code).toBe(0);
    expect(holding(trash(), 'precious\n')).toHaveLength(1);
  });

  it('overlapping outs and circles are found before the first stage runs', () => {
    box.write(
      'dvc.yaml',
      'stages:\n  a:\n    cmd: touch ran\n    outs: [d]\n  b:\n    cmd: touch ran\n    outs: [d/x]\n'
    );
    expect(box.cellar('repro').err).toContain('overlap and are thus in the same tracked directory.');
    box.write(
      'dvc.yaml',
      'stages:\n  a:\n    cmd: touch ran\n    deps: [y]\n    outs: [x]\n  b:\n    cmd: touch ran\n    deps: [x]\n    outs: [y]\n'
    );
    expect(box.cellar('repro').err).toContain(
      'Same item(s) are defined as both a dependency and an output in stages: '
    );
    expect(box.has('ran')).toBe(false);
  });
});

describe('a command that fails', () => {
  it('puts the old outs back and leaves the lock entry as it was', () => {
    ranOnce();
    const lock = box.read('dvc.lock');
    stage('mkdir dir && echo partial > out && echo partial > dir/f && exit 3');
    const answer = box.cellar('repro');
    expect(answer.code).toBe(255);
    expect(answer.err).toContain("failed to reproduce 's': failed to run: mkdir dir");
    expect(answer.err).toContain('exited with 3');
    expect([box.read('out'), box.read('dir/f'), box.read('dvc.lock')]).toEqual(['old\n', 'old\n', lock]);
    expect(readdirSync(join(box.root, '.dvc/tmp/cellar/journal'))).toEqual([]);
    expect(box.read('.dvc/tmp/rwlock')).toBe('{}');
    stage(GOOD);
    expect(box.cellar('repro').out).toContain("didn't change");
  });

  it('an out that was not made, or a binary metric, counts as a failure', () => {
    ranOnce();
    stage('cp in out');
    expect(box.cellar('repro').err).toContain("output 'dir' does not exist");
    expect(box.read('dir/f')).toBe('old\n');
    box.write('dvc.yaml', "stages:\n  m:\n    cmd: printf '\\000' > m.bin\n    deps: [in]\n    metrics: [m.bin]\n");
    expect(box.cellar('repro').err).toContain('cannot be used as metrics.');
  });

  it('keeps entries and ignore lines of the stages before it', () => {
    box.write(
      'dvc.yaml',
      'stages:\n  a:\n    cmd: echo 1 > x\n    outs: [x]\n  b:\n    cmd: exit 1\n    deps: [x]\n    outs: [y]\n'
    );
    expect(box.cellar('repro').code).toBe(255);
    expect(box.read('.gitignore')).toBe('/x\n');
    expect(box.read('dvc.lock')).toContain('  a:\n');
    expect(box.dvc('status', 'a', '--json').out.trim()).toBe('{}');
  });

  it('puts hand-edited outs back as they were, and keeps them in the trash when the run succeeds', () => {
    ranOnce();
    box.write('out', 'edited by hand\n');
    stage('exit 1');
    expect(box.cellar('repro').code).toBe(255);
    expect(box.read('out')).toBe('edited by hand\n');
    stage(GOOD);
    expect(box.cellar('repro', '-f').code).toBe(0);
    expect(box.read('out')).toBe('old\n');
    expect(holding(trash(), 'edited by hand\n')).toHaveLength(1);
    expect(holding(trash(), 'old\n')).toEqual([]);
  });
});

describe('a dep that changes while the command runs (I18)', () => {
  it('keeps the outs, records nothing, names the file', () => {
    ranOnce();
    const lock = box.read('dvc.lock');
    stage(`${GOOD} && echo changed > in`);
    const answer = box.cellar('repro');
    expect(answer.code).toBe(255);
    expect(answer.err).toContain("dependency 'in' changed while s was running");
    expect(box.read('dvc.lock')).toBe(lock);
    expect(box.read('out')).toBe('old\n');
    expect(JSON.parse(box.cellar('status', '--json').out)).toHaveProperty('s');
    stage(GOOD);
    expect(box.cellar('repro').code).toBe(0);
    expect(box.read('out')).toBe('changed\n');
  });
});

describe('Ctrl-C', () => {
  it('ends the whole group, puts the outs back, exits with 252', async () => {
    ranOnce();
    stage("trap '' INT; echo partial > out; (sleep 300 & echo $! > child); touch ready; sleep 300; sleep 300");
    const [program, ...args] = [...bundle.argv, 'repro'];
    const run = spawn(program, args, {
      cwd: box.root,
      env: environment(join(box.root, '../home')),
      stdio: 'ignore'
    });
    const ended = new Promise<number | null>(resolve => run.once('exit', code => resolve(code)));
    while (!box.has('ready')) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    run.kill('SIGINT');
    expect(await ended).toBe(252);
    expect([box.read('out'), box.read('dir/f')]).toEqual(['old\n', 'old\n']);
    const child = `/proc/${box.read('child').trim()}/stat`;
    expect(existsSync(child) ? readFileSync(child, 'utf8') : ' Z ').toContain(' Z ');
    stage(GOOD);
    expect(box.cellar('repro').out).toContain("didn't change");
  });
});

describe('--keep-going and --ignore-errors', () => {
  const MIXED =
    'stages:\n  bad:\n    cmd: exit 1\n    outs: [a]\n  after:\n    cmd: touch b\n    deps: [a]\n    outs: [b]\n  good:\n    cmd: echo c > c\n    outs: [c]\n';

  it('goes on with what does not depend on the failure', () => {
    box.write('dvc.yaml', MIXED);
    const answer = box.cellar('repro', '-k');
    expect(answer.code).toBe(255);
    expect(answer.err).toContain("Stage 'after' will be skipped due to this failure");
    expect(answer.err).toContain("failed to reproduce 'bad'");
    expect([box.has('b'), box.has('c')]).toEqual([false, true]);
  });

  it('ignores errors when asked', () => {
    box.write('dvc.yaml', MIXED.replace('    deps: [a]\n', ''));
    const answer = box.cellar('repro', '--ignore-errors');
    expect(answer.code).toBe(0);
    expect(answer.err).toContain('(ignored)');
    expect([box.has('b'), box.has('c')]).toEqual([true, true]);
  });
});

describe('-j', () => {
  it('runs independent stages at the same time, and records each', () => {
    const meet = (mine: string, other: string): string =>
      `touch ${mine}.here && while [ ! -e ${other}.here ]; do :; done && echo ${mine} > ${mine}`;
    box.write(
      'dvc.yaml',
      `stages:\n  a:\n    cmd: ${meet('a', 'b')}\n    outs: [a]\n  b:\n    cmd: ${meet('b', 'a')}\n    outs: [b]\n  c:\n    cmd: cat a b > c\n    deps: [a, b]\n    outs: [c]\n`
    );
    const answer = box.cellar('repro', '-j', '2');
    expect(answer.code, answer.err).toBe(0);
    expect(box.read('c')).toBe('a\nb\n');
    expect(box.dvc('status', '--json').out.trim()).toBe('{}');
  });
});
