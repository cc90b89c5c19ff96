/**
 * Queries and commands as `POST /api/<name>`, chunks of an upload as `PUT /upload/<id>/<file>`.
 * Answers are JSON in the envelope of the endpoint table.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { answer, answerParsed } from '../endpoints/calls/answer.ts';
import { toEndpointError } from '../endpoints/calls/errors.ts';
import { INLINE_BYTES } from '../endpoints/calls/large-inputs.ts';
import type { LargeInputs } from '../endpoints/calls/large-inputs.ts';
import { isTabled } from '../endpoints/calls/parse-input.ts';
import { CHUNK_BYTES } from '../endpoints/uploads/uploads.ts';
import type { Uploads } from '../endpoints/uploads/uploads.ts';
import type { Answer, CallContext } from '../protocol/endpoint.ts';
import { commands, queries } from '../protocol/endpoints.ts';
import type { Endpoints } from '../protocol/endpoints.ts';
import { parseJson } from '../protocol/json-text.ts';
import { parse, strict } from '../protocol/problems.ts';
import { readBody } from './read-body.ts';

/** Maximum size of a call's input, in bytes. */
const INPUT_BYTES = 4 * 2 ** 20;
/**
 * Maximum size of an input that is a list of files, in bytes; such a list may have a million
 * entries.
 */
const LIST_BYTES = 64 * 2 ** 20;

const calls = { ...queries, ...commands };

/** Dependencies of the call handler. */
export interface Answering {
  readonly endpoints: Endpoints;
  readonly uploads: Uploads;
  readonly large: LargeInputs;
}

export async function answerCall(
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  const context: CallContext = { host: 'server', signal: gone.signal };
  let result: Answer;
  try {
    result = await answered(name, request, context, answering);
  } catch (error) {
    result = { ok: false, error: toEndpointError(error) };
  }
  send(response, result);
}

async function answered(
  name: string,
  request: IncomingMessage,
  context: CallContext,
  { endpoints, uploads, large }: Answering,
): Promise<Answer> {
  if (!isTabled(name)) {
    request.resume();
    return { ok: false, error: { code: 'unknown-endpoint', data: { name } } };
  }
  const body = await readBody(request, name === 'beginUpload' ? LIST_BYTES : INPUT_BYTES);
  if (body.length <= INLINE_BYTES) {
    const text = body.toString('utf8');
    return answer(calls, endpoints.calls, name, text === '' ? {} : parseJson(text, name), context);
  }
  if (name === 'beginUpload')
    return { ok: true, value: await uploads.beginChecked(await large.parseUploadList(body)) };
  return answerParsed(endpoints.calls, name, await large.parse(name, body), context);
}

const chunkQuery = strict({
  offset: z.coerce.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'a SHA-256 in hex' }),
});

export async function takeChunk(
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  uploads: Uploads,
): Promise<void> {
  try {
    const [, , upload = '', file = ''] = url.pathname.split('/');
    const { offset, sha256 } = parse(chunkQuery, Object.fromEntries(url.searchParams), 'upload');
    const bytes = await readBody(request, CHUNK_BYTES);
    send(response, {
      ok: true,
      value: await uploads.write({ upload, file: Number(file), offset, sha256, bytes }),
    });
  } catch (error) {
    send(response, { ok: false, error: toEndpointError(error) });
  }
}

export function send(response: ServerResponse, result: Answer, status = statusOf(result)): void {
  if (response.destroyed) return;
  const text = JSON.stringify(result.ok ? { ok: true, value: result.value ?? null } : result);
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
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
