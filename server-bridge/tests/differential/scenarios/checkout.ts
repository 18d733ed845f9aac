import type { Step } from '../scenario.js';
import { commit, git, project, remove, says, scenario, symlink, tool, toolIn, write } from '../scenario.js';

const folder = [write('data/a.txt', 'a\n'), write('data/b.txt', 'b\n'), write('data/sub/c.txt', 'c\n')];

/** Two committed versions of a file and a folder; the newer one is in the workspace. */
const versions: Step[] = [
  ...project,
  ...folder,
  write('file.csv', 'one\n'),
  tool('add', 'data', 'file.csv'),
  ...commit('one'),
  write('data/a.txt', 'a, newer\n'),
  write('data/d.txt', 'd\n'),
  remove('data/b.txt'),
  write('file.csv', 'two\n'),
  tool('add', 'data', 'file.csv'),
  ...commit('two')
];

export const checkout = [
  scenario('checkout', 'nothing to do', versions, says('checkout')),
  scenario(
    'checkout',
    'an older version',
    versions,
    git('checkout', '--quiet', 'HEAD~1'),
    says('checkout'),
    tool('status', '--json')
  ),
  scenario(
    'checkout',
    'there and back',
    versions,
    git('checkout', '--quiet', 'HEAD~1'),
    tool('checkout'),
    git('checkout', '--quiet', 'main'),
    says('checkout')
  ),
  scenario('checkout', 'with a summary', versions, git('checkout', '--quiet', 'HEAD~1'), says('checkout', '--summary')),
  scenario(
    'checkout',
    'what was removed',
    versions,
    remove('data'),
    remove('file.csv'),
    says('checkout'),
    tool('status', '--json')
  ),
  scenario('checkout', 'one target', versions, remove('data'), remove('file.csv'), says('checkout', 'file.csv')),
  scenario('checkout', 'one DVC file', versions, remove('data'), remove('file.csv'), says('checkout', 'data.dvc')),
  scenario(
    'checkout',
    'one file of a folder',
    versions,
    remove('data/a.txt'),
    remove('data/sub'),
    says('checkout', 'data/a.txt')
  ),
  scenario(
    'checkout',
    'a sub-folder of a folder',
    versions,
    remove('data/sub'),
    remove('data/a.txt'),
    says('checkout', 'data/sub')
  ),
  scenario('checkout', 'an unknown target', versions, tool('checkout', 'nothing')),
  scenario('checkout', 'over unsaved changes', versions, write('file.csv', 'unsaved\n'), tool('checkout', 'file.csv')),
  scenario(
    'checkout',
    'over unsaved changes with force',
    versions,
    write('file.csv', 'unsaved\n'),
    says('checkout', '--force', 'file.csv')
  ),
  scenario(
    'checkout',
    'a folder with an unsaved file',
    versions,
    write('data/mine.txt', 'mine\n'),
    tool('checkout', 'data')
  ),
  scenario(
    'checkout',
    'a folder with an unsaved file and force',
    versions,
    write('data/mine.txt', 'mine\n'),
    says('checkout', '-f', 'data')
  ),
  scenario(
    'checkout',
    'a missing object of a file that is gone',
    versions,
    remove('file.csv'),
    remove('.dvc/cache/files/md5/c1'),
    tool('checkout', 'file.csv')
  ),
  scenario(
    'checkout',
    'missing objects allowed',
    versions,
    remove('file.csv'),
    remove('.dvc/cache/files/md5/c1'),
    tool('checkout', '--allow-missing', 'file.csv')
  ),
  scenario(
    'checkout',
    'hardlinks anew',
    versions,
    tool('config', 'cache.type', 'hardlink'),
    tool('checkout', '--relink')
  ),
  scenario(
    'checkout',
    'symlinks anew',
    versions,
    tool('config', 'cache.type', 'symlink'),
    tool('checkout', '--relink')
  ),
  scenario(
    'checkout',
    'copies anew',
    project,
    tool('config', 'cache.type', 'symlink'),
    folder,
    tool('add', 'data'),
    tool('config', 'cache.type', 'copy'),
    tool('checkout', '--relink')
  ),
  scenario(
    'checkout',
    'an executable',
    project,
    write('run.sh', '#!/bin/sh\n', 0o755),
    tool('add', 'run.sh'),
    remove('run.sh'),
    tool('checkout')
  ),
  scenario(
    'checkout',
    'a folder that became a file',
    project,
    folder,
    tool('add', 'data'),
    commit('one'),
    remove('data'),
    write('data', 'now a file\n'),
    tool('add', 'data'),
    commit('two'),
    git('checkout', '--quiet', 'HEAD~1'),
    tool('checkout')
  ),
  scenario(
    'checkout',
    'outs of a stage',
    project,
    write('in', 'i\n'),
    write('dvc.yaml', 'stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n'),
    tool('repro'),
    remove('out'),
    says('checkout', 's'),
    tool('status', '--json')
  ),
  scenario('checkout', 'from below', versions, remove('data/a.txt'), toolIn('data', 'checkout')),
  scenario(
    'checkout',
    'leaves of another branch',
    project,
    commit('start'),
    git('checkout', '--quiet', '-b', 'side'),
    write('side.csv', 's\n'),
    tool('add', 'side.csv'),
    commit('side'),
    git('checkout', '--quiet', 'main'),
    says('checkout')
  ),
  scenario(
    'checkout',
    'recursive',
    project,
    write('in/a', 'a'),
    write('in/b', 'b'),
    tool('add', 'in/a', 'in/b'),
    remove('in/a'),
    remove('in/b'),
    says('checkout', '-R', 'in')
  ),
  scenario(
    'checkout',
    'empty folders stay',
    project,
    folder,
    tool('add', 'data'),
    { do: 'mkdir', path: 'data/void' },
    says('checkout')
  ),
  scenario(
    'checkout',
    'a linked copy inside a folder',
    project,
    folder,
    tool('add', 'data'),
    remove('data/b.txt'),
    symlink('data/b.txt', 'a.txt'),
    tool('checkout', '-f', 'data')
  )
];
