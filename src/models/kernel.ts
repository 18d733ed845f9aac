import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { PromiseDelegate } from '@lumino/coreutils';
import { parsePythonString } from './pythonstring.js';

/** What N59 allows a kernel before it counts as busy, in milliseconds. */
export const KERNEL_PATIENCE = 10_000;

/**
 * Resolves when the kernel answers, which it does between two executions; false after `patience` milliseconds, or when it
 * died. Its status alone does not say: Lab's servers report none for the first questions to a kernel that was restarted.
 */
export async function whenIdle(kernel: Kernel.IKernelConnection, patience: number): Promise<boolean> {
  const idle = new PromiseDelegate<boolean>();
  const ask = (): void => {
    // Refused while the connection is down or the kernel is replaced: asked again when it is back.
    kernel.requestKernelInfo().then(
      reply => reply !== undefined && idle.resolve(true),
      () => undefined
    );
  };
  const onStatus = (_sender: Kernel.IKernelConnection, status: Kernel.Status): void => {
    if (status === 'idle') {
      idle.resolve(true);
    } else if (status === 'dead') {
      idle.resolve(false);
    }
  };
  const onConnection = (_sender: Kernel.IKernelConnection, status: Kernel.ConnectionStatus): void => {
    if (status === 'connected') {
      ask();
    }
  };
  const timer = setTimeout(() => idle.resolve(false), patience);
  kernel.statusChanged.connect(onStatus);
  kernel.connectionStatusChanged.connect(onConnection);
  ask();
  try {
    return await idle.promise;
  } finally {
    clearTimeout(timer);
    kernel.statusChanged.disconnect(onStatus);
    kernel.connectionStatusChanged.disconnect(onConnection);
  }
}

function plainText(value: unknown): string | null {
  const data: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'data') : undefined;
  const text: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'text/plain') : undefined;
  return typeof text === 'string' ? text : null;
}

/** What became of code that was run in the kernel without a trace: no count, no history, no output. */
export interface ISilentReply {
  readonly ok: boolean;
  /** The value of the expression if it is a string, else null. */
  readonly value: string | null;
  readonly error: string | null;
}

/** Runs code in the live kernel silently and returns the string value of an expression afterwards. */
export async function runSilently(
  kernel: Kernel.IKernelConnection,
  code: string,
  expression: string
): Promise<ISilentReply> {
  const future = kernel.requestExecute({
    code,
    silent: true,
    store_history: false,
    user_expressions: { value: expression },
    allow_stdin: false,
    stop_on_error: false
  });
  const { content } = await future.done;
  if (content.status !== 'ok') {
    const error = content.status === 'error' ? `${content.ename}: ${content.evalue}` : content.status;
    return { ok: false, value: null, error };
  }
  const text = plainText(content.user_expressions.value);
  return { ok: true, value: text === null ? null : parsePythonString(text), error: null };
}

/** Whether the session's kernel speaks Python; unknown counts as no. */
export async function speaksPython(context: ISessionContext): Promise<boolean> {
  const spec = await context.session?.kernel?.spec;
  return spec?.language === 'python';
}

/** The kernel's own `sys.executable` (N48), asked once it is idle; null when it cannot say. */
export async function askExecutable(kernel: Kernel.IKernelConnection): Promise<string | null> {
  if (!(await whenIdle(kernel, KERNEL_PATIENCE))) {
    return null;
  }
  const reply = await runSilently(kernel, '', '__import__("sys").executable');
  return reply.value === '' ? null : reply.value;
}
