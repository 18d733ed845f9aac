import { statSync } from '../io/files.js';
import { CellarError } from '../protocol/errors.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import { findRootIf } from '../workspace/locate.js';
import { absOfContents } from './contents-path.js';
import type { Document } from './documents.js';
import { notebookHandlers } from './notebook-handlers.js';
import { projectHandlers } from './project-handlers.js';
import { openSession } from './project-session.js';
import type { ProjectSession } from './project-session.js';
import type { Handlers, Peer } from './rpc.js';
import { folderOf } from './start-project.js';
import { tidyOpened } from './tidy-opened.js';
import { CELLAR_VERSION } from './version.js';

export interface ServiceOptions {
  /** Absolute root of Jupyter's contents; null when contents are not files here. */
  root: string | null;
  /** The server's own Python, asked about kernelspecs (N48). */
  python: string;
  log: (text: string) => void;
  /** Told how many runs are going on, so that nobody culls an idle-looking server. */
  onActivity: (running: number) => void;
}

/** What all connections of this bridge share. */
export interface Desk {
  readonly options: ServiceOptions;
  readonly peers: Set<Peer>;
  /** Open notebooks of all tabs (N51). */
  readonly documents: Set<Document>;
  abs(path: string): string;
  /** The session of the project that holds the file or folder; null where none is found upward. */
  sessionAt(abs: string): ProjectSession | null;
  /** @throws CellarError `E_NO_PROJECT` */
  requireSession(abs: string): ProjectSession;
  activity(): void;
}

export interface Service {
  connect(peer: Peer): Handlers;
  /** Ends every run and puts its outs back (N54, N55). */
  close(): Promise<void>;
}

/** The engine's side of the wire: projects and jobs are shared by all tabs, open notebooks belong to one. */
export function createService(options: ServiceOptions): Service {
  const sessions = new Map<string, ProjectSession>();
  const tidying = new Set<Promise<void>>();
  const begin = (root: string): ProjectSession => {
    const session = openSession(root, options.log);
    sessions.set(root, session);
    const tidy = tidyOpened(session).catch((error: unknown) => options.log(`not tidied ${root}: ${String(error)}`));
    tidying.add(tidy);
    void tidy.then(() => tidying.delete(tidy));
    return session;
  };
  const desk: Desk = {
    options,
    peers: new Set(),
    documents: new Set(),
    abs: path => absOfContents(options.root, path),
    sessionAt: abs => {
      const root = findRootIf(folderOf(abs, statSync(abs)?.isDirectory() === true));
      if (root === null) {
        return null;
      }
      return sessions.get(root) ?? begin(root);
    },
    requireSession: abs => {
      const session = desk.sessionAt(abs);
      if (session === null) {
        throw new CellarError('E_NO_PROJECT', 'This notebook is not in a project yet.', {
          exit: 253,
          next: 'Press *Start versioning data here* in the Cellar panel.'
        });
      }
      return session;
    },
    activity: () => options.onActivity([...sessions.values()].filter(session => session.active !== null).length)
  };
  return {
    connect: peer => {
      desk.peers.add(peer);
      peer.onClose(() => desk.peers.delete(peer));
      return {
        hello: async ({ protocol }) => {
          if (protocol !== PROTOCOL_VERSION) {
            throw new CellarError(
              'E_PROTOCOL',
              'The extension in the browser and the bridge are of different versions.',
              {
                next: 'Reload the page; if it stays, restart JupyterLab.',
                data: { bridge: PROTOCOL_VERSION, browser: protocol }
              }
            );
          }
          return {
            protocol: PROTOCOL_VERSION,
            version: CELLAR_VERSION,
            node: process.versions.node,
            root: options.root
          };
        },
        ...projectHandlers(desk, peer),
        ...notebookHandlers(desk, peer)
      };
    },
    close: async () => {
      await Promise.all([...tidying, ...[...sessions.values()].map(session => session.close())]);
    }
  };
}
