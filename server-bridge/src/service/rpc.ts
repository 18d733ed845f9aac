import type { WebSocket } from 'ws';
import { createMessageConnection, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';
import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node';
import { CellarError } from '../protocol/errors.js';
import { Notifications, Requests, RPC_CELLAR_ERROR } from '../protocol/wire.js';
import type {
  NotificationName,
  NotificationParams,
  RequestName,
  RequestParams,
  RequestResult
} from '../protocol/wire.js';
import { socketMessages } from './socket-messages.js';

/** At most so many requests of one tab at a time (S7). */
const MAX_IN_FLIGHT = 100;

/** Above so many bytes waiting to be sent, events that can be replayed are left out (S7). */
const MAX_BUFFERED = 4 * 1024 * 1024;

export type Handler<N extends RequestName> = (
  params: RequestParams<N>,
  signal: AbortSignal
) => Promise<RequestResult<N>>;
export type Handlers = { [N in RequestName]: Handler<N> };

/** One tab's connection. */
export interface Peer {
  /** Sends a notification. Job events are dropped while the tab does not keep up: it sees the gap and replays. */
  notify<N extends NotificationName>(name: N, params: NotificationParams<N>): void;
  onClose(listener: () => void): void;
}

/** What a handler's failure tells the tab: a `CellarError` as it is, anything else as a defect without its inside (S4). */
function toResponseError(error: unknown, log: (text: string) => void): ResponseError<unknown> {
  if (error instanceof ResponseError) {
    return error;
  }
  if (error instanceof CellarError) {
    return new ResponseError(RPC_CELLAR_ERROR, error.message, error.toJSON());
  }
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const internal = new CellarError('E_INTERNAL', `Cellar met a defect of its own: ${String(error)}`, {
    next: 'The Jupyter log has the details; the action can be tried again.'
  });
  return new ResponseError(RPC_CELLAR_ERROR, internal.message, internal.toJSON());
}

function addHandler<N extends RequestName>(
  connection: MessageConnection,
  name: N,
  handler: Handler<N>,
  gate: { open: number },
  log: (text: string) => void
): void {
  connection.onRequest(name, async (raw: unknown, token: CancellationToken) => {
    const parsed = Requests[name].params.safeParse(raw);
    if (!parsed.success) {
      throw new ResponseError(ErrorCodes.InvalidParams, `${name}: ${parsed.error.issues[0]?.message ?? 'bad params'}`);
    }
    if (gate.open >= MAX_IN_FLIGHT) {
      throw new ResponseError(RPC_CELLAR_ERROR, 'Too many requests at once', {
        code: 'E_BUSY',
        message: 'Too many requests at once'
      });
    }
    gate.open += 1;
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    try {
      return await handler(parsed.data as RequestParams<N>, controller.signal);
    } catch (error) {
      throw toResponseError(error, log);
    } finally {
      gate.open -= 1;
    }
  });
}

/**
 * Serves one WebSocket: every request of the table is checked against its schema before its handler sees it;
 * unknown methods are refused by name.
 */
export function serveSocket(socket: WebSocket, make: (peer: Peer) => Handlers, log: (text: string) => void): void {
  const { reader, writer } = socketMessages(socket);
  const connection = createMessageConnection(reader, writer);
  const peer: Peer = {
    notify: (name, params) => {
      // A tab that is gone is told nothing; one that does not keep up sees the gap in the numbers and replays.
      const open = socket.readyState === socket.OPEN;
      if (!open || (name === 'job/event' && socket.bufferedAmount > MAX_BUFFERED)) {
        return;
      }
      void connection.sendNotification(name, Notifications[name].parse(params)).catch(() => undefined);
    },
    onClose: listener => {
      socket.once('close', listener);
    }
  };
  const handlers = make(peer);
  const gate = { open: 0 };
  for (const name of Object.keys(Requests) as RequestName[]) {
    addHandler(connection, name, handlers[name] as Handler<typeof name>, gate, log);
  }
  connection.onError(([error]) => log(`connection: ${error.message}`));
  connection.listen();
}
