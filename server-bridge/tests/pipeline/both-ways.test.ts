import { afterAll, beforeAll, beforeEach, describe, expect, it, afterEach } from 'vitest';
import { bundleCli } from '../bundle-cli.js';
import { sandbox, type Sandbox } from './sandbox.js';

/** One tool computes, the other one restores, and both agree on what there is to do (design.md §7). */
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

type Tool = (...args: string[]) => { code: number | null; out: string; err: string };

const PIPELINE = `stages:
  split:
    cmd: mkdir parts && cp in parts/a && cp in parts/b && echo split >> log
    deps: [in]
    outs: [parts]
  count:
    cmd: cat parts/a parts/b > sum && echo '{"n":' $(wc -l < sum) '}' > m.json && echo count >> log
    deps: [parts]
    params: [lr, 'conf.toml': [a.b]]
    outs: [sum]
    metrics:
    - m.json:
        cache: false
  last:
    cmd:
    - cat sum > last
    - echo last >> log
    deps: [sum]
    outs: [last]
`;

function prepare(): void {
  box.write('dvc.yaml', PIPELINE);
  box.write('in', 'one\n');
  box.write('params.yaml', 'lr: 0.1\n');
  box.write('conf.toml', '[a]\nb = 1.0\n');
}

const pairs: [string, (box: Sandbox) => Tool, (box: Sandbox) => Tool][] = [
  ['dvc computes, cellar restores', box => box.dvc, box => box.cellar],
  ['cellar computes, dvc restores', box => box.cellar, box => box.dvc]
];

describe.each(pairs)('%s', (_name, first, second) => {
  it('without a lock entry, from the run cache', () => {
    prepare();
    expect(first(box)('repro').code).toBe(0);
    const lock = box.read('dvc.lock');
    for (const path of ['dvc.lock', 'parts', 'sum', 'm.json', 'last', 'log']) {
      box.remove(path);
    }
    const again = second(box)('repro');
    expect(again.code, again.err).toBe(0);
    expect(again.out.match(/is cached - skipping run/g)).toHaveLength(3);
    expect(box.has('log')).toBe(false);
    expect(box.read('dvc.lock')).toBe(lock);
    expect(box.read('m.json')).toBe('{"n": 2 }\n');
    expect(box.read('sum')).toBe('one\none\n');
    expect(box.dvc('status', '--json').out.trim()).toBe('{}');
    expect(box.cellar('status', '--json').out.trim()).toBe('{}');
  });

  it('an older state, after another one was computed', () => {
    prepare();
    expect(first(box)('repro').code).toBe(0);
    box.write('in', 'two\n');
    expect(second(box)('repro').code).toBe(0);
    box.write('in', 'one\n');
    box.remove('log');
    const back = second(box)('repro');
    expect(back.out.match(/is cached - skipping run/g)).toHaveLength(3);
    expect(box.read('last')).toBe('one\none\n');
    expect(box.has('log')).toBe(false);
    expect(first(box)('repro').out).toContain('Data and pipelines are up to date.');
  });

  it('nothing to do for the other tool, and the same words for a change', () => {
    prepare();
    expect(first(box)('repro').code).toBe(0);
    const idle = second(box)('repro');
    expect(idle.out.match(/didn't change, skipping/g)).toHaveLength(3);
    box.write('params.yaml', 'lr: 0.2\n');
    box.write('sum', 'edited\n');
    const words = JSON.parse(box.cellar('status', '--json').out) as object;
    expect(words).toEqual(JSON.parse(box.dvc('status', '--json').out));
    expect(Object.keys(words)).toEqual(['count', 'last']);
  });
});

describe('values under which dvc would take another run for this one', () => {
  it('does not restore a run with another parameter named size (spec/dvc-pipelines.md §11.2)', () => {
    box.write('dvc.yaml', 'stages:\n  s:\n    cmd: cp params.yaml a\n    params: [size]\n    outs: [a]\n');
    box.write('params.yaml', 'size: 1\n');
    expect(box.cellar('repro').code).toBe(0);
    box.write('params.yaml', 'size: 2\n');
    expect(box.cellar('repro').out).toContain("Running stage 's'");
    expect(box.read('a')).toBe('size: 2\n');
  });

  it('keeps 1, 1.0 and true apart in the run cache, and takes them for equal when it compares', () => {
    box.write('dvc.yaml', 'stages:\n  s:\n    cmd: cp params.yaml a\n    params: [v]\n    outs: [a]\n');
    box.write('params.yaml', 'v: 1\n');
    expect(box.cellar('repro').code).toBe(0);
    box.write('params.yaml', 'v: 1.0\n');
    expect(box.cellar('repro').out).toContain("didn't change, skipping");
    expect(box.dvc('repro').out).toContain("didn't change, skipping");
    box.remove('dvc.lock');
    expect(box.cellar('repro').out).toContain("Running stage 's'");
  });
});

describe('locks (I10)', () => {
  it('leaves the project free while a command runs: a stage may call either tool', () => {
    const cellar = bundle.argv.join(' ');
    box.write('extra', 'e\n');
    box.write('more', 'm\n');
    box.write(
      'dvc.yaml',
      `stages:\n  s:\n    cmd:\n    - dvc add -q extra\n    - ${cellar} add -q more\n    - cp in out\n    deps: [in]\n    outs: [out]\n`
    );
    box.write('in', 'one\n');
    const answer = box.cellar('repro');
    expect(answer.code, answer.err).toBe(0);
    expect([box.has('extra.dvc'), box.has('more.dvc'), box.read('out')]).toEqual([true, true, 'one\n']);
    expect(box.dvc('status', '--json').out.trim()).toBe('{}');
  });

  it('keeps others away from what the running stage writes', () => {
    const cellar = bundle.argv.join(' ');
    box.write('in', 'one\n');
    box.write(
      'dvc.yaml',
      `stages:\n  s:\n    cmd: cp in out; ! dvc repro -f s 2> dvc.err && ! ${cellar} repro -f s 2> cellar.err\n    deps: [in]\n    outs: [out]\n`
    );
    const answer = box.cellar('repro');
    expect(answer.code, answer.err).toBe(0);
    expect(box.read('dvc.err')).toContain('is busy, it is being blocked by:');
    expect(box.read('cellar.err')).toContain('is busy, it is being blocked by:');
  });
});

describe('without native helpers', () => {
  it('still shares the lock with dvc', () => {
    box.write('dvc.yaml', PIPELINE);
    box.write('in', 'one\n');
    box.write('params.yaml', 'lr: 0.1\n');
    box.write('conf.toml', '[a]\nb = 1.0\n');
    const plain = ['env', 'CELLAR_NO_NATIVE=1', ...bundle.argv];
    const answer = box.run([...plain, 'repro']);
    expect(answer.code, answer.err).toBe(0);
    expect(box.dvc('status', '--json').out.trim()).toBe('{}');
    const held = [
      'python3',
      '-c',
      'import fcntl,subprocess,sys; f=open(".dvc/tmp/lock","a+"); fcntl.flock(f, fcntl.LOCK_EX); sys.exit(subprocess.run(sys.argv[1:]).returncode)'
    ];
    const refused = box.run([...held, ...plain, 'repro']);
    expect(refused.code).toBe(255);
    expect(refused.err).toContain('Unable to acquire lock');
  });
});
