import { chmod, commit, git, project, remove, says, scenario, tool, toolIn, write } from '../scenario.js';

const folder = [write('data/a.txt', 'a\n'), write('data/b.txt', 'b\n')];
const pipeline = write(
  'dvc.yaml',
  'stages:\n  one:\n    cmd: cp in mid\n    deps: [in]\n    params: [lr]\n    outs: [mid]\n  two:\n    cmd: cp mid out\n    deps: [mid]\n    outs: [out]\n'
);
const pipelined = [write('in', 'i\n'), write('params.yaml', 'lr: 0.1\nother: 1\n'), pipeline, tool('repro')];

export const status = [
  scenario('status', 'nothing tracked', project, says('status'), tool('status', '--json')),
  scenario('status', 'clean', project, folder, tool('add', 'data'), says('status'), tool('status', '--json')),
  scenario(
    'status',
    'modified',
    project,
    folder,
    tool('add', 'data'),
    write('data/a.txt', 'x'),
    says('status'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'quiet and dirty',
    project,
    folder,
    tool('add', 'data'),
    write('data/a.txt', 'x'),
    tool('status', '-q')
  ),
  scenario('status', 'quiet and clean', project, folder, tool('add', 'data'), tool('status', '--quiet')),
  scenario('status', 'deleted', project, folder, tool('add', 'data'), remove('data'), tool('status', '--json')),
  scenario(
    'status',
    'not in the cache',
    project,
    folder,
    tool('add', 'data'),
    remove('.dvc/cache'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'one object missing',
    project,
    write('a', 'a'),
    tool('add', 'a'),
    remove('.dvc/cache/files/md5/0c'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'one target',
    project,
    folder,
    write('x', 'x'),
    tool('add', 'data', 'x'),
    write('x', 'y'),
    write('data/a.txt', 'z'),
    tool('status', '--json', 'x.dvc')
  ),
  scenario('status', 'an unknown target', project, tool('status', 'nothing')),
  scenario(
    'status',
    'from below',
    project,
    write('sub/a', 'a'),
    tool('add', 'sub/a'),
    write('sub/a', 'b'),
    toolIn('sub', 'status', '--json')
  ),
  scenario(
    'status',
    'mode bits do not count',
    project,
    write('a', 'a'),
    tool('add', 'a'),
    chmod('a', 0o755),
    tool('status', '--json')
  ),
  scenario('status', 'a fresh pipeline', project, pipelined, tool('status', '--json')),
  scenario(
    'status',
    'a pipeline that never ran',
    project,
    write('in', 'i'),
    write('params.yaml', 'lr: 1\n'),
    pipeline,
    says('status'),
    tool('status', '--json')
  ),
  scenario('status', 'a changed dep', project, pipelined, write('in', 'j\n'), says('status'), tool('status', '--json')),
  scenario(
    'status',
    'a changed param',
    project,
    pipelined,
    write('params.yaml', 'lr: 0.2\nother: 1\n'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'another param',
    project,
    pipelined,
    write('params.yaml', 'lr: 0.1\nother: 2\n'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'an equal param of another type',
    project,
    write('in', 'i'),
    write('params.yaml', 'lr: 1\n'),
    pipeline,
    tool('repro'),
    write('params.yaml', 'lr: 1.0\n'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'a missing param',
    project,
    pipelined,
    write('params.yaml', 'other: 1\n'),
    tool('status', '--json')
  ),
  scenario('status', 'a params file that is gone', project, pipelined, remove('params.yaml'), tool('status', '--json')),
  scenario(
    'status',
    'a changed command',
    project,
    pipelined,
    write(
      'dvc.yaml',
      'stages:\n  one:\n    cmd: cp in ./mid\n    deps: [in]\n    params: [lr]\n    outs: [mid]\n  two:\n    cmd: cp mid out\n    deps: [mid]\n    outs: [out]\n'
    ),
    says('status'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'a new dep',
    project,
    pipelined,
    write('more', 'm'),
    write('dvc.yaml', 'stages:\n  one:\n    cmd: cp in mid\n    deps: [in, more]\n    params: [lr]\n    outs: [mid]\n'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'a frozen stage',
    project,
    pipelined,
    write(
      'dvc.yaml',
      'stages:\n  one:\n    cmd: cp in mid\n    deps: [in]\n    params: [lr]\n    outs: [mid]\n    frozen: true\n'
    ),
    write('in', 'changed'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'an always changed stage',
    project,
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x > out\n    always_changed: true\n    outs: [out]\n'),
    tool('repro'),
    tool('status', '--json')
  ),
  scenario(
    'status',
    'outs that changed',
    project,
    pipelined,
    remove('out'),
    write('mid', 'x'),
    tool('status', '--json')
  ),
  scenario('status', 'with dependencies', project, pipelined, write('in', 'z'), tool('status', '--json', '-d', 'two')),
  scenario('status', 'of one stage', project, pipelined, write('in', 'z'), tool('status', '--json', 'two')),
  scenario('status', 'a malformed dvc.yaml', project, write('dvc.yaml', 'stages:\n  s:\n    cmd: [\n'), tool('status')),
  scenario(
    'status',
    'an unknown key in dvc.yaml',
    project,
    write('dvc.yaml', 'stages:\n  s:\n    cmd: x\n    bogus: 1\n'),
    tool('status')
  ),
  scenario(
    'status',
    'an unknown key in a DVC file',
    project,
    write('a', 'a'),
    tool('add', 'a'),
    write('a.dvc', 'outs:\n- md5: 0cc175b9c0f1b6a831c399e269772661\n  path: a\n  foo: 1\n'),
    tool('status')
  ),
  scenario(
    'status',
    'a malformed dvc.lock',
    project,
    pipelined,
    write('dvc.lock', 'schema: 1\nstages: []\n'),
    tool('status')
  ),
  scenario('status', 'outside a project', tool('status')),
  scenario(
    'status',
    'after a commit of git',
    project,
    pipelined,
    commit('run'),
    git('checkout', '--quiet', '-b', 'b'),
    tool('status', '--json')
  )
];
