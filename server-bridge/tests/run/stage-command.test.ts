import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageEnvironment } from '../../src/run/environment.js';
import { findProgram, kernelInterpreter, localProgram } from '../../src/run/interpreter.js';
import { pythonShim } from '../../src/run/python-shim.js';
import { commandsOf, shellArgv } from '../../src/run/shell.js';

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-run-')));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('commands and shell (spec/dvc-pipelines.md §5.5)', () => {
  it('splits a string by lines, blank ones too, and leaves list items whole', () => {
    expect(commandsOf('a\n\nb\n')).toEqual(['a', '', 'b']);
    expect(commandsOf(['a\nb', 'c'])).toEqual(['a\nb', 'c']);
  });

  it('takes $SHELL without its start-up files', () => {
    expect(shellArgv('x', { SHELL: '/bin/bash' })).toEqual(['/bin/bash', '--noprofile', '--norc', '-c', 'x']);
    expect(shellArgv('x', { SHELL: '/usr/bin/zsh' })).toEqual(['/usr/bin/zsh', '--no-rcs', '-c', 'x']);
    expect(shellArgv('x', {})).toEqual(['/bin/sh', '-c', 'x']);
  });

  it.each([
    ['3.2.0', []],
    ['3.3.0', ['--no-config']],
    ['4.0.1', ['--no-config']]
  ])('asks fish %s what it can do', (version, options) => {
    const fish = join(dir, 'fish');
    writeFileSync(fish, `#!/bin/sh\necho fish, version ${version}\n`, { mode: 0o755 });
    expect(shellArgv('x', { SHELL: fish })).toEqual([fish, ...options, '-c', 'x']);
  });
});

describe('environment', () => {
  it('adds DVC_ROOT unless set, DVC_STAGE always, and nothing of our own', () => {
    const made = stageEnvironment({ base: { A: '1', CELLAR_SECRET: 's' }, root: '/r', address: 'train' });
    expect(made).toMatchObject({ A: '1', DVC_ROOT: '/r', DVC_STAGE: 'train' });
    expect(made.CELLAR_SECRET).toBeUndefined();
    const kept = stageEnvironment({ base: { DVC_ROOT: '/other', DVC_STAGE: 'x' }, root: '/r', address: 'y' });
    expect(kept).toMatchObject({ DVC_ROOT: '/other', DVC_STAGE: 'y' });
  });

  it('takes the entries of pyenv exec out of PATH', () => {
    const base = {
      PATH: '/p/versions/3/bin:/p/libexec:/p/plugins/a/bin:/usr/bin',
      PYENV_DIR: '/d',
      PYENV_HOOK_PATH: '/h',
      PYENV_VERSION: '3',
      PYENV_ROOT: '/p'
    };
    expect(stageEnvironment({ base, root: '/r', address: 's' }).PATH).toBe('/usr/bin');
    expect(stageEnvironment({ base, root: '/r', address: 's', first: '/shim' }).PATH).toBe('/shim:/usr/bin');
  });
});

describe('interpreter (N48)', () => {
  it('puts a python on PATH that keeps its virtual environment', () => {
    const real = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
    const venv = join(dir, "a venv's");
    execFileSync(real, ['-m', 'venv', '--without-pip', venv], { timeout: 60_000 });
    const shim = pythonShim(join(dir, 'tmp'), join(venv, 'bin/python'));
    expect(pythonShim(join(dir, 'tmp'), join(venv, 'bin/python'))).toBe(shim);
    const prefix = execFileSync('python', ['-c', 'import sys; print(sys.prefix)'], {
      encoding: 'utf8',
      env: { PATH: `${shim}:/usr/bin:/bin` }
    });
    expect(prefix.trim()).toBe(venv);
  });

  it('asks the kernelspec, and python3 without one means our Python', async () => {
    const python = localProgram('python3');
    const spec = join(dir, 'kernels/mine');
    mkdirSync(spec, { recursive: true });
    const other = join(dir, 'other-python');
    symlinkSync(python, other);
    writeFileSync(
      join(spec, 'kernel.json'),
      JSON.stringify({ argv: [other, '-m', 'x'], display_name: 'x', language: 'python' })
    );
    const env = { ...process.env, JUPYTER_PATH: dir };
    expect(await kernelInterpreter({ kernel: 'mine', python, env })).toBe(other);
    const own = execFileSync(python, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
    expect(await kernelInterpreter({ kernel: 'python3', python, env })).toBe(own);
    await expect(kernelInterpreter({ kernel: 'nope', python, env })).rejects.toMatchObject({ code: 'E_NO_KERNEL' });
  });

  it('falls back to the interpreter last seen, and refuses what is not a local file', async () => {
    const env = { PATH: dir };
    const known = localProgram('python3');
    expect(await kernelInterpreter({ kernel: 'k', lastSeen: known, env })).toBe(known);
    await expect(kernelInterpreter({ kernel: 'k', env })).rejects.toMatchObject({ code: 'E_INTERPRETER' });
    expect(() => localProgram('ssh://host/python')).toThrow(/not a program/);
    expect(findProgram('./python', env)).toBeNull();
  });
});
