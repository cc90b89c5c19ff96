/** TCP servers and clients on loopback whose bytes a test reads and writes. */
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** One end of a connection, with everything that it has received. */
export class TcpEnd {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  isClosed = false;
  #check: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#check();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#check();
    });
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Resolves when the other side has ended the connection. */
  closed(): Promise<void> {
    return this.#until(() => this.isClosed);
  }

  /** Resolves when this many bytes have arrived. */
  bytes(count: number): Promise<void> {
    return this.#until(() => this.received.length >= count);
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (holds()) resolve();
      };
      this.#check();
    });
  }
}

export function connectTo(port: number): TcpEnd {
  return new TcpEnd(connect({ port, host: '127.0.0.1' }));
}

export interface TcpServer {
  readonly server: Server;
  readonly port: number;
  readonly ends: TcpEnd[];
  close(): void;
}

/** @param accept called with each connection */
export function listenTcp(
  accept: (end: TcpEnd) => void = () => undefined,
  port = 0,
): Promise<TcpServer> {
  const ends: TcpEnd[] = [];
  const server = createServer((socket) => {
    const end = new TcpEnd(socket);
    ends.push(end);
    accept(end);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address !== 'object' || address === null) return;
      const close = (): void => {
        server.close();
        for (const { socket } of ends) socket.destroy();
      };
      resolve({ server, port: address.port, ends, close });
    });
  });
}
