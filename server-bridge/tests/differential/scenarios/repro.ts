import type { Step } from '../scenario.js';
import { commit, git, mkdir, project, remove, says, scenario, tool, toolIn, write } from '../scenario.js';

const chain = `stages:
  one:
    cmd: cat in > mid && echo one >> log
    deps: [in]
    outs: [mid]
  two:
    cmd: cat mid > out && echo two >> log
    deps: [mid]
    outs: [out]
  other:
    cmd: cat in2 > out2 && echo other >> log
    deps: [in2]
    outs: [out2]
`;
const start: Step[] = [...project, write('in', 'i\n'), write('in2', 'j\n'), write('dvc.yaml', chain)];
const ran: Step[] = [...start, tool('repro')];

export const repro = [
  scenario('repro', 'a chain', start, tool('repro'), tool('status', '--json')),
  scenario('repro', 'nothing to do', ran, tool('repro')),
  scenario('repro', 'a changed input', ran, write('in', 'new\n'), tool('repro')),
  scenario('repro', 'one target', start, tool('repro', 'two')),
  scenario('repro', 'one target alone', ran, write('in', 'x\n'), remove('out'), tool('repro', '-s', 'two')),
  scenario('repro', 'two targets', start, tool('repro', 'one', 'other')),
  scenario('repro', 'an unknown target', start, tool('repro', 'three')),
  scenario('repro', 'dry', start, tool('repro', '--dry')),
  scenario('repro', 'dry after a change', ran, write('in', 'x\n'), tool('repro', '--dry')),
  scenario('repro', 'force', ran, tool('repro', '-f')),
  scenario('repro', 'force one', ran, tool('repro', '-f', '-s', 'one')),
  scenario(
    'repro',
    'restores from the run cache',
    ran,
    write('in', 'x\n'),
    tool('repro'),
    write('in', 'i\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'without the run cache',
    ran,
    write('in', 'x\n'),
    tool('repro'),
    write('in', 'i\n'),
    tool('repro', '--no-run-cache')
  ),
  scenario('repro', 'restores a lost output', ran, remove('mid'), tool('repro')),
  scenario('repro', 'restores after dvc.lock was lost', ran, remove('dvc.lock'), tool('repro')),
  scenario(
    'repro',
    'keep going',
    project,
    write(
      'dvc.yaml',
      'stages:\n  bad:\n    cmd: exit 3\n    outs: [a]\n  after:\n    cmd: cp a b\n    deps: [a]\n    outs: [b]\n  good:\n    cmd: echo c > c\n    outs: [c]\n'
    ),
    tool('repro', '-k')
  ),
  scenario(
    'repro',
    'a failing stage',
    project,
    write(
      'dvc.yaml',
      'stages:\n  good:\n    cmd: echo c > c\n    outs: [c]\n  bad:\n    cmd: cat c && exit 3\n    deps: [c]\n    outs: [a]\n'
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'an out that was not made',
    project,
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a missing dep',
    project,
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    deps: [nothing]\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a cycle',
    project,
    write(
      'dvc.yaml',
      'stages:\n  a:\n    cmd: cp x y\n    deps: [x]\n    outs: [y]\n  b:\n    cmd: cp y x\n    deps: [y]\n    outs: [x]\n'
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'the same out twice',
    project,
    write('dvc.yaml', 'stages:\n  a:\n    cmd: echo a > x\n    outs: [x]\n  b:\n    cmd: echo b > x\n    outs: [x]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'overlapping outs',
    project,
    write(
      'dvc.yaml',
      'stages:\n  a:\n    cmd: mkdir -p d && echo a > d/x\n    outs: [d]\n  b:\n    cmd: echo b > d/y\n    outs: [d/y]\n'
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'params in YAML',
    project,
    write('params.yaml', 'lr: 0.001\nn: 3\nnested:\n  a: [1, 2.0]\n  b: null\n'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    params: [lr, n, nested.a, nested]\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'params in JSON, TOML and Python',
    project,
    write('p.json', '{"a": 1.0, "b": {"c": [1, "x"]}}'),
    write('p.toml', 'a = 1\n[t]\nb = 2.5\n'),
    write('p.py', 'A = 1\nclass C:\n    b = (1, 2)\n'),
    write(
      'dvc.yaml',
      'stages:\n  s:\n    cmd: echo x > a\n    params:\n    - p.json: [a, b.c]\n    - p.toml: [a, t.b]\n    - p.py: [A, C.b]\n    outs: [a]\n'
    ),
    tool('repro'),
    tool('status', '--json')
  ),
  scenario(
    'repro',
    'a whole params file',
    project,
    write('params.yaml', 'lr: 1\nb:\n  c: 2\n'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    params:\n    - params.yaml:\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a missing param',
    project,
    write('params.yaml', 'lr: 1\n'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    params: [nope]\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'templates',
    project,
    write('params.yaml', 'file: in\nlr: 0.5\nflag: true\n'),
    write('in', 'i'),
    write(
      'dvc.yaml',
      'vars:\n- out: result\nstages:\n  s:\n    cmd: cp ${file} ${out} && echo ${lr} ${flag} >> ${out}\n    deps: ["${file}"]\n    outs: ["${out}"]\n'
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'foreach over a list',
    project,
    write(
      'dvc.yaml',
      'stages:\n  s:\n    foreach: [a, true, 1.0]\n    do:\n      cmd: echo ${item} > ${item}.txt\n      outs: ["${item}.txt"]\n'
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'foreach over a mapping',
    project,
    write(
      'dvc.yaml',
      'stages:\n  s:\n    foreach:\n      x: {v: 1}\n      y: {v: 2}\n    do:\n      cmd: echo ${key} ${item.v} > ${key}.txt\n      outs: ["${key}.txt"]\n'
    ),
    tool('repro', 's@y'),
    tool('repro', 's')
  ),
  scenario(
    'repro',
    'matrix',
    project,
    write(
      'dvc.yaml',
      'stages:\n  s:\n    matrix:\n      a: [1, 2]\n      b: [x, {n: 3}]\n    cmd: echo ${item.a} ${key} > ${key}.txt\n    outs: ["${key}.txt"]\n'
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'a dictionary in the command',
    project,
    write('params.yaml', 'opt:\n  lr: 0.1\n  on: true\n  off: false\n  words: [a, "b c"]\n'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo ${opt} > a\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a list of commands',
    project,
    write(
      'dvc.yaml',
      'stages:\n  s:\n    cmd:\n    - echo a > a\n    - |\n      echo b >> a\n      echo c >> a\n    outs: [a]\n'
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'a command of several lines',
    project,
    write('dvc.yaml', 'stages:\n  s:\n    cmd: |\n      echo a > a\n      echo b >> a\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a working folder',
    project,
    mkdir('w'),
    write('w/in', 'i'),
    write('w/params.yaml', 'lr: 1\n'),
    write(
      'dvc.yaml',
      'stages:\n  s:\n    cmd: cp in out\n    wdir: w\n    deps: [in]\n    params: [lr]\n    outs: [out]\n'
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'a file in a sub-folder',
    project,
    write('sub/in', 'i'),
    write('sub/dvc.yaml', 'stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n'),
    tool('repro', 'sub/dvc.yaml'),
    tool('repro', 'sub/dvc.yaml:s'),
    tool('status', '--json')
  ),
  scenario(
    'repro',
    'no dvc.yaml here',
    project,
    write('sub/dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'all pipelines',
    project,
    write('sub/dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    outs: [a]\n'),
    write('dvc.yaml', 'stages:\n  t:\n    cmd: cp sub/a b\n    deps: [sub/a]\n    outs: [b]\n'),
    tool('repro', '-P')
  ),
  scenario(
    'repro',
    'recursive',
    project,
    write('sub/dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    outs: [a]\n'),
    write('sub/deep/dvc.yaml', 'stages:\n  u:\n    cmd: echo y > b\n    outs: [b]\n'),
    tool('repro', '-R', 'sub')
  ),
  scenario(
    'repro',
    'from below',
    project,
    write('sub/dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    outs: [a]\n'),
    toolIn('sub', 'repro')
  ),
  scenario(
    'repro',
    'outs that are not cached',
    project,
    write(
      'dvc.yaml',
      'stages:\n  s:\n    cmd: echo \'{"a":1}\' > m.json && echo x > plain && echo y > kept\n    outs:\n    - plain:\n        cache: false\n    - kept:\n        persist: true\n    metrics:\n    - m.json:\n        cache: false\n'
    ),
    tool('repro'),
    tool('status', '--json')
  ),
  scenario(
    'repro',
    'metrics and plots',
    project,
    write(
      'dvc.yaml',
      "stages:\n  s:\n    cmd: echo '{\"a\":1}' > m.json && printf 'x,y\\n1,2\\n' > p.csv\n    deps: [dvc.yaml]\n    metrics: [m.json]\n    plots:\n    - p.csv:\n        x: x\n"
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'uncached metrics come back',
    project,
    write('in', '1'),
    write(
      'dvc.yaml',
      'stages:\n  s:\n    cmd: cat in > m.json\n    deps: [in]\n    metrics:\n    - m.json:\n        cache: false\n'
    ),
    tool('repro'),
    write('in', '2'),
    tool('repro'),
    write('in', '1'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a folder as output',
    project,
    write('dvc.yaml', 'stages:\n  s:\n    cmd: mkdir -p d/e && echo a > d/a && echo b > d/e/b\n    outs: [d]\n'),
    tool('repro'),
    write('d/a', 'x'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a folder as input',
    project,
    write('d/a', 'a'),
    write('d/b', 'b'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: cat d/* > out\n    deps: [d]\n    outs: [out]\n'),
    tool('repro'),
    write('d/c', 'c'),
    tool('repro')
  ),
  scenario(
    'repro',
    'tracked data as input',
    project,
    write('raw', 'r'),
    tool('add', 'raw'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: cp raw out\n    deps: [raw]\n    outs: [out]\n'),
    tool('repro'),
    commit('one'),
    write('raw', 's'),
    tool('repro'),
    tool('status', '--json')
  ),
  scenario(
    'repro',
    'a frozen stage',
    ran,
    write('dvc.yaml', chain.replace('outs: [mid]', 'outs: [mid]\n    frozen: true')),
    write('in', 'x\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'an always changed stage',
    project,
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    always_changed: true\n    outs: [a]\n'),
    tool('repro'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a changed command',
    ran,
    write('dvc.yaml', chain.replace('cat in > mid', 'cat ./in > mid')),
    tool('repro')
  ),
  scenario('repro', 'without commit', start, tool('repro', '--no-commit'), tool('status', '--json')),
  scenario('repro', 'downstream', ran, write('in', 'x\n'), tool('repro', '--downstream', 'one')),
  scenario('repro', 'force downstream', ran, write('in', 'x\n'), tool('repro', '--force-downstream', 'two')),
  scenario('repro', 'the pipeline of a stage', start, tool('repro', '-p', 'one')),
  scenario(
    'repro',
    'a removed stage stays in the lock',
    ran,
    write('dvc.yaml', 'stages:\n  one:\n    cmd: cat in > mid && echo one >> log\n    deps: [in]\n    outs: [mid]\n'),
    write('in', 'x\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'an out that git tracks',
    project,
    write('a', 'a'),
    commit('a'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'autostage',
    project,
    tool('config', 'core.autostage', 'true'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'missing data allowed',
    project,
    write('raw', 'r'),
    tool('add', 'raw'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: cp raw out\n    deps: [raw]\n    outs: [out]\n'),
    tool('repro'),
    remove('raw'),
    remove('.dvc/cache'),
    remove('out'),
    tool('repro', '--allow-missing')
  ),
  scenario('repro', 'globs', start, tool('repro', '--glob', 'o*')),
  scenario(
    'repro',
    'a mixed lock of two formats',
    project,
    write('in', 'i'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n'),
    write('out', 'i'),
    write(
      'dvc.lock',
      "schema: '2.0'\nstages:\n  s:\n    cmd: cp in out\n    deps:\n    - path: in\n      md5: 865c0c0b4ab0e063e5caa3387c1a8741\n      size: 1\n    outs:\n    - path: out\n      md5: 865c0c0b4ab0e063e5caa3387c1a8741\n      size: 1\n"
    ),
    tool('status', '--json'),
    tool('repro')
  ),
  scenario(
    'repro',
    'numbers in params keep their type',
    project,
    write('params.yaml', 'a: 1.0\nb: 1\nc: 1e-05\nd: 1e20\ne: 12345678901234567890\nf: true\ng: "1"\nh: 0x1f\n'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo x > a\n    params: [a, b, c, d, e, f, g, h]\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'stages vars',
    project,
    write('v.yaml', 'model: {n: 2}\n'),
    write('dvc.yaml', 'stages:\n  s:\n    vars: [v.yaml]\n    cmd: echo ${model.n} > a\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a variable that is not there',
    project,
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo ${nope} > a\n    outs: [a]\n'),
    tool('repro')
  ),
  scenario('repro', 'text on the screen', start, says('repro', 'one')),
  scenario(
    'repro',
    'git history does not matter',
    ran,
    commit('one'),
    git('checkout', '--quiet', '-b', 'other'),
    tool('repro')
  )
];
