import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { MAX_FRAME } from '../protocol/wire.js';

/** The first line on stdin: the supervisor's secret and facts. Never in argv or the environment (S1). */
export const Greeting = z.looseObject({
  secret: z.string().min(32),
  /** Absolute root of Jupyter's contents, null when contents are not files here. */
  root: z.string().nullable(),
  /** The server's own Python. */
  python: z.string()
});
export type Greeting = z.infer<typeof Greeting>;

function sameSecret(given: unknown, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(secret));
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/**
 * Listens on a unix socket in a folder that only this user can enter (on Windows: on loopback, port chosen by the system)
 * and hands each WebSocket that knows the secret to `accept`. Anything else gets 403 and no byte of an answer (S1).
 * Returns the port on Windows, null elsewhere.
 */
export async function listen(
  address: { socket: string } | { loopback: true },
  secret: string,
  accept: (socket: WebSocket) => void
): Promise<{ port: number | null; close: () => void }> {
  const http = createServer((_request, response) => {
    response.writeHead(403).end();
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 2 * MAX_FRAME, perMessageDeflate: false });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url !== '/rpc' || !sameSecret(request.headers['x-bridge-secret'], secret)) {
      refuse(socket, '403 Forbidden');
      return;
    }
    sockets.handleUpgrade(request, socket, head, accept);
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    if ('socket' in address) {
      http.listen(address.socket, resolve);
    } else {
      http.listen(0, '127.0.0.1', resolve);
    }
  });
  const bound = http.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : null,
    close: () => {
      for (const client of sockets.clients) {
        client.terminate();
      }
      http.close();
    }
  };
}
