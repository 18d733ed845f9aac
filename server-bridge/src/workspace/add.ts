import { basename, dirname, join, relative, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { parseDvcFile, printDvcFile, type DvcFile, type DvcOut } from '../formats/dvcfile.js';
import { isInside, symlinkAbove } from '../io/contain.js';
import { lstatSync, readTextIfSync, statSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { isDirOid } from '../store/layout.js';
import { treeEntries, treeOf, treeOid, type Tree } from '../store/tree.js';
import { isStageFileName } from './discover.js';
import type { OutFacts } from './out.js';
import { hashNameFor, isPresent, PLAIN_OUT, recordOf, storePath, type SaveOptions } from './outs.js';
import { rememberPlaced } from './placed.js';
import { shownPath, type Project } from './project.js';

/** What `add` will do for one target. Paths are absolute. */
export interface AddTask {
  /** What the user named: the out itself, or a path inside of it. */
  target: string;
  /** The tracked path. */
  out: string;
  /** The `.dvc` file, its text before (null: a new file) and what it will hold. */
  file: string;
  text: string | null;
  dvcfile: DvcFile;
  /** Which of its outs. */
  index: number;
}

/**
 * The task for a target that nothing tracks yet: a new `.dvc` beside it (spec/dvc-data.md §6 add). Description, meta,
 * remote and push of a `.dvc` that is there are kept.
 * @throws CellarError with DVC's sentences (exit 1); nothing was read of the data yet
 */
export async function newAddTask(project: Project, target: string): Promise<AddTask> {
  refuseTarget(project, target);
  const file = `${target}.dvc`;
  const path = basename(target);
  const text = readTextIfSync(file);
  const before = text === null ? null : parseDvcFile(text, shownPath(project, file));
  const old = before?.outs.find(each => each.path === path);
  const out: DvcOut = {
    path,
    flags: { ...PLAIN_OUT, ...(old === undefined ? {} : { push: old.flags.push, remote: old.flags.remote }) },
    annotations: old?.annotations ?? {}
  };
  const dvcfile: DvcFile = { wdir: '.', deps: [], outs: [out], frozen: false, alwaysChanged: false };
  if (before?.desc !== undefined) {
    dvcfile.desc = before.desc;
  }
  if (before?.meta !== undefined) {
    dvcfile.meta = before.meta;
  }
  await refuseHiddenFile(project, file);
  return { target, out: target, file, text, dvcfile, index: 0 };
}

/** The task for a target that is an out of a `.dvc` file, or lies inside one: the file keeps its layout. */
export function updateTask(project: Project, target: string, out: string, file: string): AddTask {
  refuseLinked(project, target);
  const text = readTextIfSync(file) ?? '';
  const dvcfile = parseDvcFile(text, shownPath(project, file));
  const wdir = join(dirname(file), dvcfile.wdir);
  const index = dvcfile.outs.findIndex(each => join(wdir, each.path) === out);
  return { target, out, file, text, dvcfile, index };
}

function refuseTarget(project: Project, target: string): void {
  const shown = shownPath(project, target);
  if (!isInside(project.root, target)) {
    throw refused(
      'E_EXTERNAL_OUT',
      `Cached output(s) outside of DVC project: ${target}.`,
      'Copy the data into the project first, then add it there.',
      target
    );
  }
  if (target === project.root) {
    throw refused('E_USAGE', 'the project itself cannot be added', 'Add a file or a folder inside of it.', target);
  }
  refuseLinked(project, target);
  if (isStageFileName(target)) {
    throw refused(
      'E_STAGE_FILE_AS_OUT',
      `DVC file '${shown}' cannot be an output.`,
      'Add the data itself; its .dvc file is written beside it.',
      target
    );
  }
  const isFolder = statSync(target)?.isDirectory() === true;
  if (project.ignore.ignores(target, isFolder, { nested: false })) {
    const rule = project.ignore.rule(target);
    throw refused(
      'E_DVC_IGNORED',
      `Path '${shown}' is ignored by ${rule ?? 'a built-in rule'}`,
      rule === null ? 'Move the data elsewhere.' : 'Take that line out of .dvcignore.',
      target
    );
  }
}

function refuseLinked(project: Project, target: string): void {
  const link = lstatSync(target)?.isSymbolicLink() === true && statSync(target)?.isDirectory() === true;
  if (link || symlinkAbove(project.root, target) !== null) {
    throw refused(
      'E_BELOW_SYMLINK',
      'Cannot add files inside symlinked directories to DVC.',
      'Add the folder that the link points to, or replace the link by a real folder.',
      target
    );
  }
}

async function refuseHiddenFile(project: Project, file: string): Promise<void> {
  if (project.git !== null && (await project.git.isIgnored(file))) {
    const shown = shownPath(project, file);
    throw refused(
      'E_GIT_IGNORED',
      `bad DVC file name '${shown}' is git-ignored.`,
      `Take the rule that hides '${shown}' out of .gitignore.`,
      file
    );
  }
}

function refused(code: string, message: string, next: string, path: string): CellarError {
  return new CellarError(code, message, { exit: 1, next, at: { path } });
}

/**
 * Hashes, stores and links the target, tells git to ignore the out, and writes the `.dvc` file last (I5).
 * @throws CellarError `E_OUT_MISSING` (exit 1) and those of the store
 */
export async function runAddTask(project: Project, task: AddTask, options: SaveOptions): Promise<void> {
  const before = task.dvcfile.outs[task.index];
  if (before === undefined) {
    throw new CellarError('E_OUT_MISSING', `'${shownPath(project, task.file)}' does not hold '${task.out}' any more`);
  }
  const facts =
    task.target === task.out
      ? await addWhole(project, task, before, options)
      : await addInside(project, task, before, options);
  if (before.flags.cache) {
    await project.gitFiles.ignore([task.out]);
    rememberPlaced(project, task.out, facts.hash);
  }
  const outs = [...task.dvcfile.outs];
  outs[task.index] = { ...recordOf(before.path, facts, before), flags: before.flags, annotations: before.annotations };
  const text = printDvcFile({ ...task.dvcfile, outs }, task.text ?? undefined);
  if (text !== task.text) {
    publishFile(task.file, text, { expect: task.text });
  }
  project.gitFiles.track(task.file);
}

async function addWhole(project: Project, task: AddTask, before: DvcOut, options: SaveOptions): Promise<OutFacts> {
  if (!isPresent(project, task.out)) {
    const shown = shownPath(project, task.out);
    throw refused('E_OUT_MISSING', `output '${shown}' does not exist`, 'Check the path.', task.out);
  }
  const name = await hashNameFor(project, { abs: task.out, flags: before.flags, recorded: before }, options);
  return storePath(project, task.out, { ...options, name, cache: before.flags.cache });
}

/**
 * A path inside of a tracked directory: only that part of the tree is replaced, or removed when it is gone. `size` is
 * kept only where it is known: for pure additions and for an unchanged tree (spec/dvc-data.md §6 add).
 */
async function addInside(project: Project, task: AddTask, before: DvcOut, options: SaveOptions): Promise<OutFacts> {
  const shown = shownPath(project, task.out);
  if (before.hash === undefined || !isDirOid(before.hash.value)) {
    const next = `Remove '${shown}.dvc' first, then add the folder.`;
    throw refused('E_NOT_A_DIRECTORY', `Cannot modify '${shown}' which is being tracked as a file`, next, task.out);
  }
  const name = before.hash.name === 'md5-dos2unix' ? before.hash.name : 'md5';
  const old = [...treeEntries(project.store.tree(before.hash.value, name))];
  const way = relative(task.out, task.target).split(sep).join('/');
  const kept = old.filter(([path]) => path !== way && !path.startsWith(`${way}/`));
  const added = isPresent(project, task.target)
    ? await storePath(project, task.target, { ...options, name, cache: before.flags.cache })
    : null;
  if (added === null && kept.length === old.length) {
    const message = `[Errno 2] No such file or directory: '${task.target}'`;
    throw refused('E_OUT_MISSING', message, 'Check the path.', task.target);
  }
  const tree = treeOf([...kept, ...(added === null ? [] : entriesBelow(way, added.hash.value, added.tree))]);
  const store = before.flags.cache && options.commit !== false ? project.store : null;
  const value = store === null ? treeOid(tree) : store.putTree(tree, name);
  const pure = added !== null && kept.length === old.length;
  const size = pure ? sum(before.size, added.size) : value === before.hash.value ? before.size : undefined;
  return { hash: { name, value }, nfiles: BigInt(tree.paths.length), ...(size === undefined ? {} : { size }) };
}

function entriesBelow(way: string, oid: string, tree: Tree | undefined): [string, string][] {
  return tree === undefined ? [[way, oid]] : [...treeEntries(tree)].map(([path, md5]) => [`${way}/${path}`, md5]);
}

function sum(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || a === 0n || b === undefined ? undefined : a + b;
}
