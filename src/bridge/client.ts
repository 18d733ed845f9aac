import { URLExt } from '@jupyterlab/coreutils';
import { type ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import { CancellationTokenSource, createMessageConnection, type MessageConnection } from 'vscode-jsonrpc/browser';
import { CellarError } from '../../server-bridge/src/protocol/errors.js';
import { PROTOCOL_VERSION } from '../../server-bridge/src/protocol/version.js';
import { Notifications, Requests } from '../../server-bridge/src/protocol/wire.js';
import type {
  NotificationName,
  RequestName,
  RequestParams,
  RequestResult
} from '../../server-bridge/src/protocol/wire.js';
import type { BridgeNotification, IBridge, IBridgeStatus } from '../tokens.js';
import { backoff } from './backoff.js';
import { lostError, toCellarError, unavailableError } from './failure.js';
import { socketFrames } from './frames.js';
import { askStatus } from './status.js';

/**
 * The connection to the bridge: one WebSocket of this tab, opened at once and again with growing pauses when it ends.
 * Requests that were under way when it ended reject with `E_BRIDGE_LOST`; later ones wait for the next connection.
 */
export class BridgeClient implements IBridge {
  readonly clientId = UUID.uuid4();

  constructor(options: IBridgeClientOptions) {
    this._settings = options.serverSettings;
    this._trans = options.trans;
    this._status = { state: 'starting', text: this._trans.__('Cellar is starting.'), next: null, retryAt: null };
    this._open();
  }

  get root(): string | null {
    return this._root;
  }

  get status(): IBridgeStatus {
    return this._status;
  }

  get statusChanged(): ISignal<this, IBridgeStatus> {
    return this._statusChanged;
  }

  get connected(): ISignal<this, void> {
    return this._connected;
  }

  get notified(): ISignal<this, BridgeNotification> {
    return this._notified;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  async request<N extends RequestName>(
    name: N,
    params: RequestParams<N>,
    signal?: AbortSignal
  ): Promise<RequestResult<N>> {
    const connection = this._connection ?? (await this._whenReady());
    const cancel = new CancellationTokenSource();
    const abort = (): void => cancel.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const result = await connection.sendRequest<unknown>(name, params, cancel.token);
      return Requests[name].result.parse(result) as RequestResult<N>;
    } catch (error) {
      if (signal?.aborted) {
        throw new CellarError('E_CANCELLED', this._trans.__('The request was taken back.'));
      }
      throw this._connection === connection ? toCellarError(error) : lostError(name);
    } finally {
      signal?.removeEventListener('abort', abort);
      cancel.dispose();
    }
  }

  retry(): void {
    if (this._timer !== null) {
      window.clearTimeout(this._timer);
      this._timer = null;
    }
    if (this._socket === null && !this._isDisposed) {
      this._tries = 0;
      this._open();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    if (this._timer !== null) {
      window.clearTimeout(this._timer);
    }
    this._socket?.close();
    this._connection?.dispose();
    this._connection = null;
    Signal.clearData(this);
  }

  /** Resolves with the next usable connection; rejects when there will be none. */
  private _whenReady(): Promise<MessageConnection> {
    if (this._status.state === 'unavailable') {
      return Promise.reject(unavailableError(this._status.text, this._status.next));
    }
    return new Promise((resolve, reject) => this._waiting.push({ resolve, reject }));
  }

  private _open(): void {
    const { wsUrl, appendToken, token, WebSocket } = this._settings;
    const query = appendToken && token !== '' ? `?token=${encodeURIComponent(token)}` : '';
    const socket = new WebSocket(URLExt.join(wsUrl, 'cellar', 'rpc') + query);
    this._socket = socket;
    socket.onopen = () => void this._greet(socket);
    socket.onclose = () => void this._onClosed(socket);
  }

  private async _greet(socket: WebSocket): Promise<void> {
    const { reader, writer } = socketFrames(socket);
    const connection = createMessageConnection(reader, writer);
    // Disposing rejects what is under way: the answers cannot come any more.
    connection.onClose(() => {
      connection.dispose();
      void this._onClosed(socket);
    });
    connection.onError(() => undefined);
    for (const name of Object.keys(Notifications) as NotificationName[]) {
      connection.onNotification(name, (raw: unknown) => this._onNotification(name, raw));
    }
    connection.listen();
    try {
      const params = { protocol: PROTOCOL_VERSION, client: this.clientId };
      const hello = Requests.hello.result.parse(await connection.sendRequest('hello', params));
      if (hello.protocol !== PROTOCOL_VERSION) {
        this._refuse(socket, hello.version);
        return;
      }
      this._root = hello.root;
    } catch (error) {
      const failure = toCellarError(error);
      if (failure.code === 'E_PROTOCOL') {
        const { version } = failure.data ?? {};
        this._refuse(socket, typeof version === 'string' ? version : '');
        return;
      }
      socket.close();
      return;
    }
    if (this._isDisposed) {
      return;
    }
    this._tries = 0;
    this._connection = connection;
    this._setStatus({ state: 'ready', text: '', next: null, retryAt: null });
    for (const { resolve } of this._waiting.splice(0)) {
      resolve(connection);
    }
    this._connected.emit();
  }

  /** The two halves are of different versions: a page that was open during an upgrade, or a server not restarted. */
  private _refuse(socket: WebSocket, version: string): void {
    this._final = true;
    socket.close();
    this._giveUp(
      this._trans.__('This page and the Cellar %1 of the server do not speak the same version.', version),
      this._trans.__('Reload the page; if that does not help, restart Jupyter.')
    );
  }

  private _giveUp(text: string, next: string | null): void {
    this._setStatus({ state: 'unavailable', text, next, retryAt: null });
    for (const { reject } of this._waiting.splice(0)) {
      reject(unavailableError(text, next));
    }
  }

  private async _onClosed(socket: WebSocket): Promise<void> {
    if (this._socket !== socket || this._isDisposed) {
      return;
    }
    this._socket = null;
    this._connection = null;
    if (this._final) {
      return;
    }
    const answer = await askStatus(this._settings, this._trans);
    if (this._isDisposed || this._socket !== null) {
      return;
    }
    if (answer.final) {
      this._giveUp(answer.text, answer.next);
      return;
    }
    const pause = backoff(this._tries);
    this._tries += 1;
    this._setStatus({ state: 'restarting', text: answer.text, next: answer.next, retryAt: Date.now() + pause });
    this._timer = window.setTimeout(() => {
      this._timer = null;
      this._open();
    }, pause);
  }

  private _onNotification(name: NotificationName, raw: unknown): void {
    const parsed = Notifications[name].safeParse(raw);
    if (parsed.success) {
      this._notified.emit({ name, params: parsed.data } as BridgeNotification);
    }
  }

  private _setStatus(status: IBridgeStatus): void {
    this._status = status;
    this._statusChanged.emit(status);
  }

  private readonly _settings: ServerConnection.ISettings;
  private readonly _trans: TranslationBundle;
  private readonly _statusChanged = new Signal<this, IBridgeStatus>(this);
  private readonly _connected = new Signal<this, void>(this);
  private readonly _notified = new Signal<this, BridgeNotification>(this);
  private readonly _waiting: { resolve: (connection: MessageConnection) => void; reject: (error: Error) => void }[] =
    [];
  private _status: IBridgeStatus;
  private _socket: WebSocket | null = null;
  private _connection: MessageConnection | null = null;
  private _timer: number | null = null;
  private _root: string | null = null;
  private _tries = 0;
  private _final = false;
  private _isDisposed = false;
}

/** What a `BridgeClient` is made of. */
export interface IBridgeClientOptions {
  readonly serverSettings: ServerConnection.ISettings;
  readonly trans: TranslationBundle;
}
