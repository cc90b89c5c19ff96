/**
 * The bridge of a browser: calls over `POST /api/<name>`, subscriptions over one WebSocket that
 * reconnects automatically, uploads in chunks. The session cookie authenticates the calls; this
 * module never stores a token.
 */
import { decode, encode } from '@msgpack/msgpack';
import type { Answer, Bridge, StreamAnswer } from '../../protocol/endpoint.ts';
import { uploadFiles } from './upload.ts';

/**
 * Milliseconds before each reconnection attempt, by the number of failures; the last value repeats.
 */
const pauses = [250, 500, 1000, 2000, 4000];

/** The part of `location` that the bridge needs. */
interface Place {
  readonly origin: string;
  readonly host: string;
  readonly protocol: string;
  assign(url: string): void;
}

export function browserBridge(at: Place): Bridge<File> {
  let retry = (): void => undefined;
  const call = (name: string, input: unknown): Promise<Answer> =>
    post(`${at.origin}/api/${name}`, input);
  return {
    host: 'server',
    call,
    stream(onAnswer, onState) {
      const stream = openStream(at, onAnswer, onState);
      retry = () => stream.retry();
      return stream;
    },
    admit: async (given) => {
      const link = given.trim();
      const isLink = /^https?:\/\//i.test(link) && URL.canParse(link);
      if (isLink && new URL(link).origin !== at.origin) {
        // The server has another address now; its window is loaded from there.
        at.assign(link);
        return true;
      }
      const admitted = await isAdmitted(
        at.origin,
        isLink ? (new URL(link).searchParams.get('token') ?? '') : link,
      );
      if (admitted) retry();
      return admitted;
    },
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
    return {
      ok: false,
      error: {
        code: response.status === 401 ? 'not-admitted' : 'internal',
        data: { status: response.status },
      },
    };
  } catch (error) {
    return {
      ok: false,
      error: {
        code: 'not-connected',
        data: { message: error instanceof Error ? error.message : String(error) },
      },
    };
  }
}

function isAnswer(value: unknown): value is Answer {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'ok') === 'boolean'
  );
}

/** Sends a token to the server, which answers with a redirection that sets the cookie. */
async function isAdmitted(origin: string, token: string): Promise<boolean> {
  const address = `${origin}/?token=${encodeURIComponent(token)}`;
  const response = await fetch(address, {
    credentials: 'same-origin',
    redirect: 'manual',
    cache: 'no-store',
  }).catch(() => null);
  return response?.type === 'opaqueredirect';
}

/**
 * Returns whether the server refuses this browser. A browser does not say why a WebSocket failed,
 * so this requests the page.
 */
async function isRefused(origin: string): Promise<boolean> {
  const response = await fetch(`${origin}/`, {
    method: 'HEAD',
    credentials: 'same-origin',
    cache: 'no-store',
  }).catch(() => null);
  return response?.status === 401;
}

interface RetriedStream extends ReturnType<Bridge['stream']> {
  /** Connects at once instead of waiting for the next attempt. */
  retry(): void;
}

const openStream = (
  at: Place,
  ...[onAnswer, onState]: Parameters<Bridge['stream']>
): RetriedStream => {
  const url = `${at.protocol === 'https:' ? 'wss' : 'ws'}://${at.host}/stream`;
  let socket: WebSocket | null = null;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let closed = false;
  let notified: 'open' | 'lost' | 'refused' | null = null;
  const notify = (state: 'open' | 'lost' | 'refused'): void => {
    notified = state;
    onState(state);
  };

  const connect = (): void => {
    timer = null;
    const mine = new WebSocket(url);
    mine.binaryType = 'arraybuffer';
    socket = mine;
    mine.onopen = () => {
      failures = 0;
      notify('open');
    };
    mine.onmessage = ({ data }: MessageEvent<unknown>) => {
      // Both sides have the same version: this server served this script.
      if (data instanceof ArrayBuffer) onAnswer(decode(new Uint8Array(data)) as StreamAnswer);
    };
    mine.onclose = () => {
      if (socket !== mine || closed) return;
      socket = null;
      // A refused connection stays refused until a request shows otherwise.
      if (notified !== 'refused') notify('lost');
      void isRefused(at.origin).then((refused) => {
        if (socket === mine || socket?.readyState === WebSocket.OPEN || closed) return;
        if (refused !== (notified === 'refused')) notify(refused ? 'refused' : 'lost');
      });
      timer = setTimeout(connect, pauses[Math.min(failures++, pauses.length - 1)]);
    };
  };
  /** Skips the remaining pause once the network is back or a link was accepted. */
  const retry = (): void => {
    if (timer === null) return;
    clearTimeout(timer);
    connect();
  };

  connect();
  globalThis.addEventListener('online', retry);
  return {
    retry,
    send(request) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(encode(request));
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      globalThis.removeEventListener('online', retry);
      socket?.close();
    },
  };
};
