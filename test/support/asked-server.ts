/** A server with endpoints that a test defines, and a client that sends requests byte for byte. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Uploads } from '../../src/endpoints/uploads/uploads.ts';
import type { Endpoints } from '../../src/protocol/endpoints.ts';
import { startServer } from '../../src/server/start-server.ts';
import type { RunningServer } from '../../src/server/start-server.ts';
import { endpointsOf } from './endpoint-doubles.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

export const TOKEN = 'a-token-of-this-test';
export const BEARER = { authorization: `Bearer ${TOKEN}` };
/** Headers that a browser sends when it loads a page. */
export const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
/** Content of a file outside the window's folder. */
export const SECRET = 'hidden treasure';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export class AskedServer {
  readonly folder: TemporaryFolder;
  readonly uploads: Uploads;
  readonly server: RunningServer;

  private constructor(folder: TemporaryFolder, uploads: Uploads, server: RunningServer) {
    this.folder = folder;
    this.uploads = uploads;
    this.server = server;
  }

  /** @param calls handlers besides those of uploads; every other call throws */
  static async start(calls: Partial<Endpoints['calls']>): Promise<AskedServer> {
    const folder = temporaryFolder();
    mkdirSync(folder.file('window/assets'), { recursive: true });
    writeFileSync(folder.file('window/index.html'), '<p>window</p>');
    writeFileSync(folder.file('secret.txt'), SECRET);
    const uploads = new Uploads(folder.file('uploads'));
    const endpoints = endpointsOf({ beginUpload: (input) => uploads.begin(input), ...calls });
    const server = await startServer({
      application: Promise.resolve({ endpoints, uploads }),
      window: folder.file('window'),
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
    });
    return new AskedServer(folder, uploads, server);
  }

  ask(
    method: string,
    path: string,
    headers: Record<string, string> = BEARER,
    body: string | Uint8Array = '',
  ): Promise<Reply> {
    return new Promise((done, failed) => {
      const sent = request(
        { host: '127.0.0.1', port: this.server.port, method, path, headers },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => {
            done({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(parts).toString(),
            });
          });
        },
      );
      sent.on('error', failed);
      sent.end(body);
    });
  }

  call(
    name: string,
    input: string | Uint8Array,
    headers: Record<string, string> = BEARER,
  ): Promise<Reply> {
    return this.ask('POST', `/api/${name}`, headers, input);
  }

  /** Sends a request line unchanged, which clients would normalise. */
  async raw(line: string, headers: Record<string, string> = BEARER): Promise<Reply> {
    const socket = this.connect();
    const fields = { host: `127.0.0.1:${this.server.port}`, connection: 'close', ...headers };
    socket.write(
      `${line} HTTP/1.1\r\n${Object.entries(fields)
        .map((field) => `${field.join(': ')}\r\n`)
        .join('')}\r\n`,
    );
    const parts: Buffer[] = [];
    for await (const part of socket as AsyncIterable<Buffer>) parts.push(part);
    const text = Buffer.concat(parts).toString();
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), headers: {}, text };
  }

  connect(): Socket {
    return connect(this.server.port, '127.0.0.1');
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.uploads.close();
    this.folder.remove();
  }
}

export function errorOf({ text }: Reply): { code: string; data: Record<string, unknown> } {
  return (JSON.parse(text) as { error: { code: string; data: Record<string, unknown> } }).error;
}
