/** Queries and commands as `POST /api/<name>`, chunks of an upload as `PUT /upload/<id>/<file>`: JSON answers in the table's envelope. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { answer } from '../endpoints/answer.ts';
import { toEndpointError } from '../endpoints/errors.ts';
import { CHUNK_BYTES } from '../endpoints/uploads.ts';
import type { Uploads } from '../endpoints/uploads.ts';
import type { Answer } from '../protocol/endpoint.ts';
import { commands, queries } from '../protocol/endpoints.ts';
import type { Endpoints } from '../protocol/endpoints.ts';
import { parseJson } from '../protocol/json-text.ts';
import { parse, strict } from '../protocol/problems.ts';
import { readBody } from './read-body.ts';

/** Most bytes of a call's input. */
const INPUT_BYTES = 64 * 2 ** 20;

const calls = { ...queries, ...commands };

export async function answerCall(name: string, request: IncomingMessage, response: ServerResponse, endpoints: Endpoints): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  let result: Answer;
  try {
    const text = (await readBody(request, INPUT_BYTES)).toString('utf8');
    const input = text === '' ? {} : parseJson(text, name);
    result = await answer(calls, endpoints.calls, name, input, { host: 'server', signal: gone.signal });
  } catch (error) {
    result = { ok: false, error: toEndpointError(error) };
  }
  send(response, result);
}

const chunkQuery = strict({
  offset: z.coerce.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'a SHA-256 in hex' }),
});

export async function takeChunk(url: URL, request: IncomingMessage, response: ServerResponse, uploads: Uploads): Promise<void> {
  try {
    const [, , upload = '', file = ''] = url.pathname.split('/');
    const { offset, sha256 } = parse(chunkQuery, Object.fromEntries(url.searchParams), 'upload');
    const bytes = await readBody(request, CHUNK_BYTES);
    send(response, { ok: true, value: await uploads.write({ upload, file: Number(file), offset, sha256, bytes }) });
  } catch (error) {
    send(response, { ok: false, error: toEndpointError(error) });
  }
}

export function send(response: ServerResponse, result: Answer, status = statusOf(result)): void {
  if (response.destroyed) return;
  const text = JSON.stringify(result.ok ? { ok: true, value: result.value ?? null } : result);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  response.end(text);
}

function statusOf(result: Answer): number {
  if (result.ok) return 200;
  switch (result.error.code) {
    case 'invalid-input':
      return 400;
    case 'unknown-endpoint':
      return 404;
    case 'too-large':
      return 413;
    case 'internal':
      return 500;
    default:
      return 422;
  }
}
