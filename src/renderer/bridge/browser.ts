/**
 * The bridge of a browser: calls over `POST /api/<name>`, streams over one WebSocket that comes back by itself, uploads in chunks. The session's
 * cookie says who calls; nothing here knows a token.
 */
import { decode, encode } from '@msgpack/msgpack';
import type { Answer, Bridge, StreamAnswer } from '../../protocol/endpoint.ts';
import { uploadFiles } from './upload.ts';

/** Milliseconds until the next try, by how many have failed; the last goes on. */
const pauses = [250, 500, 1000, 2000, 4000];

/** @param at where the window was loaded from */
export function browserBridge(at: { readonly origin: string; readonly host: string; readonly protocol: string }): Bridge<File> {
  const call = (name: string, input: unknown): Promise<Answer> => post(`${at.origin}/api/${name}`, input);
  return {
    host: 'server',
    call,
    stream: (onAnswer, onState) => openStream(`${at.protocol === 'https:' ? 'wss' : 'ws'}://${at.host}/stream`, onAnswer, onState),
    pathOf: () => null,
    upload: (files, progress, signal) => uploadFiles(call, at.origin, files, progress, signal),
  };
}

async function post(url: string, input: unknown): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    const answer: unknown = await response.json().catch(() => null);
    if (isAnswer(answer)) return answer;
    return { ok: false, error: { code: response.status === 401 ? 'not-admitted' : 'internal', data: { status: response.status } } };
  } catch (error) {
    return { ok: false, error: { code: 'not-connected', data: { message: error instanceof Error ? error.message : String(error) } } };
  }
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'ok') === 'boolean';
}

const openStream: (url: string, ...listeners: Parameters<Bridge['stream']>) => ReturnType<Bridge['stream']> = (url, onAnswer, onState) => {
  let socket: WebSocket | null = null;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let closed = false;

  const connect = (): void => {
    timer = null;
    const mine = new WebSocket(url);
    mine.binaryType = 'arraybuffer';
    socket = mine;
    mine.onopen = () => {
      failures = 0;
      onState('open');
    };
    mine.onmessage = ({ data }: MessageEvent<unknown>) => {
      // The server speaks the same version: it served this script.
      if (data instanceof ArrayBuffer) onAnswer(decode(new Uint8Array(data)) as StreamAnswer);
    };
    mine.onclose = () => {
      if (socket !== mine || closed) return;
      socket = null;
      onState('lost');
      timer = setTimeout(connect, pauses[Math.min(failures++, pauses.length - 1)]);
    };
  };
  /** A network that is back is not waited for. */
  const online = (): void => {
    if (timer === null) return;
    clearTimeout(timer);
    connect();
  };

  connect();
  globalThis.addEventListener('online', online);
  return {
    send(request) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(encode(request));
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      globalThis.removeEventListener('online', online);
      socket?.close();
    },
  };
};
