import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createMessageConnection } from 'vscode-jsonrpc/node';
import { WebSocket } from 'ws';
import { Notifications, Requests } from '../../src/protocol/wire.js';
import type {
  NotificationName,
  NotificationParams,
  RequestName,
  RequestParams,
  RequestResult
} from '../../src/protocol/wire.js';
import { socketMessages } from '../../src/service/socket-messages.js';

/** A real bridge process on a real socket, spoken to as a tab does. */
export interface Bridge {
  readonly child: ChildProcess;
  readonly socketPath: string;
  readonly secret: string;
  connect(): Promise<Tab>;
  /** Ends stdin, as the Jupyter server's end does, and waits for the exit. */
  stop(): Promise<number | null>;
}

export interface Tab {
  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>>;
  /** Notifications so far, in order. */
  readonly heard: { name: NotificationName; params: unknown }[];
  /** Resolves with the first notification, past or future, that fits. */
  hear<N extends NotificationName>(
    name: N,
    fits: (params: NotificationParams<N>) => boolean
  ): Promise<NotificationParams<N>>;
  close(): void;
}

export async function startBridge(program: string, root: string, env: NodeJS.ProcessEnv): Promise<Bridge> {
  const folder = mkdtempSync(join(tmpdir(), 'cellar-bridge-'));
  const socketPath = join(folder, 's');
  const secret = randomBytes(32).toString('hex');
  const child = spawn(process.execPath, [program, '--socket', socketPath], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true
  });
  child.stdin.write(JSON.stringify({ secret, root, python: 'python' }) + '\n');
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.once('line', line => (line.includes('"ready":true') ? resolve() : reject(new Error(line))));
    child.once('exit', code => reject(new Error(`the bridge ended with ${code}`)));
  });
  const exited = new Promise<number | null>(resolve => child.once('exit', resolve));
  return {
    child,
    socketPath,
    secret,
    connect: () => openTab(socketPath, secret),
    stop: async () => {
      child.stdin.end();
      const code = await exited;
      rmSync(folder, { recursive: true, force: true });
      return code;
    }
  };
}

async function openTab(socketPath: string, secret: string): Promise<Tab> {
  const socket = new WebSocket(`ws+unix://${socketPath}:/rpc`, { headers: { 'X-Bridge-Secret': secret } });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const { reader, writer } = socketMessages(socket);
  const connection = createMessageConnection(reader, writer);
  const heard: Tab['heard'] = [];
  const waiting = new Set<() => void>();
  for (const name of Object.keys(Notifications) as NotificationName[]) {
    connection.onNotification(name, (params: unknown) => {
      heard.push({ name, params });
      waiting.forEach(check => check());
    });
  }
  connection.listen();
  return {
    heard,
    request: async (name, params) => {
      const result: unknown = await connection.sendRequest(name, params);
      return Requests[name].result.parse(result) as RequestResult<typeof name>;
    },
    hear: (name, fits) =>
      new Promise(resolve => {
        const check = (): void => {
          const hit = heard.find(each => each.name === name && fits(each.params as NotificationParams<typeof name>));
          if (hit !== undefined) {
            waiting.delete(check);
            resolve(hit.params as NotificationParams<typeof name>);
          }
        };
        waiting.add(check);
        check();
      }),
    close: () => socket.terminate()
  };
}
