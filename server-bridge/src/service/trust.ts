import { createHash } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { mkdirSync, readTextIfSync, realpathSync, statSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { CellarError } from '../protocol/errors.js';

/**
 * Project trust (N64, guide/reliability.md §4). Kept in the user's own state, never in the project: a clone cannot bring it.
 */
const Entry = z.strictObject({
  /** What was trusted: commands, scripts, modules, config (`project-digest.ts`). */
  digest: z.string(),
  /** HEAD when it was recorded: edits made here under the same HEAD keep the trust. */
  head: z.string().nullable(),
  owner: z.number(),
  code: z.boolean(),
  remotes: z.boolean(),
  /** What the digest covers, piece by piece, so that the next question can say what changed. */
  parts: z.record(z.string(), z.string()).optional()
});
type Entry = z.infer<typeof Entry>;

const Book = z.strictObject({ v: z.literal(1), projects: z.record(z.string(), Entry) });

function bookPath(): string {
  const base = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(base, 'cellar', 'trust.json');
}

function readBook(): { text: string | null; projects: Record<string, Entry> } {
  const text = readTextIfSync(bookPath());
  if (text === null) {
    return { text, projects: {} };
  }
  try {
    return { text, projects: Book.parse(JSON.parse(text)).projects };
  } catch {
    // An unreadable book trusts nobody; it is replaced at the next decision.
    return { text, projects: {} };
  }
}

function key(root: string): string {
  const real = realpathSync(root);
  return createHash('sha256').update(`${userInfo().uid}\0${real}`).digest('hex');
}

function ownerOf(root: string): number {
  return Number(statSync(root)?.uid ?? -1);
}

export interface TrustFacts {
  digest: string;
  head: string | null;
  /** Commands by stage (`command <id>`, as JSON) and MD5 of files by path (`file <path>`). */
  parts?: Record<string, string>;
}

export type Trust = 'trusted' | 'restricted';

/** Whether code of this project may run for a browser. Typed commands are consent of their own and do not ask here. */
export function trustOf(root: string, facts: TrustFacts): Trust {
  const entry = readBook().projects[key(root)];
  if (entry === undefined || !entry.code || entry.owner !== ownerOf(root)) {
    return 'restricted';
  }
  return entry.digest === facts.digest || entry.head === facts.head ? 'trusted' : 'restricted';
}

/** Whether a trusted project has another HEAD than when that was recorded. */
export function headMoved(root: string, facts: TrustFacts): boolean {
  const entry = readBook().projects[key(root)];
  return entry?.code === true && entry.head !== facts.head;
}

/**
 * A trusted project whose code is as it was has another HEAD: the user's own commit, or one that changed no code. Edits from
 * here on are made under this HEAD.
 */
export function followHead(root: string, facts: TrustFacts): void {
  const entry = readBook().projects[key(root)];
  const same = entry?.digest === facts.digest && entry.owner === ownerOf(root);
  if (entry?.code === true && same && entry.head !== facts.head) {
    recordTrust(root, facts, { code: false, remotes: false });
  }
}

/** The pieces of what was trusted here last; null where nothing was, or by another owner of the folder. */
export function trustedParts(root: string): Record<string, string> | null {
  const entry = readBook().projects[key(root)];
  return entry?.code === true && entry.owner === ownerOf(root) ? (entry.parts ?? null) : null;
}

/** More than the processes of one user that write at the same moment. */
const ATTEMPTS = 100;

/**
 * Records a decision, or that the project was started here, or that a trusted one was edited here. Work in other
 * projects may record theirs at the same time: the book is read anew then.
 */
export function recordTrust(root: string, facts: TrustFacts, scope: { code: boolean; remotes: boolean }): void {
  for (let attempt = 1; ; attempt++) {
    try {
      recordOnce(root, facts, scope);
      return;
    } catch (error) {
      if (!(error instanceof CellarError) || error.code !== 'E_CHANGED_ON_DISK' || attempt === ATTEMPTS) {
        throw error;
      }
    }
  }
}

function recordOnce(root: string, facts: TrustFacts, scope: { code: boolean; remotes: boolean }): void {
  const { text, projects } = readBook();
  const before = projects[key(root)];
  const next: Entry = {
    ...facts,
    owner: ownerOf(root),
    code: scope.code || before?.code === true,
    remotes: scope.remotes || before?.remotes === true
  };
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(next)) {
    return;
  }
  const path = bookPath();
  mkdirSync(join(path, '..'), 0o700);
  publishFile(path, JSON.stringify({ v: 1, projects: { ...projects, [key(root)]: next } }), {
    expect: text,
    mode: 0o600
  });
}
