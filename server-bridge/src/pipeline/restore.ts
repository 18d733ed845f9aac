import type { LockEntry } from '../formats/entries.js';
import { lstatSync } from '../io/files.js';
import { checkoutOuts, type CheckoutOut } from '../workspace/checkout.js';
import { hashNameFor, isPresent, outStatus, storePath } from '../workspace/outs.js';
import type { Project } from '../workspace/project.js';
import { newAside, putBack, setAside, spareOuts } from './set-aside.js';
import type { Stage } from './stage.js';

/**
 * Put the outs of a known result in place. Planned as a whole before the first file is touched; what is there already
 * and equal stays; unsaved files that have to go are in the trash afterwards (I3). If it fails or is cancelled half-way,
 * the outs are as they were: nobody finds those of two runs beside each other (N54).
 * @throws the first reason why an out could not be brought
 */
export async function placeRun(project: Project, stage: Stage, entry: LockEntry, signal?: AbortSignal): Promise<void> {
  const recorded = new Map(entry.outs.map(out => [out.path, out]));
  const outs = stage.outs.map(out => ({ ...out, recorded: recorded.get(out.path) }));
  const spare = await spareOuts(project, stage);
  const [saved, absent] = [stage.outs.filter(out => spare.has(out.abs)), stage.outs.filter(isAbsent)];
  for (const out of outs.filter(each => !spare.has(each.abs) && !isAbsent(each))) {
    if ((await outStatus(project, out)) === '') {
      spare.add(out.abs);
    }
  }
  const aside = newAside();
  try {
    setAside(project, stage, aside, spare);
    await place(project, outs, signal);
  } catch (error) {
    putBack(
      project,
      aside,
      absent.map(out => out.abs)
    );
    await place(project, saved);
    throw error;
  }
}

function isAbsent(out: { abs: string }): boolean {
  return lstatSync(out.abs) === null;
}

async function place(project: Project, outs: readonly CheckoutOut[], signal?: AbortSignal): Promise<void> {
  await bring(
    project,
    outs.filter(out => out.flags.cache),
    signal
  );
  // What git keeps must stay an ordinary file: git would record a link, and write through a shared inode.
  const uncached = outs.filter(out => !out.flags.cache);
  await bring(
    withCopies(project),
    uncached.map(out => ({ ...out, flags: { ...out.flags, cache: true } })),
    signal
  );
  await project.gitFiles.ignore(outs.filter(out => out.flags.cache).map(out => out.abs));
}

/**
 * Let a command write into the outs that it finds from its last run: files that hang on the cache become copies, so that
 * nothing is written through to an object (I12). Their bytes are in the cache afterwards, whatever the command does.
 */
export async function unprotectKept(project: Project, stage: Stage, signal?: AbortSignal): Promise<void> {
  for (const out of stage.outs.filter(each => each.flags.persist && each.flags.cache)) {
    if (isPresent(project, out.abs)) {
      const name = await hashNameFor(project, out, { signal });
      await storePath(withCopies(project), out.abs, { name, cache: true, signal });
    }
  }
}

/** The same project with workspace files that share nothing with the cache. */
function withCopies(project: Project): Project {
  return { ...project, store: { ...project.store, types: ['copy'] } };
}

async function bring(project: Project, outs: readonly CheckoutOut[], signal?: AbortSignal): Promise<void> {
  const report = await checkoutOuts(project, outs, { force: true, signal });
  const failure = report.failed[0];
  if (failure) {
    throw failure.error;
  }
}
