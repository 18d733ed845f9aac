/** Temp files name their owner, so that what a dead process left is told from what a live one needs (I2). */
import { createHash, randomBytes } from 'node:crypto';
import { isDead, thisOwner } from './identity.js';

/** A tag that says who runs it: host, boot, pid, start time, and a random part. */
export function ownerTag(): string {
  const me = thisOwner();
  return [short(me.host), short(me.boot), me.pid.toString(36), me.start || '0', randomBytes(6).toString('hex')].join(
    '-'
  );
}

const TEMP = /\.([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-z]+)-(\d+)-[0-9a-f]{12}(?:\.\d+)?\.tmp$/;

/** Whether a name is a temp file of ours whose process is provably dead. */
export function isLitter(name: string): boolean {
  const parts = TEMP.exec(name);
  if (parts === null) {
    return false;
  }
  const me = thisOwner();
  const [, host, boot, pid, start] = parts;
  if (host !== short(me.host)) {
    return false;
  }
  const sameBoot = boot === short(me.boot);
  return isDead({
    host: me.host,
    boot: sameBoot ? me.boot : 'another',
    pid: Number.parseInt(pid ?? '', 36),
    start: start ?? ''
  });
}

function short(text: string): string {
  return createHash('md5').update(text).digest('hex').slice(0, 8);
}
