/** Entry of the bridge: `node main.mjs --socket PATH` (`--loopback` on Windows), started by the Jupyter server extension. */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { PROTOCOL_VERSION } from './protocol/version.js';
import { Greeting, listen } from './service/serve.js';
import { serveSocket } from './service/rpc.js';
import { createService } from './service/service.js';
import { CELLAR_VERSION } from './service/version.js';

const log = (text: string): void => {
  process.stderr.write(text + '\n');
};

/** One line of JSON; the supervisor keeps stdin open for as long as it lives. */
async function readGreeting(): Promise<{ greeting: Greeting; ended: Promise<void> }> {
  const lines = createInterface({ input: process.stdin });
  const ended = new Promise<void>(resolve => lines.once('close', () => resolve()));
  const line = await Promise.race([
    new Promise<string>(resolve => lines.once('line', resolve)),
    ended.then(() => {
      throw new Error('stdin ended before the greeting');
    })
  ]);
  return { greeting: Greeting.parse(JSON.parse(line)), ended };
}

async function main(): Promise<void> {
  // A defect in one request must not end the runs of all projects: it is logged, and the process goes on.
  process.on('unhandledRejection', reason =>
    log(`unhandled: ${reason instanceof Error ? reason.stack : String(reason)}`)
  );
  // The server may be dead before us: what nobody reads must not keep us from putting outs back (N55).
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const { values } = parseArgs({ options: { socket: { type: 'string' }, loopback: { type: 'boolean' } } });
  const { greeting, ended } = await readGreeting();
  const service = createService({
    root: greeting.root,
    python: greeting.python,
    log,
    onActivity: n => process.stdout.write(JSON.stringify({ activity: n }) + '\n')
  });
  const address = values.socket === undefined ? ({ loopback: true } as const) : { socket: values.socket };
  const server = await listen(address, greeting.secret, socket =>
    serveSocket(socket, peer => service.connect(peer), log)
  );
  process.stdout.write(
    JSON.stringify({ ready: true, protocol: PROTOCOL_VERSION, version: CELLAR_VERSION, port: server.port }) + '\n'
  );
  const stop = async (): Promise<void> => {
    server.close();
    // Runs are ended and their outs put back before we go (N54, N55); the supervisor gives us a few seconds.
    await service.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  await ended;
  await stop();
}

main().catch((error: unknown) => {
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
});
