/**
 * Tests the HTTP server with endpoints made for the test: access control, answers, and response
 * headers.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { decode, encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { GalapagosError } from '../../src/core/errors.ts';
import { Uploads } from '../../src/endpoints/uploads/uploads.ts';
import { startServer } from '../../src/server/start-server.ts';
import type { RunningServer, ServerOptions } from '../../src/server/start-server.ts';
import { CountingFeed, endpointsOf } from '../support/endpoint-doubles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const TOKEN = 'a-token-of-this-test';

describe('Server', () => {
  let folder: TemporaryFolder;
  let server: RunningServer;
  let uploads: Uploads;
  let feed: CountingFeed;
  const asked: unknown[] = [];

  beforeEach(async () => {
    folder = temporaryFolder();
    mkdirSync(folder.file('window/assets'), { recursive: true });
    writeFileSync(folder.file('window/index.html'), '<p>window</p>');
    writeFileSync(folder.file('window/assets/main-1.js'), 'export {};');
    writeFileSync(folder.file('secret.txt'), 'hidden treasure');
    uploads = new Uploads(folder.file('uploads'));
    const endpoints = endpointsOf(
      {
        pauseStudy: (input) => {
          asked.push(input);
          if (input.study === 'gone')
            throw new GalapagosError('unknown-study', 'there is none', { study: 'gone' });
          if (input.study === 'broken') throw new Error('a bug');
          return null;
        },
        beginUpload: (input) => uploads.begin(input),
      },
      (_, changed) => (feed = new CountingFeed(changed)),
    );
    server = await startServer({
      application: Promise.resolve({ endpoints, uploads }),
      window: folder.file('window'),
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
    });
  });
  afterEach(async () => {
    await server.close();
    folder.remove();
    asked.length = 0;
  });

  const ask = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body: string | Uint8Array = '',
  ): Promise<Reply> =>
    new Promise((done, failed) => {
      const sent = request(
        { host: '127.0.0.1', port: server.port, method, path, headers },
        (response) => {
          let text = '';
          response.on('data', (part: Buffer) => (text += part.toString()));
          response.on('end', () =>
            done({ status: response.statusCode ?? 0, headers: response.headers, text }),
          );
        },
      );
      sent.on('error', failed);
      sent.end(body);
    });
  const bearer = { authorization: `Bearer ${TOKEN}` };
  const pause = (input: string, headers: Record<string, string> = bearer): Promise<Reply> =>
    ask('POST', '/api/pauseStudy', headers, input);
  const errorOf = (reply: Reply): { code: string; data: Record<string, unknown> } =>
    (JSON.parse(reply.text) as { error: { code: string; data: Record<string, unknown> } }).error;

  describe('Server: access control', () => {
    it('gives access to the printed link and removes the token from the address', async () => {
      const opened = await ask('GET', server.link.slice(server.link.indexOf('/?')));
      expect(opened.status).toBe(303);
      expect(opened.headers.location).toBe('/');
      const [cookie = ''] = opened.headers['set-cookie'] ?? [];
      expect(cookie).toContain('HttpOnly; SameSite=Strict');
      expect((await ask('GET', '/', { cookie: cookie.split(';')[0] ?? '' })).text).toBe(
        '<p>window</p>',
      );
    });

    it('refuses requests without the token', async () => {
      for (const headers of [
        {},
        { authorization: 'Bearer wrong' },
        { cookie: `galapagos-${server.port}=wrong` },
      ]) {
        expect((await ask('GET', '/', headers)).status).toBe(401);
        expect(errorOf(await pause('{"study":"a"}', headers)).code).toBe('wrong-token');
      }
      expect((await ask('GET', '/?token=wrong')).status).toBe(401);
      expect(asked).toEqual([]);
    });

    it('refuses pages of another origin', async () => {
      const reply = await pause('{"study":"a"}', { ...bearer, origin: 'http://evil.example' });
      expect(reply.status).toBe(403);
      expect(errorOf(reply).code).toBe('wrong-origin');
      expect(
        (await pause('{"study":"a"}', { ...bearer, origin: `http://127.0.0.1:${server.port}` }))
          .status,
      ).toBe(200);
    });

    it('refuses other host names, as after DNS rebinding', async () => {
      const reply = await ask('GET', `/?token=${TOKEN}`, { host: `evil.example:${server.port}` });
      expect(reply.status).toBe(403);
      expect(errorOf(reply).code).toBe('wrong-host');
      expect((await ask('GET', '/', { ...bearer, host: `localhost:${server.port}` })).status).toBe(
        200,
      );
    });
  });

  describe('Server: calls', () => {
    it('answers with the value of the handler', async () => {
      expect(await pause('{"study":"a"}')).toMatchObject({
        status: 200,
        text: '{"ok":true,"value":null}',
      });
      expect(asked).toEqual([{ study: 'a' }]);
    });

    it.each([
      ['{"study":7}', 400, 'invalid-input'],
      ['{"study":"a","more":1}', 400, 'invalid-input'],
      ['{"study":', 400, 'invalid-input'],
      ['{"study":"gone"}', 422, 'unknown-study'],
      ['{"study":"broken"}', 500, 'internal'],
    ])('answers %s with status %i and code %s', async (input, status, code) => {
      const reply = await pause(input);
      expect([reply.status, errorOf(reply).code]).toEqual([status, code]);
    });

    it('serves only endpoints of the table', async () => {
      for (const name of ['nothing', 'toString', '__proto__', ''])
        expect((await ask('POST', `/api/${name}`, bearer, '{}')).status).toBe(404);
    });

    it('sends no stack trace', async () => {
      expect((await pause('{"study":"broken"}')).text).not.toContain('.ts:');
    });
  });

  describe('Server: window files', () => {
    it('sends a policy that allows nothing from elsewhere', async () => {
      const { headers } = await ask('GET', '/', bearer);
      expect(headers['content-security-policy']).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'",
      );
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
    });

    it('caches assets forever and the page never', async () => {
      expect((await ask('GET', '/assets/main-1.js', bearer)).headers['cache-control']).toContain(
        'immutable',
      );
      expect((await ask('GET', '/', bearer)).headers['cache-control']).toBe('no-cache');
    });

    it.each([
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/..%5c..%5csecret.txt',
      '/%00',
      '/%',
      '/assets',
      '/none.js',
    ])('serves nothing outside the folder: %s', async (path) => {
      const reply = await ask('GET', path, bearer);
      expect(reply.status).toBe(404);
      expect(reply.text).not.toContain('treasure');
    });
  });

  describe('Server: uploads', () => {
    it('accepts chunks whose content has the announced hash', async () => {
      const begun = await ask(
        'POST',
        '/api/beginUpload',
        bearer,
        JSON.stringify({ files: [{ path: 'a', bytes: 3 }] }),
      );
      const { upload } = (JSON.parse(begun.text) as { value: { upload: string } }).value;
      const put = (text: string): Promise<Reply> => {
        const sha256 = createHash('sha256').update('abc').digest('hex');
        return ask('PUT', `/upload/${upload}/0?offset=0&sha256=${sha256}`, bearer, text);
      };
      expect(errorOf(await put('abd')).code).toBe('bad-upload');
      expect(JSON.parse((await put('abc')).text)).toEqual({ ok: true, value: { received: 3 } });
      expect(readFileSync(uploads.pathOf(upload), 'utf8')).toBe('abc');
      expect((await ask('PUT', `/upload/${upload}/0?offset=-1&sha256=x`, bearer, '')).status).toBe(
        400,
      );
      expect(
        errorOf(
          await ask(
            'PUT',
            `/upload/${upload}/0?offset=0&sha256=${'0'.repeat(64)}`,
            bearer,
            'x'.repeat(2 ** 20 + 1),
          ),
        ),
      ).toMatchObject({
        code: 'too-large',
      });
    });
  });

  describe('Server: streams', () => {
    const connect = (headers: Record<string, string>): Promise<WebSocket> =>
      new Promise((done, failed) => {
        const socket = new WebSocket(`ws://127.0.0.1:${server.port}/stream`, { headers });
        socket.once('open', () => done(socket));
        socket.once('error', failed);
      });
    const next = (socket: WebSocket): Promise<unknown> =>
      new Promise((done) => socket.once('message', (bytes: Buffer) => done(decode(bytes))));

    it('sends a snapshot, then deltas', async () => {
      const socket = await connect(bearer);
      const first = next(socket);
      socket.send(encode({ op: 'subscribe', id: 0, name: 'lab', input: {} }));
      expect(await first).toEqual({
        op: 'message',
        id: 0,
        seq: 1,
        snapshot: true,
        body: { datasets: ['0'] },
      });
      const second = next(socket);
      socket.send(encode({ op: 'took', id: 0, seq: 1 }));
      feed.change();
      expect(await second).toEqual({
        op: 'message',
        id: 0,
        seq: 2,
        snapshot: false,
        body: { datasets: ['1'] },
      });
      const gone = new Promise<void>((done) => {
        feed.close = done;
      });
      socket.close();
      await gone;
    });

    it('refuses streams without the token or from another origin', async () => {
      await expect(connect({})).rejects.toThrow('403');
      await expect(connect({ ...bearer, origin: 'http://evil.example' })).rejects.toThrow('403');
    });

    it('closes a stream with a reason after an invalid request', async () => {
      const socket = await connect(bearer);
      const closed = new Promise((done) =>
        socket.once('close', (code: number, reason: Buffer) => done([code, reason.toString()])),
      );
      socket.send(encode({ op: 'subscribe', id: 'x', name: 'lab' }));
      expect(await closed).toEqual([1003, 'id: expected a number']);
    });
  });

  it('says which port is taken', async () => {
    const application = Promise.resolve({ endpoints: endpointsOf({}), uploads });
    const options = { application, window: folder.path, host: '127.0.0.1', token: TOKEN };
    await expect(startServer({ ...options, port: server.port })).rejects.toMatchObject({
      code: 'port-taken',
    });
  });

  describe('Server: before the application exists', () => {
    const restart = async (application: ServerOptions['application']): Promise<void> => {
      await server.close();
      server = await startServer({
        application,
        window: folder.file('window'),
        host: '127.0.0.1',
        port: 0,
        token: TOKEN,
      });
    };

    it('serves the window, and answers its calls once the application exists', async () => {
      let made: (application: Awaited<ServerOptions['application']>) => void = () => undefined;
      await restart(new Promise((resolve) => (made = resolve)));
      const paused = pause('{"study":"s"}');
      expect((await ask('GET', '/', bearer)).text).toBe('<p>window</p>');
      made({ endpoints: endpointsOf({ pauseStudy: () => null }), uploads });
      expect(JSON.parse((await paused).text)).toEqual({ ok: true, value: null });
    });

    it('answers calls with the reason when the application cannot start, and streams nothing', async () => {
      await restart(Promise.reject(new Error('no lab')));
      expect(errorOf(await pause('{"study":"s"}'))).toEqual({
        code: 'internal',
        data: { message: 'Error: no lab' },
      });
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/stream`, { headers: bearer });
      const failed = new Promise((done) => socket.once('error', ({ message }) => done(message)));
      expect(await failed).toContain('503');
    });
  });
});
