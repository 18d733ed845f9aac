import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type {
  NotificationName,
  NotificationParams,
  RequestName,
  RequestParams,
  RequestResult
} from '../server-bridge/src/protocol/wire.js';
import type { IActionContext } from './actions/context.js';
import type { NotebookModel } from './models/notebook.js';
import type { ProjectModel } from './models/project.js';

/** Where the connection to the bridge stands. */
export type BridgeState = 'starting' | 'ready' | 'restarting' | 'unavailable';

/** The state with the words that a person reads; `next` is the step that helps, `retryAt` the time of the next try. */
export interface IBridgeStatus {
  readonly state: BridgeState;
  readonly text: string;
  readonly next: string | null;
  /** Milliseconds since the epoch, null when nothing is planned. */
  readonly retryAt: number | null;
}

/** A notification of the bridge with its name, so that one signal carries all of them. */
export type BridgeNotification = {
  [N in NotificationName]: { readonly name: N; readonly params: NotificationParams<N> };
}[NotificationName];

/** Calls the engine over the wire and reports the state of the connection. */
export interface IBridge extends IDisposable {
  readonly status: IBridgeStatus;
  readonly statusChanged: ISignal<IBridge, IBridgeStatus>;
  /** Emitted after each successful connect: what was open must be opened again. */
  readonly connected: ISignal<IBridge, void>;
  readonly notified: ISignal<IBridge, BridgeNotification>;
  /** An id of this browser tab for the life of the page; the bridge knows by it which tab started a run. */
  readonly clientId: string;
  /** Absolute root of Jupyter's contents, null before the first connect and where contents are no files. */
  readonly root: string | null;
  /**
   * Sends a request and waits for its answer. Waits for the first connection; rejects with a `CellarError`:
   * `E_BRIDGE_LOST` when the connection ended before the answer came, `E_BRIDGE_UNAVAILABLE` when there is none to wait for.
   */
  request<N extends RequestName>(name: N, params: RequestParams<N>, signal?: AbortSignal): Promise<RequestResult<N>>;
  /** Tries at once instead of at the end of the back-off. */
  retry(): void;
}

export const IBridge = new Token<IBridge>('jupyterlab-cellar:IBridge', 'Calls the engine and reports its state.');

/** The models of the notebooks that are open in this tab. */
export interface INotebooks {
  /** The model of the notebook that is in front, null when there is none. */
  readonly current: NotebookModel | null;
  readonly currentChanged: ISignal<INotebooks, NotebookModel | null>;
  /** Something in a model changed (notebooks stand side by side), or another notebook came to the front. */
  readonly changed: ISignal<INotebooks, void>;
  readonly all: readonly NotebookModel[];
  of(panel: NotebookPanel): NotebookModel | null;
}

export const INotebooks = new Token<INotebooks>(
  'jupyterlab-cellar:INotebooks',
  'The stages, states and jobs of each open notebook.'
);

export type IProject = ProjectModel;

export const IProject = new Token<IProject>('jupyterlab-cellar:IProject', 'The project that the current file is in.');

export type IActions = IActionContext;

export const IActions = new Token<IActions>(
  'jupyterlab-cellar:IActions',
  'What the deeds behind the commands, chips and buttons work with.'
);
