/**
 * The bridge of a browser: calls over `POST /api/<name>`, streams over one WebSocket that comes
 * back by itself, uploads in chunks. The session's cookie says who calls; nothing here knows a
 * token.
 */
import { decode, encode } from '@msgpack/msgpack';
import type { Answer, Bridge, StreamAnswer } from '../../protocol/endpoint.ts';
import { uploadFiles } from './upload.ts';

/** Milliseconds until the next try, by how many have failed; the last goes on. */
const pauses = [250, 500, 1000, 2000, 4000];

/** Where the window was loaded from. */
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
        // The server is another one now: its window comes with it.
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

/** The server answers its link with a redirection that brings the cookie. */
async function isAdmitted(origin: string, token: string): Promise<boolean> {
  const address = `${origin}/?token=${encodeURIComponent(token)}`;
  const response = await fetch(address, {
    credentials: 'same-origin',
    redirect: 'manual',
    cache: 'no-store',
  }).catch(() => null);
  return response?.type === 'opaqueredirect';
}

/** A browser does not tell why a stream could not be opened: the page itself is asked for. */
async function isRefused(origin: string): Promise<boolean> {
  const response = await fetch(`${origin}/`, {
    method: 'HEAD',
    credentials: 'same-origin',
    cache: 'no-store',
  }).catch(() => null);
  return response?.status === 401;
}

interface RetriedStream extends ReturnType<Bridge['stream']> {
  /** Connects now where it would wait. */
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
  let told: 'open' | 'lost' | 'refused' | null = null;
  const tell = (state: 'open' | 'lost' | 'refused'): void => {
    told = state;
    onState(state);
  };

  const connect = (): void => {
    timer = null;
    const mine = new WebSocket(url);
    mine.binaryType = 'arraybuffer';
    socket = mine;
    mine.onopen = () => {
      failures = 0;
      tell('open');
    };
    mine.onmessage = ({ data }: MessageEvent<unknown>) => {
      // The server speaks the same version: it served this script.
      if (data instanceof ArrayBuffer) onAnswer(decode(new Uint8Array(data)) as StreamAnswer);
    };
    mine.onclose = () => {
      if (socket !== mine || closed) return;
      socket = null;
      // One that is refused stays so until it is known to be otherwise.
      if (told !== 'refused') tell('lost');
      void isRefused(at.origin).then((refused) => {
        if (socket === mine || socket?.readyState === WebSocket.OPEN || closed) return;
        if (refused !== (told === 'refused')) tell(refused ? 'refused' : 'lost');
      });
      timer = setTimeout(connect, pauses[Math.min(failures++, pauses.length - 1)]);
    };
  };
  /** A network that is back, or a link that was accepted, is not waited for. */
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
