/**
 * The lock of `core.hardlink_lock` (flufl.lock, spec/dvc-data.md §1.5): whoever links his claim file to the lock file
 * first has it. Nothing frees it when its holder dies, so each claim of ours has a note of its owner beside it, and a
 * claim whose owner is provably dead is broken.
 */
import { createHash, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { diskError } from './failures.js';
import {
  isErrno,
  linkSync,
  lstatSync,
  mkdirSync,
  readTextIfSync,
  unlinkIfSync,
  utimesSync,
  writeFileSync
} from './files.js';
import { isDead, thisOwner, type Owner } from './identity.js';

const LIFETIME_SECONDS = 365 * 24 * 3600;
const SLOP_SECONDS = 10;

/** Tries once; null when somebody else holds the lock. */
export function acquireClaim(path: string): (() => Promise<void>) | null {
  const claim = claimPath(path);
  const note = notePath(claim);
  try {
    mkdirSync(dirname(note));
    writeFileSync(note, JSON.stringify(thisOwner()));
    writeFileSync(claim, claim);
    touch(claim);
    if (!linked(claim, path)) {
      breakIfAbandoned(path);
      if (!linked(claim, path)) {
        unlinkIfSync(claim);
        unlinkIfSync(note);
        return null;
      }
    }
  } catch (error) {
    unlinkIfSync(claim);
    unlinkIfSync(note);
    throw diskError(error, path);
  }
  let held = true;
  return () => {
    if (held) {
      held = false;
      if (readTextIfSync(path) === claim) {
        unlinkIfSync(path);
      }
      unlinkIfSync(claim);
      unlinkIfSync(note);
    }
    return Promise.resolve();
  };
}

function claimPath(path: string): string {
  const seed = [path, hostname(), process.pid, randomInt(2 ** 47)].join('|');
  return join(dirname(path), createHash('md5').update(seed).digest('hex') + '.lock');
}

function notePath(claim: string): string {
  return join(dirname(claim), 'cellar', 'claims', basename(claim) + '.json');
}

function touch(claim: string): void {
  const until = Date.now() / 1000 + LIFETIME_SECONDS;
  utimesSync(claim, until, until);
}

function linked(claim: string, path: string): boolean {
  try {
    linkSync(claim, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) {
      return false;
    }
    throw error;
  }
}

/** Removes the lock when its lifetime is over (flufl's own rule) or our note says that its owner is dead. */
function breakIfAbandoned(path: string): void {
  const claim = readTextIfSync(path);
  const facts = lstatSync(path);
  if (claim === null || facts === null) {
    return;
  }
  const owner = readOwner(notePath(claim));
  const expired = Number(facts.mtimeMs) / 1000 + SLOP_SECONDS < Date.now() / 1000;
  if (expired || (owner !== null && isDead(owner))) {
    unlinkIfSync(path);
    if (dirname(claim) === dirname(path)) {
      unlinkIfSync(claim);
    }
    unlinkIfSync(notePath(claim));
  }
}

function readOwner(note: string): Owner | null {
  const text = readTextIfSync(note);
  if (text === null) {
    return null;
  }
  try {
    const value: unknown = JSON.parse(text);
    return isOwner(value) ? value : null;
  } catch {
    return null;
  }
}

export function isOwner(value: unknown): value is Owner {
  return (
    typeof value === 'object' &&
    value !== null &&
    'host' in value &&
    typeof value.host === 'string' &&
    'boot' in value &&
    typeof value.boot === 'string' &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'start' in value &&
    typeof value.start === 'string'
  );
}
