/** Projects laid out as published ones are: many files, nested params, groups, top-level metrics and plots. */
import { commit, git, project, remove, scenario, says, tool, toolIn, write, type Scenario } from '../scenario.js';

const published = [
  ...project,
  write('data/raw.txt', 'b\na\nc\n'),
  tool('add', 'data/raw.txt'),
  write('src/prepare.sh', 'mkdir -p data/prepared\nsort "$1" | head -n "$2" > data/prepared/sorted.txt\n'),
  write('src/evaluate.sh', 'mkdir -p eval\nwc -l < "$1" > eval/lines.txt\nprintf \'{"n": 2}\' > eval/metrics.json\n'),
  write('params.yaml', 'prepare:\n  split: 0.2\n  head: 2\nevaluate:\n  names: [one, two]\n  deep: {er: true}\n'),
  write(
    'dvc.yaml',
    'artifacts:\n  lines:\n    path: eval/lines.txt\n    type: dataset\n    desc: How many\n    labels: [text]\n' +
      'stages:\n  prepare:\n    cmd: sh src/prepare.sh data/raw.txt ${prepare.head}\n    deps: [data/raw.txt, src/prepare.sh]\n' +
      '    params: [prepare.split, prepare.head]\n    outs: [data/prepared]\n' +
      '  evaluate:\n    cmd:\n    - sh src/evaluate.sh data/prepared/sorted.txt\n    - echo ${evaluate.names[1]} > eval/name.txt\n' +
      '    deps: [data/prepared, src/evaluate.sh]\n    params: [evaluate]\n    outs: [eval/lines.txt, eval/name.txt]\n' +
      '    metrics:\n    - eval/metrics.json:\n        cache: false\n' +
      'metrics: [eval/metrics.json]\nplots:\n- Lines:\n    x: n\n    y: {eval/lines.txt: n}\nparams: [params.yaml]\n'
  )
];

const parts = [
  ...project,
  write('raw.txt', '1\n'),
  write(
    'load/dvc.yaml',
    'stages:\n  load:\n    wdir: ..\n    cmd: cp raw.txt loaded.txt\n    deps: [raw.txt]\n    outs: [loaded.txt]\n'
  ),
  write('model/params.json', '{"rate": 0.5, "deep": {"er": [1, 2]}}\n'),
  write('model/conf.toml', '[tool]\nname = "x"\nsteps = 3\n'),
  write(
    'model/dvc.yaml',
    'vars:\n- folder: out\nstages:\n  fit:\n    cmd: mkdir -p ${folder} && cat ../loaded.txt > ${folder}/fit.txt\n    deps: [../loaded.txt]\n' +
      '    params:\n    - params.json: [rate, deep.er]\n    - conf.toml:\n    outs:\n    - ${folder}/fit.txt:\n        persist: true\n' +
      '  read:\n    cmd: cp ${folder}/fit.txt read.txt\n    deps: [out]\n    outs:\n    - read.txt:\n        cache: false\n        desc: A copy\n'
  )
];

const groups = [
  ...project,
  write('params.yaml', 'models:\n  small: {size: 1, name: s}\n  big: {size: 20, name: b}\nseeds: [1, 2]\n'),
  write(
    'dvc.yaml',
    'stages:\n  train:\n    foreach: ${models}\n    do:\n      cmd: echo ${item.size} > ${key}-${item.name}.txt\n      params: [models.${key}]\n      outs: ["${key}-${item.name}.txt"]\n' +
      '  score:\n    matrix:\n      model: [small-s, big-b]\n      seed: ${seeds}\n    cmd: cat ${item.model}.txt > score-${item.model}-${item.seed}.txt\n' +
      '    deps: ["${item.model}.txt"]\n    outs: ["score-${item.model}-${item.seed}.txt"]\n'
  )
];

export const layouts: Scenario[] = [
  scenario(
    'repro',
    'a dvc.yaml of artifacts alone stands for the whole project',
    project,
    write('data.txt', '1\n'),
    tool('add', 'data.txt'),
    write('dvc.yaml', 'artifacts:\n  data:\n    path: data.txt\n    type: dataset\n'),
    says('status'),
    tool('repro'),
    write('data.txt', '22\n'),
    tool('repro', '--dry'),
    tool('repro'),
    tool('status', '--json'),
    remove('data.txt'),
    tool('repro', '--dry'),
    remove('.dvc/cache'),
    tool('repro')
  ),
  scenario(
    'repro',
    'a published layout: nested params, lists of commands, top-level metrics and plots',
    published,
    tool('repro'),
    tool('status', '--json'),
    ...commit('one'),
    write('params.yaml', 'prepare:\n  split: 0.2\n  head: 2\nevaluate:\n  names: [one, three]\n  deep: {er: true}\n'),
    tool('status', '--json'),
    tool('repro'),
    write('params.yaml', 'prepare:\n  split: 0.25\n  head: 3\nevaluate:\n  names: [one, two]\n  deep: {er: false}\n'),
    tool('repro', '--dry', '-s', 'evaluate'),
    tool('repro', 'data/prepared'),
    tool('status', '--json'),
    tool('repro', '-s', 'evaluate'),
    git('stash', '--quiet'),
    tool('status', '--json'),
    tool('repro')
  ),
  scenario(
    'checkout',
    'a published layout: back to an older commit and forth',
    published,
    tool('repro'),
    ...commit('one'),
    write('data/raw.txt', 'z\ny\nx\n'),
    tool('add', 'data/raw.txt'),
    tool('repro'),
    ...commit('two'),
    git('checkout', '--quiet', 'HEAD~1'),
    tool('status', '--json'),
    tool('checkout'),
    tool('status', '--json'),
    git('checkout', '--quiet', 'main'),
    tool('checkout', 'prepare'),
    tool('status', '--json'),
    tool('checkout', 'data/raw.txt.dvc', 'evaluate')
  ),
  scenario(
    'status',
    'a published layout in every state',
    published,
    says('status'),
    tool('repro', 'prepare'),
    says('status'),
    remove('data/prepared/sorted.txt'),
    says('status'),
    tool('status', '--json', 'evaluate'),
    write('src/evaluate.sh', 'mkdir -p eval\necho 1 > eval/lines.txt\nprintf \'{"n": 1}\' > eval/metrics.json\n'),
    tool('status', '--json', '--with-deps', 'evaluate'),
    tool('status', '--json', 'data/raw.txt.dvc')
  ),
  scenario(
    'repro',
    'stages in several folders with wdir, vars and params in JSON and TOML',
    parts,
    tool('repro', '-R', '.'),
    tool('repro', 'model/dvc.yaml'),
    tool('status', '--json'),
    write('model/conf.toml', '[tool]\nname = "x"\nsteps = 4\n'),
    toolIn('model', 'status', '--json'),
    toolIn('model', 'repro', 'fit'),
    toolIn('model', 'repro', '-P'),
    write('model/params.json', '{"rate": 0.5, "deep": {"er": [1, 3]}}\n'),
    toolIn('load', 'repro'),
    tool('repro', 'model/dvc.yaml:read'),
    tool('status', '--json')
  ),
  scenario(
    'repro',
    'groups of foreach and matrix, whole and one by one',
    groups,
    tool('repro', 'train@small'),
    tool('repro', 'train'),
    tool('repro', 'score@big-b-2'),
    tool('repro'),
    tool('status', '--json'),
    write('params.yaml', 'models:\n  small: {size: 2, name: s}\n  big: {size: 20, name: b}\nseeds: [1, 3]\n'),
    tool('status', '--json'),
    tool('repro', '--dry', 'score'),
    tool('repro', '-s', 'score@small-s-1'),
    tool('repro')
  )
];
