import { commit, git, mkdir, project, remove, says, scenario, tool, toolIn, write } from '../scenario.js';

const repository = git('init', '--quiet', '--initial-branch=main');

export const init = [
  scenario('init', 'in a git repository', repository, tool('init')),
  scenario('init', 'without git', tool('init')),
  scenario('init', 'without git on purpose', tool('init', '--no-scm'), write('a', 'a'), tool('add', 'a')),
  scenario('init', 'in a sub-folder', repository, mkdir('sub'), toolIn('sub', 'init')),
  scenario('init', 'in a sub-folder with --subdir', repository, mkdir('sub'), toolIn('sub', 'init', '--subdir')),
  scenario('init', 'both --subdir and --no-scm', repository, tool('init', '--subdir', '--no-scm')),
  scenario('init', 'twice', project, tool('init')),
  scenario('init', 'twice with force', project, write('a', 'a'), tool('add', 'a'), tool('init', '-f')),
  scenario('init', 'keeps a .dvcignore', repository, write('.dvcignore', '*.log\n'), tool('init')),
  scenario('init', 'where git ignores .dvc', repository, write('.gitignore', '.dvc\n'), tool('init'))
];

export const root = [
  scenario('root', 'at the top', project, says('root')),
  scenario('root', 'two folders down', project, mkdir('a/b'), { do: 'tool', args: ['root'], in: 'a/b', stdout: true }),
  scenario('root', 'outside a project', mkdir('a'), toolIn('a', 'root')),
  scenario('root', 'of a project in a sub-folder', repository, mkdir('sub/deep'), toolIn('sub', 'init', '--subdir'), {
    do: 'tool',
    args: ['root'],
    in: 'sub/deep',
    stdout: true
  }),
  scenario('root', 'with --cd', project, mkdir('a'), says('root', '--cd', 'a'))
];

export const version = [
  scenario('version', 'answers', project, tool('version')),
  scenario('version', 'outside a project', tool('version')),
  scenario('version', 'as a flag', tool('--version')),
  scenario('version', 'with an argument too many', project, tool('version', 'more'))
];

export const config = [
  scenario('config', 'sets and gets', project, tool('config', 'core.remote', 'lab'), says('config', 'core.remote')),
  scenario('config', 'lists', project, tool('config', 'cache.type', 'hardlink,symlink'), says('config', '--list')),
  scenario(
    'config',
    'unsets',
    project,
    tool('config', 'core.autostage', 'true'),
    tool('config', '-u', 'core.autostage')
  ),
  scenario('config', 'unsets what is not there', project, tool('config', '--unset', 'core.autostage')),
  scenario('config', 'gets what is not there', project, tool('config', 'core.remote')),
  scenario('config', 'refuses an unknown option', project, tool('config', 'core.nonsense', '1')),
  scenario('config', 'refuses an unknown section', project, tool('config', 'nonsense.a', '1')),
  scenario('config', 'refuses a name without a section', project, tool('config', 'remote', '1')),
  scenario(
    'config',
    'local level',
    project,
    tool('config', '--local', 'cache.type', 'copy'),
    says('config', '--list', '--local')
  ),
  scenario(
    'config',
    'local wins',
    project,
    tool('config', 'core.remote', 'a'),
    tool('config', '--local', 'core.remote', 'b'),
    says('config', 'core.remote')
  ),
  scenario(
    'config',
    'shows the origin',
    project,
    tool('config', 'core.remote', 'a'),
    says('config', '--list', '--show-origin', '--project')
  ),
  scenario(
    'config',
    'relative cache folder',
    project,
    tool('config', 'cache.dir', '../store'),
    write('a', 'a'),
    tool('add', 'a')
  ),
  scenario(
    'config',
    'broken file',
    project,
    write('.dvc/config', '[core\nremote = a\n'),
    tool('config', 'core.remote'),
    tool('status')
  ),
  scenario(
    'config',
    'unknown key in the file',
    project,
    write('.dvc/config', '[core]\n    nonsense = a\n'),
    tool('status')
  ),
  scenario('config', 'boolean is checked', project, tool('config', 'core.autostage', 'perhaps')),
  scenario(
    'config',
    'values with marks',
    project,
    tool('config', 'remote.r.url', '/tmp/a#b'),
    says('config', 'remote.r.url')
  ),
  scenario(
    'config',
    'refused after the project went away',
    project,
    commit('start'),
    remove('.dvc'),
    tool('config', 'core.remote')
  )
];
