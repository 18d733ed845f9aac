// @vitest-environment jsdom
import { nullTranslator } from '@jupyterlab/translation';
import { ServerConnection } from '@jupyterlab/services';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { joinMessages, splitMessage } from '../../server-bridge/src/protocol/parts.js';
import { BridgeClient } from '../bridge/client.js';
import { explain } from '../bridge/status.js';
import { settle } from './settle.js';

const trans = nullTranslator.load('jupyterlab_cellar');

interface IRequest {
  readonly id: number | string;
  readonly method: string;
  readonly params: unknown;
}

/** A WebSocket whose other end is the test. */
class FakeSocket {
  static all: FakeSocket[] = [];
  readonly OPEN = 1;
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  readonly got: IRequest[] = [];
  private readonly _join = joinMessages();

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  send(frame: string): void {
    const message = this._join(frame);
    if (message !== undefined) {
      this.got.push(message as IRequest);
    }
  }

  close(): void {
    this.end();
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  end(): void {
    if (this.readyState !== 3) {
      this.readyState = 3;
      this.onclose?.();
    }
  }

  say(message: object): void {
    for (const frame of splitMessage(JSON.stringify({ jsonrpc: '2.0', ...message }))) {
      this.onmessage?.({ data: frame });
    }
  }

  async answer(result: unknown): Promise<void> {
    await vi.waitFor(() => expect(this.got.length).toBeGreaterThan(0));
    this.say({ id: this.got.shift()!.id, result });
    await vi.advanceTimersByTimeAsync(0);
  }

  async greet(protocol = 1): Promise<void> {
    this.open();
    await vi.advanceTimersByTimeAsync(0);
    await this.answer({ protocol, version: '0.1.0', node: '24', root: '/home' });
  }
}

let status: { code: number; body: unknown };

function client(): BridgeClient {
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/',
    wsUrl: 'ws://localhost/',
    token: 'secret',
    appendToken: true,
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    fetch: async () => new Response(JSON.stringify(status.body), { status: status.code })
  });
  return new BridgeClient({ serverSettings, trans });
}

describe('the connection', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    FakeSocket.all = [];
    status = { code: 200, body: { state: 'waiting', reason: 'The bridge ended with signal 9.', fix: null } };
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('greets first, and requests wait for the greeting', async () => {
    const bridge = client();
    const asked = bridge.request('notebook/close', { doc: 'd' });
    const socket = FakeSocket.all[0]!;
    expect(socket.url).toBe('ws://localhost/cellar/rpc?token=secret');
    await socket.greet();
    expect(bridge.status.state).toBe('ready');
    expect(bridge.root).toBe('/home');
    await socket.answer({});
    expect(await asked).toEqual({});
    bridge.dispose();
  });

  it('says that a request was lost when the connection ends before the answer, and connects again', async () => {
    const bridge = client();
    await FakeSocket.all[0]!.greet();
    let connects = 0;
    bridge.connected.connect(() => (connects += 1));
    const lost = expect(bridge.request('notebook/close', { doc: 'd' })).rejects.toMatchObject({
      code: 'E_BRIDGE_LOST',
      data: { method: 'notebook/close' }
    });
    await settle();
    FakeSocket.all[0]!.end();
    await lost;
    await vi.advanceTimersByTimeAsync(0);
    expect(bridge.status).toMatchObject({
      state: 'restarting',
      text: 'The bridge ended with signal 9. It starts again; nothing is lost.'
    });
    const later = bridge.request('notebook/close', { doc: 'd2' });
    await vi.advanceTimersByTimeAsync(500);
    await FakeSocket.all[1]!.greet();
    expect(connects).toBe(1);
    await FakeSocket.all[1]!.answer({});
    expect(await later).toEqual({});
    bridge.dispose();
  });

  it('stops trying without Node, says the command, and tries again when asked', async () => {
    status.body = { state: 'no-node', reason: 'x', fix: { message: 'There is no Node.', command: 'pip install n' } };
    const bridge = client();
    const refused = expect(bridge.request('notebook/close', { doc: 'd' })).rejects.toMatchObject({
      code: 'E_BRIDGE_UNAVAILABLE',
      message: 'There is no Node.',
      next: 'Run pip install n, then try again.'
    });
    FakeSocket.all[0]!.end();
    await vi.advanceTimersByTimeAsync(60_000);
    await refused;
    expect(FakeSocket.all).toHaveLength(1);
    bridge.retry();
    await FakeSocket.all[1]!.greet();
    expect(bridge.status.state).toBe('ready');
    bridge.dispose();
  });

  it('refuses an engine of another version for good', async () => {
    const bridge = client();
    await FakeSocket.all[0]!.greet(99);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(bridge.status.state).toBe('unavailable');
    expect(bridge.status.next).toContain('Reload the page');
    expect(FakeSocket.all).toHaveLength(1);
    bridge.dispose();
  });

  it('carries a message over 1 MiB in parts, both ways', async () => {
    const bridge = client();
    await FakeSocket.all[0]!.greet();
    const source = 'x'.repeat(2_000_000);
    const cell = { type: 'code' as const, id: 'c', source, tag: null, tags: [] };
    void bridge
      .request('notebook/change', { doc: 'd', version: 1, deltas: [{ start: 0, remove: 0, insert: [cell] }] })
      .catch(() => undefined);
    await settle();
    expect(FakeSocket.all[0]!.got[0]?.params).toMatchObject({ deltas: [{ insert: [{ source }] }] });
    const notices: unknown[] = [];
    bridge.notified.connect((_sender: unknown, item) => notices.push(item.params));
    const params = { severity: 'info', text: 'y'.repeat(2_000_000), next: null };
    FakeSocket.all[0]!.say({ method: 'notice', params });
    await vi.advanceTimersByTimeAsync(0);
    expect(notices).toEqual([params]);
    bridge.dispose();
  });

  it('passes on what the engine says went wrong', async () => {
    const bridge = client();
    await FakeSocket.all[0]!.greet();
    const failed = expect(bridge.request('notebook/close', { doc: 'd' })).rejects.toMatchObject({
      code: 'E_CYCLE',
      next: 'Break it.'
    });
    await settle();
    const { id } = FakeSocket.all[0]!.got[0]!;
    const data = { code: 'E_CYCLE', message: 'a → b → a', next: 'Break it.', exit: 255 };
    FakeSocket.all[0]!.say({ id, error: { code: -32000, message: 'a → b → a', data } });
    await failed;
    bridge.dispose();
  });
});

describe('the words for a bridge that is not there', () => {
  it('come from the supervisor', () => {
    expect(explain({ state: 'starting', reason: null, fix: null }, trans).final).toBe(false);
    expect(explain({ fix: { message: 'm', command: 'c' } }, trans)).toEqual({
      final: true,
      text: 'm',
      next: 'Run c, then try again.'
    });
    expect(explain(null, trans).text).toContain('nothing is lost');
  });
});
