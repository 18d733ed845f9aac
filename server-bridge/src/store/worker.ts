/** The program of a worker thread: one job at a time, synchronous calls, one message for the reply. */
import { parentPort } from 'node:worker_threads';
import { elapsed } from '../io/clock.js';
import type { Reply, Step } from './jobs.js';
import { deskFor, stepsOf } from './pool.js';
import type { FromWorker, ToWorker } from './threads.js';

const EVERY_MS = 50;

parentPort?.on('message', ({ id, job, stop }: ToWorker) => {
  try {
    const steps = stepsOf(job, deskFor(job));
    const sum: Step = { files: 0, bytes: 0 };
    let told = elapsed();
    for (;;) {
      const next = steps.next();
      if (next.done === true) {
        send({ id, kind: 'step', step: { ...sum } });
        send({ id, kind: 'reply', reply: next.value }, buffersOf(next.value));
        return;
      }
      sum.files += next.value.files;
      sum.bytes += next.value.bytes;
      if (elapsed() - told > EVERY_MS) {
        send({ id, kind: 'step', step: { ...sum } });
        sum.files = 0;
        sum.bytes = 0;
        told = elapsed();
      }
      if (Atomics.load(stop, 0) === 1) {
        steps.return({ kind: 'publish', existing: [], failures: [] });
        send({ id, kind: 'stopped' });
        return;
      }
    }
  } catch (error) {
    send({ id, kind: 'defect', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

function send(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

/** Columns travel without a copy. */
function buffersOf(reply: Reply): ArrayBuffer[] {
  const columns =
    reply.kind === 'hash'
      ? [reply.digests, reply.facts, reply.ours]
      : reply.kind === 'place'
        ? [reply.states, reply.facts, reply.objects, reply.ours]
        : [];
  return columns.map(column => column.buffer).filter(buffer => buffer instanceof ArrayBuffer);
}
