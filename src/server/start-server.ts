/**
 * Serves the endpoint table over HTTP and a WebSocket, and the built window, to browsers. Binds to
 * loopback by default; every request needs the token of the printed link. The window is served
 * while the application is still starting: its first calls wait for the application.
 */
import type { ErrorCode } from '../core/error-codes.ts';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { GalapagosError } from '../core/errors.ts';
import type { Application } from '../endpoints/application.ts';
import { LargeInputs } from '../endpoints/calls/large-inputs.ts';
import type { EndpointError } from '../protocol/endpoint.ts';
import { cookieFor, isToken, linkOf, namesOf, refusalOf, tokenIn } from './access.ts';
import type { Access } from './access.ts';
import { answerCall, send, takeChunk } from './calls.ts';
import { NOT_FOUND, isPageLoad, refusalPage, sendPage } from './pages.ts';
import { Streams } from './streams.ts';
import { sendWindowFile } from './window-files.ts';

/**
 * Maximum time for a client to send its headers, in milliseconds; slower clients are disconnected.
 */
const HEADERS_MS = 10_000;

export interface ServerOptions {
  readonly application: Promise<Pick<Application, 'endpoints' | 'uploads'>>;
  /** Absolute path of the built window. */
  readonly window: string;
  readonly host: string;
  /** Port to listen on; 0 for any free one. */
  readonly port: number;
  /** Token that every request must carry. */
  readonly token: string;
}

export interface RunningServer {
  /** Address including the token. */
  readonly link: string;
  readonly port: number;
  close(): Promise<void>;
}

/** @throws GalapagosError `port-taken` */
export async function startServer({
  application,
  window,
  host,
  port,
  token,
}: ServerOptions): Promise<RunningServer> {
  const streams = application.then(({ endpoints }) => new Streams(endpoints));
  // The creator of the application handles its failure.
  streams.catch(() => undefined);
  const large = new LargeInputs();
  const server = createServer({
    headersTimeout: HEADERS_MS,
    connectionsCheckingInterval: HEADERS_MS,
  });
  await listening(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  const access: Access = { token, port: bound, names: namesOf(host) };
  server.on('request', (request, response) => {
    respond(request, response, { access, application, window, large }).catch((error: unknown) => {
      send(response, { ok: false, error: { code: 'internal', data: { message: String(error) } } });
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // No other handler listens for errors until the stream takes the socket over.
    socket.on('error', () => socket.destroy());
    const refuse = (status: string): unknown =>
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
    if (refusalOf(request, access, true) !== null || request.url !== '/stream')
      refuse('403 Forbidden');
    else
      streams.then(
        (made) => made.upgrade(request, socket, head),
        () => refuse('503 Service Unavailable'),
      );
  });
  return {
    link: linkOf(host, bound, token),
    port: bound,
    close: () =>
      new Promise((done) => {
        streams.then(
          (made) => made.close(),
          () => undefined,
        );
        server.close(() => {
          void large.close().then(done);
        });
        server.closeAllConnections();
      }),
  };
}

interface Site extends Pick<ServerOptions, 'application' | 'window'> {
  readonly access: Access;
  readonly large: LargeInputs;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { access, application, window, large }: Site,
): Promise<void> {
  const url = addressOf(request);
  const fail = (status: number, code: ErrorCode, data: EndpointError['data']): void => {
    request.resume();
    send(response, { ok: false, error: { code, data } }, status);
  };
  if (url === null) {
    const [expected, found] = ['a path that begins with one /', JSON.stringify(request.url)];
    fail(400, 'bad-request', { message: `expected ${expected}, found ${found}`, expected, found });
    return;
  }
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const refusal = refusalOf(request, access, !reads);
  const given = url.pathname === '/' ? tokenIn(url) : null;
  if (refusal?.code !== 'wrong-host' && reads && isToken(given, access)) {
    // Redirect, so that the token leaves the address bar and the history at once.
    response
      .writeHead(303, {
        location: '/',
        'set-cookie': cookieFor(access),
        'cache-control': 'no-store',
      })
      .end();
  } else if (refusal !== null) {
    if (isPageLoad(request))
      sendPage(response, refusal.status, refusalPage(refusal, given !== null));
    else fail(refusal.status, refusal.code, { message: refusal.message });
  } else if (request.method === 'POST' && url.pathname.startsWith('/api/')) {
    const { endpoints, uploads } = await application;
    await answerCall(url.pathname.slice('/api/'.length), request, response, {
      endpoints,
      uploads,
      large,
    });
  } else if (request.method === 'PUT' && /^\/upload\/[0-9a-f-]{36}\/\d{1,7}$/.test(url.pathname)) {
    await takeChunk(url, request, response, (await application).uploads);
  } else if (!reads || !(await sendWindowFile(window, url.pathname, response))) {
    if (isPageLoad(request)) sendPage(response, 404, NOT_FOUND);
    else fail(404, 'not-found', { path: url.pathname });
  }
}

/** Returns null for a path that is not of this server: `//host/path` would name another host. */
function addressOf({ url = '' }: IncomingMessage): URL | null {
  return url.startsWith('/') && !url.startsWith('//') && URL.canParse(url, 'http://server')
    ? new URL(url, 'http://server')
    : null;
}

function listening(
  server: ReturnType<typeof createServer>,
  host: string,
  port: number,
): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', (error: Error & { code?: string }) => {
      const taken = error.code === 'EADDRINUSE';
      failed(
        taken
          ? new GalapagosError(
              'port-taken',
              `port ${port} of ${host} is in use: choose another one with --port`,
              { host, port },
            )
          : error,
      );
    });
    server.listen(port, host, done);
  });
}
