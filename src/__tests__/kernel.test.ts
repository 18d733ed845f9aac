import type { Kernel } from '@jupyterlab/services';
import { PromiseDelegate } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import { expect, test } from 'vitest';
import { whenIdle } from '../models/kernel.js';

/** A stand-in for a kernel connection: what it answers and when is up to the test. */
function fakeKernel(answer: () => Promise<unknown>) {
  const asked: number[] = [];
  const sender = {};
  const statusChanged = new Signal<unknown, Kernel.Status>(sender);
  const connectionStatusChanged = new Signal<unknown, Kernel.ConnectionStatus>(sender);
  const requestKernelInfo = (): Promise<unknown> => {
    asked.push(asked.length);
    return answer();
  };
  const fake: unknown = { statusChanged, connectionStatusChanged, requestKernelInfo };
  return { kernel: fake as Kernel.IKernelConnection, statusChanged, connectionStatusChanged, asked };
}

const never = (): Promise<unknown> => new PromiseDelegate<unknown>().promise;

test('a kernel that answers is idle, whatever its status says', async () => {
  const { kernel } = fakeKernel(() => Promise.resolve({ content: { status: 'ok' } }));
  expect(await whenIdle(kernel, 60_000)).toBe(true);
});

test('a kernel that does not answer is busy after the time that it was given (N59)', async () => {
  const { kernel } = fakeKernel(never);
  expect(await whenIdle(kernel, 5)).toBe(false);
});

test('a kernel that is restarted meanwhile is asked again when it is connected', async () => {
  const replies = [
    () => Promise.reject(new Error('Could not send message: status is not connected')),
    () => Promise.resolve({ content: { status: 'ok' } })
  ];
  const { kernel, connectionStatusChanged, asked } = fakeKernel(() => (replies.shift() ?? never)());
  const idle = whenIdle(kernel, 60_000);
  connectionStatusChanged.emit('connecting');
  connectionStatusChanged.emit('connected');
  expect(await idle).toBe(true);
  expect(asked).toHaveLength(2);
});

test('a kernel that dies is not waited for', async () => {
  const { kernel, statusChanged } = fakeKernel(never);
  const idle = whenIdle(kernel, 60_000);
  statusChanged.emit('dead');
  expect(await idle).toBe(false);
});
