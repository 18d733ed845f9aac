/**
 * A stand-in for the bridge, for the tests of the supervisor and the relay only: it keeps the contract of the real one
 * (greeting on stdin, ready line, socket, secret, end on EOF) and echoes frames, or does what a frame says.
 */
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { WebSocketServer } from 'ws';

const say = message => process.stdout.write(`${JSON.stringify(message)}\n`);
const behaviour = process.env.STAND_IN ?? '';
const path = process.argv[process.argv.indexOf('--socket') + 1];

function obey(ws, text) {
  if (text === 'die') process.exit(7);
  else if (text.startsWith('activity ')) say({ activity: Number(text.slice(9)) });
  else if (text === 'facts') {
    ws.send(JSON.stringify({ greeting, pid: process.pid, argv: process.argv, env: process.env, path }));
  } else if (text === 'tcp') {
    const listening = readFileSync('/proc/net/tcp', 'utf8') + readFileSync('/proc/net/tcp6', 'utf8');
    ws.send(listening);
  } else ws.send(`echo ${text}`);
}

let greeting;
createInterface({ input: process.stdin })
  .on('line', line => {
    greeting = JSON.parse(line);
    if (behaviour === 'crash') process.exit(3);
    if (behaviour === 'silent') return;
    const http = createServer();
    const sockets = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => {
      if (request.headers['x-bridge-secret'] !== greeting.secret) return socket.destroy();
      sockets.handleUpgrade(request, socket, head, ws => ws.on('message', data => obey(ws, data.toString())));
    });
    http.listen(path, () => say({ ready: true, protocol: behaviour === 'other' ? 99 : 1, version: 'stand-in' }));
  })
  .on('close', () => behaviour !== 'deaf' && process.exit(0));
if (behaviour === 'deaf') {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1000);
}
