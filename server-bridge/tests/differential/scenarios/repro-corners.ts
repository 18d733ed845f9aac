import {
  chmod,
  commit,
  git,
  mkdir,
  project,
  remove,
  scenario,
  symlink,
  tool,
  toolIn,
  write,
  type Scenario,
  type Step
} from '../scenario.js';

const status = tool('status', '--json');
const yaml = (text: string): Step => write('dvc.yaml', `stages:\n${text}`);
const one = (fields: string): Step => yaml(`  s:\n${fields.replace(/^/gm, '    ')}\n`);

/** Corners of repro: kinds of links, modes, folders, locks of DVC 2, forms of targets, branches. */
export const reproCorners: Scenario[] = [
  scenario(
    'repro',
    'outs that persist are appended to, not through to the cache',
    project,
    one('cmd: cat in >> acc\ndeps: [in]\nouts:\n- acc:\n    persist: true'),
    write('in', '1\n'),
    tool('repro'),
    write('in', '2\n'),
    tool('repro'),
    status
  ),
  scenario(
    'repro',
    'hard links, and metrics that git keeps stay plain files',
    project,
    tool('config', 'cache.type', 'hardlink'),
    one('cmd: cp in a && cp in m.json\ndeps: [in]\nouts: [a]\nmetrics:\n- m.json:\n    cache: false'),
    write('in', '1\n'),
    tool('repro'),
    write('in', '2\n'),
    tool('repro'),
    write('in', '1\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'symbolic links',
    project,
    tool('config', 'cache.type', 'symlink'),
    one('cmd: mkdir d && cp in d/a && cp in d/b\ndeps: [in]\nouts: [d]'),
    write('in', '1\n'),
    tool('repro'),
    remove('d'),
    tool('repro'),
    status
  ),
  scenario(
    'repro',
    'executable outs and deps',
    project,
    one("cmd: printf '#!/bin/sh\\n' > run.sh && chmod +x run.sh\ndeps: [tool.sh]\nouts: [run.sh]"),
    write('tool.sh', '#!/bin/sh\n', 0o755),
    tool('repro'),
    chmod('tool.sh', 0o644),
    tool('repro'),
    remove('run.sh'),
    tool('repro')
  ),
  scenario(
    'repro',
    'an empty folder, empty file, names with blanks and accents',
    project,
    one("cmd: mkdir d && touch e && cp 'in put' 'out é'\ndeps: ['in put']\nouts: [d, e, 'out é']"),
    write('in put', '1\n'),
    tool('repro'),
    status
  ),
  scenario(
    'repro',
    'outs in folders that were there before',
    project,
    mkdir('sub/deep'),
    one('cmd: echo 1 > sub/deep/a && echo 2 > sub/b\nouts: [sub/deep/a, sub/b]'),
    tool('repro'),
    tool('repro', '-f')
  ),
  scenario(
    'repro',
    'a stage that reads a folder into which two others write',
    project,
    mkdir('data'),
    write('data/own', 'x\n'),
    yaml(
      '  last:\n    cmd: cat data/a data/b > all\n    deps: [data]\n    outs: [all]\n  a:\n    cmd: echo a > data/a\n    outs: [data/a]\n  b:\n    cmd: echo b > data/b\n    outs: [data/b]\n'
    ),
    tool('repro', 'last'),
    status
  ),
  scenario(
    'repro',
    'params above the working folder and of another stage',
    project,
    mkdir('sub'),
    write('params.yaml', 'a: 1\nb: {c: [1, 2]}\n'),
    one('cmd: cat ../params.yaml > o\nwdir: sub\nparams:\n- ../params.yaml:\n  - b.c\n  - a\nouts: [o]'),
    tool('repro'),
    write('params.yaml', 'a: 1\nb: {c: [1, 3]}\n'),
    status,
    tool('repro')
  ),
  scenario(
    'repro',
    'a dep that is a link to a file',
    project,
    write('real', '1\n'),
    symlink('in', 'real'),
    one('cmd: cat in > a\ndeps: [in]\nouts: [a]'),
    tool('repro'),
    write('real', '2\n'),
    status,
    tool('repro')
  ),
  scenario(
    'repro',
    'a dep outside of the project',
    project,
    write('../outside', '1\n'),
    one('cmd: cp ../outside a\ndeps: [../outside]\nouts: [a]'),
    tool('repro'),
    status
  ),
  scenario(
    'repro',
    'tracked data that was changed is recorded anew',
    project,
    write('data', '1\n'),
    tool('add', '--quiet', 'data'),
    one('cmd: cp data a\ndeps: [data]\nouts: [a]'),
    tool('repro'),
    write('data', '2\n'),
    tool('repro'),
    status
  ),
  scenario(
    'repro',
    'tracked data that is gone',
    project,
    write('data', '1\n'),
    tool('add', '--quiet', 'data'),
    remove('data'),
    tool('repro', 'data.dvc'),
    tool('repro', '--allow-missing', 'data.dvc')
  ),
  scenario(
    'repro',
    'a frozen stage, forced, and after its out was lost',
    project,
    write('in', '1\n'),
    one('cmd: cp in a\ndeps: [in]\nouts: [a]'),
    tool('repro'),
    one('cmd: cp in a\ndeps: [in]\nouts: [a]\nfrozen: true'),
    write('in', '2\n'),
    status,
    tool('repro'),
    tool('repro', '-f'),
    remove('a'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a stage of a command alone runs every time',
    project,
    one('cmd: echo x >> log'),
    tool('repro'),
    tool('repro'),
    status
  ),
  scenario(
    'repro',
    'a stage without outs',
    project,
    write('in', '1\n'),
    one('cmd: cat in >> log\ndeps: [in]'),
    tool('repro'),
    tool('repro'),
    write('in', '2\n'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a folder becomes a file and back',
    project,
    write('in', '1\n'),
    one('cmd: mkdir a && cp in a/x\ndeps: [in]\nouts: [a]'),
    tool('repro'),
    one('cmd: cp in a\ndeps: [in]\nouts: [a]'),
    tool('repro'),
    one('cmd: mkdir a && cp in a/x\ndeps: [in]\nouts: [a]'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a new out of an unchanged command',
    project,
    write('in', '1\n'),
    one('cmd: cp in a && cp in b\ndeps: [in]\nouts: [a]'),
    tool('repro'),
    one('cmd: cp in a && cp in b\ndeps: [in]\nouts: [a, b]'),
    status,
    tool('repro'),
    one('cmd: cp in a && cp in b\ndeps: [in]\nouts: [b]'),
    status,
    tool('repro')
  ),
  scenario(
    'repro',
    'not committed, then forced',
    project,
    write('in', '1\n'),
    one('cmd: cp in a\ndeps: [in]\nouts: [a]'),
    tool('repro', '--no-commit'),
    status,
    tool('repro')
  ),
  scenario(
    'repro',
    'objects lost from the cache',
    project,
    write('in', '1\n'),
    one('cmd: cp in a\ndeps: [in]\nouts: [a]'),
    tool('repro'),
    remove('.dvc/cache/files'),
    status,
    tool('repro', '--allow-missing'),
    tool('repro'),
    status
  ),
  scenario(
    'repro',
    'an ignored out is refused',
    project,
    write('.dvcignore', 'a\n'),
    one('cmd: echo 1 > a\nouts: [a]'),
    tool('repro'),
    status
  ),
  scenario(
    'repro',
    'a date in the params',
    project,
    write('p.yaml', 'd: 2020-01-01\n'),
    one('cmd: echo 1 > a\nparams:\n- p.yaml:\n  - d\nouts: [a]'),
    tool('repro')
  ),
  scenario(
    'repro',
    'targets in their forms',
    project,
    mkdir('sub'),
    write(
      'sub/dvc.yaml',
      'stages:\n  x:\n    cmd: echo x > x\n    outs: [x]\n  y:\n    cmd: cat x > y\n    deps: [x]\n    outs: [y]\n'
    ),
    yaml('  x:\n    cmd: cat sub/y > x\n    deps: [sub/y]\n    outs: [x]\n'),
    tool('repro', 'sub/dvc.yaml:x'),
    tool('repro', ':x'),
    tool('repro', 'sub/dvc.yaml'),
    toolIn('sub', 'repro', '../dvc.yaml:x'),
    tool('repro', 'dvc.lock'),
    tool('repro', 'x', 'nothing'),
    tool('repro', 'sub/nothing.dvc'),
    tool('repro', 'sub/y')
  ),
  scenario(
    'repro',
    'an old lock with hashes of DVC 2',
    project,
    write('in', 'a\r\nb\r\n'),
    one('cmd: cp in a\ndeps: [in]\nouts: [a]'),
    write(
      'dvc.lock',
      "schema: '2.0'\nstages:\n  s:\n    cmd: cp in a\n    deps:\n    - path: in\n      md5: dd8c6a395b5dd36c56d23275028f526c\n      size: 6\n    outs:\n    - path: a\n      md5: dd8c6a395b5dd36c56d23275028f526c\n      size: 6\n"
    ),
    status,
    tool('repro'),
    status
  ),
  scenario(
    'repro',
    'comments and foreign entries of a lock',
    project,
    write('in', '1\n'),
    one('cmd: cp in a\ndeps: [in]\nouts: [a]'),
    write(
      'dvc.lock',
      "# ours\nschema: '2.0'\nstages:\n  gone:   # left over\n    cmd: 'x'\n  s:\n    cmd: old\n    outs:\n    - path: a\n      hash: md5\n      md5: 00000000000000000000000000000000\n      size: 1\n  other:\n    cmd: y\n"
    ),
    tool('repro')
  ),
  scenario(
    'repro',
    'everything in git, then another branch',
    project,
    write('in', '1\n'),
    one('cmd: cp in a\ndeps: [in]\nouts: [a]'),
    tool('repro'),
    commit('one'),
    git('checkout', '-q', '-b', 'two'),
    write('in', '2\n'),
    tool('repro'),
    commit('two'),
    git('checkout', '-q', 'main'),
    status,
    tool('repro'),
    status
  )
];
