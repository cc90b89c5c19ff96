/**
 * The thread of a door, so that transfers and the program's event loop do not hold each other up.
 * Uses no ZeroMQ. Entry of a worker thread: other files import its types only.
 */
import { parentPort } from 'node:worker_threads';
import { END_THREAD } from '../../runtime/start-thread.ts';
import { systemTimer } from '../../runtime/timer.ts';
import { DoorServer } from './door-server.ts';
import { doorLimits } from './limits.ts';
import { RefusalReports } from './refusals.ts';
import type { Refusal } from './refusals.ts';
import type { SocketLines } from './socket-lines.ts';

export type ToDoor =
  | { readonly do: 'listen'; readonly port: number; readonly host: string | null }
  | { readonly do: 'route'; readonly channel: string; readonly port: number }
  | { readonly do: 'unroute'; readonly channel: string }
  | {
      readonly do: 'taken';
      readonly channel: string;
      readonly bytes: number;
      readonly frames: number;
    }
  | { readonly do: 'disconnect' | 'destroy'; readonly node: string }
  | { readonly do: 'sendLine'; readonly id: number; readonly line: string }
  | { readonly do: 'endLines'; readonly id: number };

export type FromDoor =
  | { readonly is: 'listening'; readonly port: number }
  | { readonly is: 'failed'; readonly code: string; readonly message: string }
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | { readonly is: 'pair'; readonly id: number; readonly address: string }
  | { readonly is: 'line'; readonly id: number; readonly line: string }
  | { readonly is: 'linesEnded'; readonly id: number };

/** Every address of this machine, of both families; the second where a machine has no IPv6. */
const EVERYWHERE = ['::', '0.0.0.0'] as const;

const port = parentPort;
if (port === null) throw new Error('a door runs in a thread only');
const say = (message: FromDoor): void => port.postMessage(message);

const conversations = new Map<number, SocketLines>();
let nextId = 0;

const reports = new RefusalReports((refusal) => say({ is: 'refused', refusal }), systemTimer);
const server = new DoorServer({
  limits: doorLimits,
  timer: systemTimer,
  refused: (address, reason, channel) => reports.refused(address, reason, channel),
  pair(lines) {
    const id = nextId++;
    conversations.set(id, lines);
    say({ is: 'pair', id, address: lines.address });
    lines.onLine((line) => say({ is: 'line', id, line }));
    lines.onEnd(() => {
      conversations.delete(id);
      say({ is: 'linesEnded', id });
    });
  },
});

async function listen(wanted: number, host: string | null): Promise<void> {
  const hosts = host === null ? EVERYWHERE : [host];
  for (const [i, address] of hosts.entries()) {
    try {
      say({ is: 'listening', port: await server.listen(wanted, address) });
      return;
    } catch (error) {
      const code = codeOf(error);
      const hasNoSuchFamily = code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL';
      if (hasNoSuchFamily && i + 1 < hosts.length) continue;
      say({ is: 'failed', code, message: error instanceof Error ? error.message : String(error) });
      return;
    }
  }
}

function codeOf(error: unknown): string {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isCoded ? (error.code as string) : '';
}

port.on('message', (message: ToDoor | typeof END_THREAD) => {
  if (message === END_THREAD) {
    server.close();
    reports.close();
    port.close();
    return;
  }
  switch (message.do) {
    case 'listen':
      void listen(message.port, message.host);
      return;
    case 'route':
      server.route(message.channel, message.port);
      return;
    case 'unroute':
      server.unroute(message.channel);
      return;
    case 'taken':
      server.taken(message.channel, message.bytes, message.frames);
      return;
    case 'disconnect':
      server.disconnect(message.node);
      return;
    case 'destroy':
      server.destroy(message.node);
      return;
    case 'sendLine':
      conversations.get(message.id)?.send(message.line);
      return;
    case 'endLines':
      conversations.get(message.id)?.end();
      return;
    default:
      message satisfies never;
  }
});
