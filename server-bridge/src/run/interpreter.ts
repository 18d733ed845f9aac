import { spawn } from 'node:child_process';
import { delimiter, isAbsolute, join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { accessSync, constants, statSync } from '../io/files.js';

/**
 * Asked of our Python: the first word of a kernelspec's command. jupyter_client itself replaces `python`, `python3` and
 * `python3.x` by the interpreter it runs under, and gives `python3` without any kernelspec that one too.
 */
const ASK = `
import sys
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
try:
    first = KernelSpecManager().get_kernel_spec(sys.argv[1]).argv[0]
except NoSuchKernel:
    sys.exit(3)
major, minor = sys.version_info[:2]
sys.stdout.write(sys.executable if first in {"python", f"python{major}", f"python{major}.{minor}"} else first)
`;

export interface InterpreterQuestion {
  /** Name of the kernelspec, from the notebook's metadata. */
  kernel: string;
  /** The Python that the server runs under; without it `python3` and `python` on PATH are tried. */
  python?: string;
  /** The `sys.executable` last seen for this kernelspec, used when the question has no answer. */
  lastSeen?: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * Absolute path of the interpreter of a kernel that is not running (N48).
 * @throws `E_NO_KERNEL` when there is no such kernelspec, `E_INTERPRETER` when its program is not a local file
 */
export async function kernelInterpreter(question: InterpreterQuestion): Promise<string> {
  const env = question.env ?? process.env;
  for (const python of question.python ? [question.python] : ['python3', 'python']) {
    const path = findProgram(python, env);
    const answer = path === null ? null : await ask(path, question.kernel, env);
    if (answer?.code === 0) {
      return localProgram(answer.text, env);
    }
    if (answer?.code === 3) {
      throw new CellarError('E_NO_KERNEL', `There is no kernel named '${question.kernel}' on this machine.`, {
        next: 'Choose a kernel for the notebook, or give an interpreter with `--python`.',
        data: { kernel: question.kernel }
      });
    }
  }
  if (question.lastSeen !== undefined) {
    return localProgram(question.lastSeen, env);
  }
  throw new CellarError('E_INTERPRETER', `The interpreter of kernel '${question.kernel}' cannot be found.`, {
    next: 'Open the notebook with its kernel once, or give an interpreter with `--python`.',
    data: { kernel: question.kernel }
  });
}

/**
 * The absolute path of a program that was given by a path or a name on PATH.
 * @throws `E_INTERPRETER` when it is not an executable file of this machine
 */
export function localProgram(program: string, env: NodeJS.ProcessEnv = process.env): string {
  const path = findProgram(program, env);
  if (path === null) {
    throw new CellarError('E_INTERPRETER', `'${program}' is not a program on this machine.`, {
      next: 'Give the path of a Python interpreter with `--python`.',
      data: { program }
    });
  }
  return path;
}

/** Like `which`: the path itself if absolute, else the first hit in an absolute directory of PATH; null if none. */
export function findProgram(program: string, env: NodeJS.ProcessEnv = process.env): string | null {
  if (isAbsolute(program)) {
    return isProgram(program) ? program : null;
  }
  if (program.includes('/') || program.includes('\\')) {
    return null;
  }
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : [''];
  for (const directory of (env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    for (const ending of endings) {
      const path = join(directory, program + ending);
      if (isProgram(path)) {
        return path;
      }
    }
  }
  return null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path)?.isFile() === true;
  } catch {
    return false;
  }
}

function ask(python: string, kernel: string, env: NodeJS.ProcessEnv): Promise<{ code: number; text: string } | null> {
  return new Promise(resolve => {
    const child = spawn(python, ['-c', ASK, kernel], { env, stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 });
    let text = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => (text += chunk));
    child.on('error', () => resolve(null));
    child.on('close', code => resolve({ code: code ?? -1, text: text.trim() }));
  });
}
