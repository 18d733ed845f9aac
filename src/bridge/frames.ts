import { AbstractMessageReader, AbstractMessageWriter } from 'vscode-jsonrpc/browser';
import type { DataCallback, Disposable, Message, MessageReader, MessageWriter } from 'vscode-jsonrpc/browser';
import { joinMessages, splitMessage } from '../../server-bridge/src/protocol/parts.js';

/** Reads JSON-RPC messages from text frames; a message over 1 MiB comes in numbered parts (N51). */
class FrameReader extends AbstractMessageReader implements MessageReader {
  constructor(private readonly _socket: WebSocket) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    const join = joinMessages();
    this._socket.onmessage = event => {
      try {
        const message = join(String(event.data));
        if (message !== undefined) {
          callback(message as Message);
        }
      } catch (error) {
        this.fireError(error);
        this._socket.close(1000, 'malformed frame');
      }
    };
    this._socket.onclose = () => this.fireClose();
    return {
      dispose: () => {
        this._socket.onmessage = null;
        this._socket.onclose = null;
      }
    };
  }
}

class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly _socket: WebSocket) {
    super();
  }

  async write(message: Message): Promise<void> {
    if (this._socket.readyState !== this._socket.OPEN) {
      throw new Error('the connection is closed');
    }
    for (const frame of splitMessage(JSON.stringify(message))) {
      this._socket.send(frame);
    }
  }

  end(): void {
    this._socket.close();
  }
}

/** The two ends of a JSON-RPC connection over one open WebSocket. */
export function socketFrames(socket: WebSocket): { reader: MessageReader; writer: MessageWriter } {
  return { reader: new FrameReader(socket), writer: new FrameWriter(socket) };
}
