import { basename, dirname, join, relative } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { addLine, removeLine } from '../formats/gitignore.js';
import { existsSync, readTextIfSync, unlinkIfSync } from '../io/files.js';
import { isInside } from '../io/contain.js';
import { publishFile } from '../io/publish.js';
import type { Git } from '../git/git.js';

/** The files of one command that git sees: what it wrote, and the `.gitignore` lines that it added. */
export interface GitFiles {
  /** A file that was written or removed: to be staged, or named in the hint. Absolute. */
  track(path: string): void;
  /**
   * Makes git ignore these outs, in the `.gitignore` of each one's own directory (spec/dvc-data.md §2.9).
   * @throws CellarError `E_OUT_TRACKED_BY_GIT` (exit 1) before anything is written
   */
  ignore(outs: readonly string[]): Promise<void>;
  /** Takes the lines of these outs away again; an empty `.gitignore` is removed. */
  unignore(outs: readonly string[]): void;
  /** The command succeeded: lines that it added stay, whatever fails later. */
  keep(): void;
  /** The command failed: lines that it added are removed. */
  rollBack(): void;
  /** Stages what was tracked with `core.autostage` (or `stage`), else gives the lines of the hint. */
  finish(stage?: boolean): Promise<string[]>;
}

export interface GitFilesOptions {
  /** `core.autostage`. */
  autostage: boolean;
  /** Messages and the hint name paths relative to this directory. */
  cwd: string;
}

export function gitFiles(git: Git | null, { autostage, cwd }: GitFilesOptions): GitFiles {
  const touched = new Set<string>();
  const added: string[] = [];
  return {
    track: path => void touched.add(path),
    async ignore(outs) {
      if (git === null || outs.length === 0) {
        return;
      }
      await refuseTracked(git, outs, cwd);
      const hidden = await git.ignoredAmong(outs);
      for (const out of outs.filter(path => !hidden.has(path))) {
        const file = join(dirname(out), '.gitignore');
        if (addIgnoreLine(git, file, out)) {
          touched.add(file);
          added.push(out);
        }
      }
    },
    unignore: outs => outs.forEach(out => removeIgnoreLine(out, touched)),
    keep() {
      added.length = 0;
    },
    rollBack() {
      added.splice(0).forEach(out => removeIgnoreLine(out, touched));
    },
    async finish(stage = autostage) {
      if (git === null || touched.size === 0) {
        return [];
      }
      const paths = [...touched].sort();
      touched.clear();
      if (!stage) {
        return hintLines(paths, cwd);
      }
      const hidden = await git.ignoredAmong(paths);
      await git.add(paths.filter(path => !hidden.has(path) && isInside(git.root, path) && !inSubmodule(git, path)));
      return [];
    }
  };
}

/** @throws CellarError `E_OUT_TRACKED_BY_GIT` (exit 1) for the first out that git has in its index */
export async function refuseTracked(git: Git | null, outs: readonly string[], cwd: string): Promise<void> {
  const tracked = git === null ? new Set<string>() : await git.trackedAmong(outs);
  const out = outs.find(path => tracked.has(path));
  if (out === undefined) {
    return;
  }
  throw trackedError(out, cwd);
}

/** In DVC's words (spec/dvc-data.md), with the path from `cwd`. */
export function trackedError(out: string, cwd: string): CellarError {
  const shown = relative(cwd, out);
  return new CellarError(
    'E_OUT_TRACKED_BY_GIT',
    ` output '${shown}' is already tracked by SCM (e.g. Git).\n` +
      '    You can remove it from Git, then add to DVC.\n' +
      '        To stop tracking from Git:\n' +
      `            git rm -r --cached '${shown}'\n` +
      `            git commit -m "stop tracking ${shown}" `,
    { exit: 1, at: { path: out }, next: `Run \`git rm -r --cached '${shown}'\`, then the same command again.` }
  );
}

function addIgnoreLine(git: Git, file: string, out: string): boolean {
  if (!isInside(git.root, file)) {
    throw new CellarError('E_OUTSIDE_GIT', `'${file}' is outside of git repository '${git.root}'`, { exit: 1 });
  }
  const before = readTextIfSync(file);
  const after = addLine(before ?? '', basename(out));
  if (after === before) {
    return false;
  }
  publishFile(file, after, { expect: before });
  return true;
}

function removeIgnoreLine(out: string, touched: Set<string>): void {
  const file = join(dirname(out), '.gitignore');
  const before = readTextIfSync(file);
  if (before === null) {
    return;
  }
  const after = removeLine(before, basename(out));
  if (after === before) {
    return;
  }
  if (after === null) {
    unlinkIfSync(file);
    touched.delete(file);
  } else {
    publishFile(file, after, { expect: before });
    touched.add(file);
  }
}

/** A `.git` between the repository's root and the path: the path belongs to a submodule, which is never staged. */
function inSubmodule(git: Git, path: string): boolean {
  for (let at = dirname(path); at !== git.root && isInside(git.root, at); at = dirname(at)) {
    if (existsSync(join(at, '.git'))) {
      return true;
    }
  }
  return false;
}

function hintLines(paths: string[], cwd: string): string[] {
  const shown = paths.map(path => shellQuote(relative(cwd, path)));
  return [
    '\nTo track the changes with git, run:\n',
    `\tgit add ${shown.join(' ')}`,
    '\nTo enable auto staging, run:\n',
    '\tcellar config core.autostage true'
  ];
}

function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}
