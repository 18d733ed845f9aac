import type { WebSocket } from 'ws';
import { AbstractMessageReader, AbstractMessageWriter } from 'vscode-jsonrpc/node';
import type { DataCallback, Disposable, Message, MessageReader, MessageWriter } from 'vscode-jsonrpc/node';
import { joinMessages, splitMessage } from '../protocol/parts.js';

/** Reads JSON-RPC messages from a WebSocket; a malformed frame closes it (S5). */
class SocketReader extends AbstractMessageReader implements MessageReader {
  constructor(private readonly socket: WebSocket) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    const join = joinMessages();
    const onMessage = (data: unknown, binary: boolean): void => {
      if (binary) {
        this.socket.close(1003, 'text frames only');
        return;
      }
      try {
        const message = join(String(data));
        if (message !== undefined) {
          callback(message as Message);
        }
      } catch (error) {
        this.fireError(error instanceof Error ? error : new Error(String(error)));
        this.socket.close(1007, 'malformed frame');
      }
    };
    const onClose = (): void => this.fireClose();
    this.socket.on('message', onMessage);
    this.socket.on('close', onClose);
    return {
      dispose: () => {
        this.socket.off('message', onMessage);
        this.socket.off('close', onClose);
      }
    };
  }
}

class SocketWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly socket: WebSocket) {
    super();
  }

  async write(message: Message): Promise<void> {
    if (this.socket.readyState !== this.socket.OPEN) {
      return;
    }
    for (const frame of splitMessage(JSON.stringify(message))) {
      this.socket.send(frame);
    }
  }

  end(): void {
    this.socket.close();
  }
}

/** The two ends of a JSON-RPC connection over one WebSocket. */
export function socketMessages(socket: WebSocket): { reader: MessageReader; writer: MessageWriter } {
  return { reader: new SocketReader(socket), writer: new SocketWriter(socket) };
}
