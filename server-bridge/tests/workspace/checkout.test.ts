import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundleCli } from '../bundle-cli.js';
import { listing, sandbox, type Ran, type Sandbox } from './sandbox.js';

let bundle: { argv: string[]; remove: () => void };
let box: Sandbox;
const cellar = (...args: string[]): Ran => box.run([...bundle.argv, ...args]);
const at = (path: string): string => join(box.root, path);

function write(path: string, text: string): void {
  mkdirSync(join(at(path), '..'), { recursive: true });
  rmSync(at(path), { force: true });
  writeFileSync(at(path), text);
}

function object(md5: string): string {
  return at(`.dvc/cache/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`);
}

beforeAll(async () => {
  bundle = await bundleCli();
});
afterAll(() => bundle.remove());
beforeEach(() => {
  box = sandbox();
  box.must([...bundle.argv, 'init', '-q']);
});
afterEach(() => box.remove());

const HELLO = 'b1946ac92492d2347c6235b4d2611184';

describe('the only copy is never destroyed (I3)', () => {
  beforeEach(() => {
    write('data/a', 'hello\n');
    write('data/b', 'b\n');
    expect(cellar('add', 'data').exit).toBe(0);
  });

  test('an unsaved file refuses the whole checkout; forced, it goes to the trash and the reply says where', () => {
    write('data/a', 'mine\n');
    write('data/new', 'mine too\n');
    const before = listing(at('data'));
    const refused = cellar('checkout');
    expect(refused.exit).toBe(255);
    expect(refused.stderr).toContain("Can't remove the following unsaved files without confirmation.");
    expect(refused.stderr).toContain(`\n${at('data/a')}\n${at('data/new')}\n`);
    expect(listing(at('data'))).toEqual(before);

    const forced = cellar('checkout', '--force');
    expect(forced).toMatchObject({ exit: 0, stdout: 'M       data/\n' });
    expect(listing(at('data'))).toEqual({ a: 'hello\n', b: 'b\n' });
    const trash = /are in '([^']+)' now/.exec(forced.stderr)?.[1] ?? '';
    expect(Object.values(listing(at(trash)))).toEqual(expect.arrayContaining(['mine\n', 'mine too\n']));
  });

  test('a file whose object exists but is damaged counts as unsaved', () => {
    const old = readFileSync(at('data.dvc'));
    write('data/a', 'second\n');
    expect(cellar('add', 'data').exit).toBe(0);
    const md5 = /"md5": "([0-9a-f]+)", "relpath": "a"/.exec(readFileSync(dirObject(), 'utf8'))?.[1] ?? '';
    chmodSync(object(md5), 0o644);
    writeFileSync(object(md5), 'rotten\n');
    writeFileSync(at('data.dvc'), old);
    const { exit, stderr } = cellar('checkout');
    expect(exit).toBe(255);
    expect(stderr).toContain(`unsaved files`);
    expect(readFileSync(at('data/a'), 'utf8')).toBe('second\n');
  });

  function dirObject(): string {
    const oid = /md5: ([0-9a-f]+\.dir)/.exec(readFileSync(at('data.dvc'), 'utf8'))?.[1] ?? '';
    return object(oid);
  }
});

describe('what the cache lacks leaves the workspace as it is (Q8)', () => {
  beforeEach(() => {
    write('data/a', 'hello\n');
    write('data/b', 'b\n');
    write('one', 'one\n');
    expect(cellar('add', 'data', 'one').exit).toBe(0);
  });

  test('a missing directory object: the directory stays, the others are checked out, then the next step works', () => {
    const kept = readFileSync(at('data.dvc'), 'utf8');
    const oid = /md5: (\S+)/.exec(kept)?.[1] ?? '';
    unlinkSync(object(oid));
    unlinkSync(at('one'));
    const before = listing(at('data'));
    const { exit, stdout, stderr } = cellar('checkout');
    expect(exit).toBe(255);
    expect(stderr).toContain('Checkout failed for following targets:\ndata\nIs your cache up to date?');
    expect(stderr).toContain('NEXT: ');
    expect(stdout).toBe('A       one\n');
    expect(listing(at('data'))).toEqual(before);
    expect(cellar('checkout', '--allow-missing')).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    expect(cellar('add', 'data').exit).toBe(0);
    expect(cellar('checkout')).toMatchObject({ exit: 0, stdout: '' });
    expect(readFileSync(at('data.dvc'), 'utf8')).toBe(kept);
  });

  test('a damaged member: quarantined, nothing is touched, and adding it again mends it', () => {
    chmodSync(object(HELLO), 0o644);
    writeFileSync(object(HELLO), 'hallo\n');
    rmSync(at('data'), { recursive: true });
    write('data/b', 'b\n');
    const { exit, stderr } = cellar('checkout');
    expect(exit).toBe(255);
    expect(stderr).toContain('Checkout failed for following targets:\ndata');
    expect(listing(at('data'))).toEqual({ b: 'b\n' });
    expect(existsSync(object(HELLO))).toBe(false);
    expect(Object.values(listing(at('.dvc/tmp/cellar/quarantine')))).toEqual(['hallo\n']);
    write('again', 'hello\n');
    expect(cellar('add', 'again').exit).toBe(0);
    expect(cellar('checkout')).toMatchObject({ exit: 0, stdout: 'M       data/\n' });
    expect(listing(at('data'))).toEqual({ a: 'hello\n', b: 'b\n' });
  });

  test('an out that was never saved is left alone', () => {
    write('dvc.yaml', 'stages:\n  s:\n    cmd: echo hi > out\n    outs: [out]\n');
    write('out', 'by hand\n');
    const { exit, stderr } = cellar('checkout', '--force');
    expect(exit).toBe(255);
    expect(stderr).toContain(`No file hash info found for '${at('out')}'. It won't be created.`);
    expect(stderr).toContain('Checkout failed for following targets:\nout');
    expect(readFileSync(at('out'), 'utf8')).toBe('by hand\n');
    expect(cellar('repro').exit).toBe(0);
    expect(cellar('checkout').exit).toBe(0);
  });
});

describe('links', () => {
  test('a linked file outside of the project stays what it is, whatever cache.type says', () => {
    writeFileSync(join(box.base, 'outside'), 'theirs\n');
    chmodSync(join(box.base, 'outside'), 0o640);
    for (const type of ['hardlink', 'symlink', 'copy']) {
      box.must([...bundle.argv, 'config', '-q', 'cache.type', type]);
      mkdirSync(at(type));
      symlinkSync('../../outside', at(`${type}/link`));
      expect(cellar('add', type), type).toMatchObject({ exit: 0 });
      expect(box.must(['stat', '-c', '%a %h', '../outside']), type).toBe('640 1\n');
      expect(readFileSync(at(`${type}/link`), 'utf8')).toBe('theirs\n');
    }
    expect(box.must(['dvc', 'status', '--json']).trim()).toBe('{}');
  });

  test('--relink changes the kind of link and nothing else, in every direction', () => {
    write('data/a', 'hello\n');
    write('data/empty', '');
    write('run.sh', '#!/bin/sh\n');
    chmodSync(at('run.sh'), 0o755);
    expect(cellar('add', 'data', 'run.sh').exit).toBe(0);
    const kinds: string[] = [];
    for (const type of ['symlink', 'hardlink', 'copy', 'hardlink', 'symlink', 'copy']) {
      box.must([...bundle.argv, 'config', '-q', 'cache.type', type]);
      expect(cellar('checkout', '--relink')).toMatchObject({ exit: 0, stdout: 'Relinked successfully\n' });
      kinds.push(box.must(['stat', '-c', '%F %h', 'data/a']).trim());
      expect(readFileSync(at('data/a'), 'utf8')).toBe('hello\n');
      const empty = type === 'symlink' ? 'symbolic link 1' : 'regular empty file 1';
      expect(box.must(['stat', '-c', '%F %h', 'data/empty']).trim()).toBe(empty);
      expect(box.must(['stat', '-c', '%h', 'run.sh']).trim()).toBe('1');
      expect(box.run(['test', '-x', 'run.sh']).exit).toBe(0);
      expect(cellar('status', '-q').exit, type).toBe(0);
    }
    const [link, hard, copy] = ['symbolic link 1', 'regular file 2', 'regular file 1'];
    expect(kinds).toEqual([link, hard, copy, hard, link, copy]);
    expect(box.must(['dvc', 'status', '--json']).trim()).toBe('{}');
  });
});
