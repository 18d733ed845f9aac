import { statSync } from '../io/files.js';
import { CellarError } from '../protocol/errors.js';
import { addressOf } from '../pipeline/stage.js';
import { commandsOf } from '../run/shell.js';
import { recordTrust, trustedParts } from './trust.js';
import { changedSince, remoteHosts, trustFacts } from './project-digest.js';
import { noProject, projectView } from './project-view.js';
import type { ProjectSession } from './project-session.js';
import type { Handlers, Peer } from './rpc.js';
import type { Desk } from './service.js';
import { folderOf, startProject } from './start-project.js';
import type { ProjectView, Review } from '../protocol/wire.js';

type ProjectHandlers = Pick<Handlers, 'project/get' | 'project/start' | 'project/review' | 'project/trust'>;

/** Requests about whole projects. A tab that asked for a project is told when it changes. */
export function projectHandlers(desk: Desk, peer: Peer): ProjectHandlers {
  const watched = new Map<string, { session: ProjectSession; stop: () => void }>();
  peer.onClose(() => watched.forEach(({ stop }) => stop()));

  const view = async (path: string): Promise<ProjectView> => {
    const abs = desk.abs(path);
    const session = desk.sessionAt(abs);
    if (session === null) {
      return noProject(folderOf(abs, statSync(abs)?.isDirectory() === true));
    }
    const before = watched.get(path);
    if (before?.session !== session) {
      // A project was started below the one that held the path until now.
      before?.stop();
      watched.set(path, { session, stop: follow(session, path) });
    }
    return guarded(session, folderOf(abs, statSync(abs)?.isDirectory() === true));
  };

  /** Sends the view again after changes, at most one at a time and the newest always. */
  function follow(session: ProjectSession, path: string): () => void {
    let busy = false;
    let again = false;
    const send = async (): Promise<void> => {
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      do {
        again = false;
        try {
          peer.notify('project/view', { path, view: await guarded(session, session.root) });
        } catch (error) {
          // The folder may be going away under us: a view that cannot be made must not end the bridge for all projects.
          desk.options.log(`view of the project ${session.root}: ${String(error)}`);
        }
      } while (again);
      busy = false;
    };
    return session.onInvalidated(() => void send());
  }

  return {
    'project/get': async ({ path, again }) => {
      if (again === true) {
        desk.sessionAt(desk.abs(path))?.invalidate();
      }
      return view(path);
    },
    'project/start': async ({ path, gitInit, subdir }) => {
      const abs = desk.abs(path);
      await startProject(folderOf(abs, statSync(abs)?.isDirectory() === true), { gitInit, subdir });
      return view(path);
    },
    'project/review': ({ path }) => review(desk.requireSession(desk.abs(path))),
    'project/trust': async ({ path, digest, scope }) => {
      const session = desk.requireSession(desk.abs(path));
      const { stages } = await session.stages();
      const facts = await trustFacts(await session.project(), stages);
      if (facts.digest !== digest) {
        throw new CellarError('E_REVIEW_OUTDATED', 'The project changed while you were reviewing it.', {
          next: 'Review it again.'
        });
      }
      recordTrust(session.root, facts, { code: scope === 'code', remotes: true });
      session.invalidate();
      return view(path);
    }
  };
}

/** A project that cannot be opened is a view with the error, not a failed request: the panel shows its fix. */
async function guarded(session: ProjectSession, folder: string): Promise<ProjectView> {
  try {
    return await projectView(session);
  } catch (error) {
    if (error instanceof CellarError) {
      return { ...noProject(folder), state: 'broken', root: session.root, start: null, error: error.toJSON() };
    }
    throw error;
  }
}

/** The review sheet (guide/reliability.md §4): commands after templating, hosts, and where the project writes. */
async function review(session: ProjectSession): Promise<Review> {
  const project = await session.project();
  const { stages, errors } = await session.stages();
  const running = stages.filter(stage => stage.cmd !== null);
  const facts = await trustFacts(project, stages);
  return {
    root: project.root,
    digest: facts.digest,
    commands: running.flatMap(stage =>
      commandsOf(stage.cmd ?? []).map(command => ({ address: addressOf(stage, project.root), command }))
    ),
    hosts: remoteHosts(project),
    writes: running.flatMap(stage => stage.outs.map(out => out.path)),
    odd: errors.map(error => error.message),
    changed: changedSince(trustedParts(session.root), facts)
  };
}
