import {
  bytes,
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
  write
} from '../scenario.js';

const folder = [
  write('data/a.txt', 'a\n'),
  write('data/b.txt', 'b\n'),
  write('data/sub/c.txt', 'c\n'),
  write('data/sub/run.sh', '#!/bin/sh\n', 0o755)
];

export const add = [
  scenario(
    'add',
    'a file',
    project,
    write('data.csv', 'a,b\n1,2\n'),
    tool('add', 'data.csv'),
    tool('status', '--json')
  ),
  scenario('add', 'a folder', project, folder, tool('add', 'data'), tool('status', '--json')),
  scenario('add', 'a file in a folder', project, write('data/raw.csv', 'x\n'), tool('add', 'data/raw.csv')),
  scenario('add', 'from below', project, write('data/raw.csv', 'x\n'), toolIn('data', 'add', 'raw.csv')),
  scenario('add', 'two files at once', project, write('a', 'a'), write('b', 'b'), tool('add', 'a', 'b')),
  scenario('add', 'an executable', project, write('tool.sh', '#!/bin/sh\n', 0o755), tool('add', 'tool.sh')),
  scenario('add', 'an empty file', project, write('empty', ''), tool('add', 'empty')),
  scenario('add', 'an empty folder', project, mkdir('empty'), tool('add', 'empty')),
  scenario(
    'add',
    'names beyond ASCII',
    project,
    write('mesures/é b.txt', 'h\r\n'),
    write('mesures/Z', 'z'),
    write('mesures/中.txt', 'x'),
    tool('add', 'mesures')
  ),
  scenario(
    'add',
    'names that git reads as patterns',
    project,
    write('we ird[1].txt', 'x'),
    write('#h', 'y'),
    tool('add', 'we ird[1].txt', '#h')
  ),
  scenario('add', 'bytes that are no text', project, bytes('blob.bin', 'AAECAwT/'), tool('add', 'blob.bin')),
  scenario('add', 'the same again', project, write('a', 'a'), tool('add', 'a'), tool('add', 'a')),
  scenario(
    'add',
    'a changed file',
    project,
    write('a', 'a'),
    tool('add', 'a'),
    write('a', 'b'),
    tool('status', '--json'),
    tool('add', 'a')
  ),
  scenario(
    'add',
    'a changed folder',
    project,
    folder,
    tool('add', 'data'),
    write('data/a.txt', 'new\n'),
    write('data/d.txt', 'd\n'),
    remove('data/b.txt'),
    tool('status', '--json'),
    tool('add', 'data')
  ),
  scenario(
    'add',
    'one new file of a tracked folder',
    project,
    folder,
    tool('add', 'data'),
    write('data/new.txt', 'n\n'),
    tool('add', 'data/new.txt')
  ),
  scenario(
    'add',
    'one changed file of a tracked folder',
    project,
    folder,
    tool('add', 'data'),
    write('data/a.txt', 'changed\n'),
    tool('add', 'data/a.txt')
  ),
  scenario(
    'add',
    'one gone file of a tracked folder',
    project,
    folder,
    tool('add', 'data'),
    remove('data/a.txt'),
    tool('add', 'data/a.txt')
  ),
  scenario(
    'add',
    'a parent of a tracked file',
    project,
    write('data/a', 'a'),
    tool('add', 'data/a'),
    tool('add', 'data')
  ),
  scenario('add', 'what is not there', project, tool('add', 'nothing')),
  scenario('add', 'what git tracks', project, write('a', 'a'), commit('a'), tool('add', 'a')),
  scenario('add', 'a DVC file', project, write('a', 'a'), tool('add', 'a'), tool('add', 'a.dvc')),
  scenario(
    'add',
    'what .dvcignore hides',
    project,
    write('.dvcignore', '*.tmp\n'),
    write('a.tmp', 'a'),
    tool('add', 'a.tmp')
  ),
  scenario(
    'add',
    'a folder with hidden files',
    project,
    write('.dvcignore', '*.tmp\n'),
    folder,
    write('data/x.tmp', 'x'),
    tool('add', 'data')
  ),
  scenario(
    'add',
    'a folder with a .dvcignore inside',
    project,
    folder,
    write('data/.dvcignore', 'x\n'),
    tool('add', 'data')
  ),
  scenario('add', 'a link to a file', project, write('target', 't'), symlink('link', 'target'), tool('add', 'link')),
  scenario(
    'add',
    'a folder with links',
    project,
    folder,
    symlink('data/link', 'a.txt'),
    symlink('data/away', 'sub'),
    tool('add', 'data')
  ),
  scenario('add', 'through a linked folder', project, folder, symlink('other', 'data'), tool('add', 'other/a.txt')),
  scenario('add', 'a broken link', project, symlink('gone', 'nowhere'), tool('add', 'gone')),
  scenario(
    'add',
    'without commit',
    project,
    write('a', 'a'),
    tool('add', '--no-commit', 'a'),
    tool('status', '--json')
  ),
  scenario(
    'add',
    'with globs',
    project,
    write('a1.csv', '1'),
    write('a2.csv', '2'),
    write('b.csv', 'b'),
    tool('add', '--glob', 'a*.csv')
  ),
  scenario(
    'add',
    'hardlinks',
    project,
    tool('config', 'cache.type', 'hardlink'),
    folder,
    write('one', '1'),
    tool('add', 'data', 'one')
  ),
  scenario(
    'add',
    'symlinks',
    project,
    tool('config', 'cache.type', 'symlink'),
    folder,
    write('one', '1'),
    tool('add', 'data', 'one')
  ),
  scenario(
    'add',
    'copies',
    project,
    tool('config', 'cache.type', 'copy'),
    folder,
    write('one', '1', 0o600),
    tool('add', 'data', 'one')
  ),
  scenario('add', 'autostage', project, tool('config', 'core.autostage', 'true'), write('a', 'a'), tool('add', 'a')),
  scenario(
    'add',
    'keeps comments and fields',
    project,
    write('a', 'a'),
    tool('add', 'a'),
    write(
      'a.dvc',
      '# raw\nouts:\n  - md5: 0cc175b9c0f1b6a831c399e269772661  # once\n    size: 1\n    hash: md5\n    path: a\n    desc: letters\nmeta:\n  owner: ana\n'
    ),
    write('a', 'bb'),
    tool('add', 'a')
  ),
  scenario(
    'add',
    'an ignored path stays ignored',
    project,
    write('.gitignore', '*.csv\n'),
    write('a.csv', 'a'),
    tool('add', 'a.csv')
  ),
  scenario(
    'add',
    'a .gitignore without a last newline',
    project,
    write('.gitignore', '*.log'),
    write('a', 'a'),
    tool('add', 'a')
  ),
  scenario(
    'add',
    'an out of a stage',
    project,
    write('in', 'i'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n'),
    tool('repro'),
    tool('add', 'out')
  ),
  scenario(
    'add',
    'outside of the project',
    project,
    mkdir('sub'),
    write('x', 'x'),
    git('init', '--quiet', 'sub'),
    toolIn('sub', 'init'),
    write('sub/y', 'y'),
    toolIn('sub', 'add', '../x')
  ),
  scenario(
    'add',
    'a legacy file that did not change',
    project,
    write('a', 'a'),
    write('a.dvc', 'outs:\n- md5: 0cc175b9c0f1b6a831c399e269772661\n  size: 1\n  path: a\n'),
    tool('add', 'a')
  ),
  scenario('add', 'no target', project, tool('add')),
  scenario('add', 'an unknown flag', project, write('a', 'a'), tool('add', '--nonsense', 'a')),
  scenario('add', 'a file without permission to write', project, write('a', 'a'), chmod('a', 0o444), tool('add', 'a'))
];
