/** The second half of storing: temp files that are durable get their names. */
import type { PublishJob, PublishReply, Step } from './jobs.js';
import { failureOf } from './readfile.js';
import { objectPath } from './layout.js';
import { age } from './aging.js';
import { publishTemp, tempPath } from './staging.js';

const STEP = 1024;

/** Publishes the oids in order; a name that exists meanwhile is left and reported. */
export function* publishObjects(job: PublishJob): Generator<Step, PublishReply> {
  const reply: PublishReply = { kind: 'publish', existing: [], failures: [] };
  for (const [i, oid] of job.oids.entries()) {
    const final = objectPath(job.objects, oid);
    const temp = tempPath(job.objects, oid, job.operation);
    try {
      age(temp, job.time);
      if (publishTemp(temp, final) === 'exists') {
        reply.existing.push(oid);
      }
    } catch (error) {
      reply.failures.push(failureOf(error, i, final));
    }
    if (i % STEP === STEP - 1) {
      yield { files: 0, bytes: 0 };
    }
  }
  return reply;
}
