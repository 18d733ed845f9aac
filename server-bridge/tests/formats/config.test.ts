import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkConfig,
  configRemotes,
  configText,
  configTruth,
  editConfig,
  mergeConfigs,
  parseConfig,
  splitOptionName
} from '../../src/formats/config.js';
import type { ConfigTree } from '../../src/formats/config.js';
import { CellarError } from '../../src/protocol/errors.js';
import { startOracle } from './oracle.js';

const ask = startOracle();

/** Our tree as dvc nests it: named sections below their kind; the kinds are always there. */
function nested(tree: ConfigTree): unknown {
  const kinds = new Map<string, unknown[]>([
    ['remote', []],
    ['machine', []],
    ['db', []]
  ]);
  const plain: unknown[] = [];
  const value = (item: string | string[]) => (typeof item === 'string' ? item : { l: item });
  for (const [section, options] of tree) {
    const entries = { m: [...options].map(([option, item]) => [option, value(item)]) };
    const named = /^(remote|machine|db) "(.*)"$/.exec(section);
    if (section === '') plain.push(...entries.m);
    else if (named) kinds.get(named[1] ?? '')?.push([named[2], entries]);
    else plain.push([section, entries]);
  }
  return { m: [...[...kinds].map(([kind, items]) => [kind, { m: items }]), ...plain] };
}

async function sameConfig(text: string): Promise<void> {
  const answer = await ask('config_read', text);
  let ours: unknown;
  try {
    ours = nested(parseConfig(text, 'config'));
  } catch (error) {
    expect(error).toBeInstanceOf(CellarError);
    expect((error as CellarError).exit).toBe(251);
    expect(answer.error, `we refuse ${JSON.stringify(text)}: ${String(error)}`).toBeDefined();
    return;
  }
  expect(answer.error, `we accept ${JSON.stringify(text)}: ${answer.message}`).toBeUndefined();
  expect(ours).toEqual(answer.ok);
}

const TEXTS = [
  '',
  '[core]\n    remote = MyRemote\n    analytics = False\n',
  '[Core]\nREMOTE = x\n',
  '[\'remote "Store"\']\n    url = ../../rem\n',
  '[remote "store"]\nurl = s3://b/p\n',
  '[ \'remote "a b"\' ]\n  url=/x y\n',
  '[cache]\ntype = hardlink,symlink\n',
  '[cache]\ntype = "hardlink,symlink"\n',
  '[cache]\ntype = hardlink,\n',
  '[cache]\ntype = ,\n',
  '[a]\nb = "x", \'y\', z # c\n',
  '[a]\nb = x # comment\nc = "x # y"\nd = \'p #w"x\'\ne =\nf = ""\n',
  '[a]\nb = \'\'\'tri ple\'\'\'\nc = """two\nlines""" # c\nd = 1\n',
  '# head\n[a] # c\n# own\nb = 1\n\n[c]\nd = 2\n# end\n',
  '[a]\nb = 1\nb = 2\n',
  '[a]\n[a]\n',
  'nonsense\n',
  '[a]\nnonsense\n',
  '[[a]]\nb = 1\n',
  '[a]\nb = "unclosed\n',
  '[a]\nb = x"y\nc = it\'s\nd = a=b\n',
  '[a]\n"quoted key" = 1\nkey with blanks = 2\n',
  '[a]\npassword = %(user)s-x\nuser = u\n',
  '[a]\npassword = %(nobody)s\n',
  '[a]\npassword = 100%\n',
  '[a]\r\nb = 1\r\n',
  '[a]\nb = c, d e , "f"\nc = [x]\n',
  '; semicolon\n[a]\nb = 1\n',
  '[a]\n  b = 1\n    c = 2\n',
  '[a]\nurl = azure://x/y?a=b&c=d#f\n'
];

describe('config files read like dvc', () => {
  test.each(TEXTS)('%j', sameConfig);
  test('lines put together at random', async () => {
    const line = fc.constantFrom(
      '[a]',
      '[b]',
      'k = v',
      'm = x, y',
      'n = "q, r"',
      '# c',
      '',
      'o = v # c',
      "p = 'x'",
      '[\'remote "r"\']',
      'url = /x',
      'q = "',
      "r = a'b",
      's =',
      't = ,',
      'u = x,',
      'v = ,x',
      'w = "a" b'
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), async lines => sameConfig(`${lines.join('\n')}\n`)),
      { numRuns: 600 }
    );
  });
});

describe('edits', () => {
  const EDITS: [string, string, string, string | null][] = [
    ['', 'core', 'remote', 'r'],
    ['[core]\n    remote = x\n', 'core', 'remote', 'y'],
    ['[core]\nremote = x\n[cache]\ntype = copy\n', 'cache', 'type', 'hardlink,symlink'],
    ['[core]\n    remote = x\n', 'core', 'remote', null],
    ['[core]\n    remote = x\n    autostage = true\n', 'core', 'remote', null],
    ['[\'remote "r"\']\n    url = /x\n', 'core', 'autostage', 'true'],
    ['[cache]\n    shared = group\n', 'core', 'remote', 'a#b'],
    ['[cache]\n    shared = group\n', 'core', 'site_cache_dir', ' lead "q"'],
    ['[cache]\n    shared = group\n', 'studio', 'token', "it's"],
    ['[cache]\n    shared = group\n', 'studio', 'token', `it's "both"`],
    ['[exp]\n    auto_push = true\n', 'core', 'remote', '']
  ];
  test.each(EDITS)('%j: %s.%s = %j prints as dvc prints it', async (text, section, option, value) => {
    const answer = await ask('config_edit', text, section, option, value);
    expect(answer.error).toBeUndefined();
    expect(editConfig(text, 'config', [{ section, option, value }])).toBe(answer.ok);
  });
  test('comments stay where dvc drops them', () => {
    const text =
      '# who wrote this\n[core]\n    # the store\n    remote = a  # old\n\n# cache\n[cache]\n    type = copy\n';
    const edited = editConfig(text, 'config', [
      { section: 'core', option: 'remote', value: 'b' },
      { section: 'core', option: 'autostage', value: 'true' },
      { section: 'remote "b"', option: 'url', value: '/data' }
    ]);
    expect(edited).toBe(
      '# who wrote this\n[core]\n    # the store\n    remote = b\n    autostage = true\n\n# cache\n[cache]\n    type = copy\n[\'remote "b"\']\n    url = /data\n'
    );
    expect(editConfig(text, 'config', [{ section: 'cache', option: null, value: null }])).not.toContain('type');
  });
  test('what was set reads back', () => {
    const word = fc
      .stringMatching(/^[ -~]{0,20}$/)
      .filter(text => !text.includes("'''") && !text.includes('"""') && !text.includes('%'));
    fc.assert(
      fc.property(
        fc.constantFrom('', '# c\n[core]\nremote = z\n'),
        fc.oneof(
          word,
          fc.array(
            word.filter(text => !(text.includes('"') && text.includes("'"))),
            { minLength: 2, maxLength: 3 }
          )
        ),
        (text, value) => {
          const edited = editConfig(text, 'config', [{ section: 'core', option: 'remote', value }]);
          const found = parseConfig(edited, 'config').get('core')?.get('remote');
          expect(found).toEqual(value);
        }
      ),
      { numRuns: 500 }
    );
  });
});

describe('the schema', () => {
  const BAD = [
    '[foo]\na = 1\n',
    '[core]\nbogus = 1\n',
    '[core]\nanalytics = maybe\n',
    '[core]\nchecksum_jobs = 0\n',
    '[core]\nchecksum_jobs = x\n',
    '[cache]\ntype = hardlink,teleport\n',
    '[cache]\nshared = world\n',
    '[remote "r"]\njobs = 1\n',
    '[remote "r"]\nurl = ftp://x/y\n',
    '[remote "r"]\nurl = s3://x/y\nbogus = 1\n',
    '[remote "r"]\nurl = /x\nregion = y\n',
    '[remote "r"]\nurl = https://x/y\nread_timeout = -1\n',
    '[parsing]\nbool = maybe\n',
    '[hydra]\nconfig_dir = a\nconfig_module = b\n',
    'top = 1\n'
  ];
  test.each(BAD)('refuses %j in the words of dvc', async text => {
    const answer = await ask('config_check', text);
    expect(answer.ok).not.toBe('');
    expect(() => checkConfig(parseConfig(text, 'config'))).toThrow(`${String(answer.ok)}`);
  });
  const GOOD = [
    '[core]\nremote = r\nanalytics = FALSE\nchecksum_jobs = 4\n[cache]\ntype = "reflink,copy"\n[feature]\nnew_thing = 1\n',
    '[remote "r"]\nurl = s3://x/y\nssl_verify = /ca.pem\nread_timeout = 3\n[remote "q"]\nurl = remote://r/sub\nany = thing\n[remote "w"]\nurl = C:\\data\n',
    '[remote "h"]\nurl = https://x\nauth = Basic\nconnect_timeout = 1.5\n[db "x"]\nurl = y\n[parsing]\nlist = append\n'
  ];
  test.each(GOOD)('accepts %j', async text => {
    expect((await ask('config_check', text)).ok).toBe('');
    expect(() => checkConfig(parseConfig(text, 'config'))).not.toThrow();
  });
});

test('levels merge by option and paths become absolute', () => {
  const repo = parseConfig(
    '[core]\nremote = a\n[cache]\ndir = ../cache\n[remote "a"]\nurl = ../../rem\n[remote "b"]\nurl = s3://x\nkeyfile = ~/k\n',
    'config'
  );
  const local = parseConfig('[core]\nremote = b\n[remote "a"]\npassword = p\n', 'config.local');
  const merged = mergeConfigs([
    { tree: repo, folder: '/p/.dvc' },
    { tree: local, folder: '/p/.dvc' }
  ]);
  expect(configText(merged, 'core', 'remote')).toBe('b');
  expect(configText(merged, 'cache', 'dir')).toBe('/p/cache');
  expect(configRemotes(merged).get('a')).toEqual(
    new Map([
      ['url', '/rem'],
      ['password', 'p']
    ])
  );
  expect(configRemotes(merged).get('b')?.get('keyfile')).toBe('~/k');
  expect(configTruth(merged, 'core', 'autostage', false)).toBe(false);
  expect(splitOptionName('Remote.My.Store.url')).toEqual({ section: 'remote "my.store"', option: 'url' });
  expect(() => splitOptionName('core')).toThrow(CellarError);
});
