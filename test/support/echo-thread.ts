/** A thread that answers, counts, fails, crashes, exits or blocks on request. */
import { threadId } from 'node:worker_threads';
import { serveRequests } from '../../src/runtime/serve-requests.ts';

export type EchoRequest =
  | { readonly do: 'echo'; readonly value: unknown; readonly turns?: number }
  /** Counts from 0, one number a turn, until the request is withdrawn or `to` is reached. */
  | { readonly do: 'count'; readonly to: number }
  /** The number that the last withdrawn `count` reached; null: none was withdrawn. */
  | { readonly do: 'reached' }
  | { readonly do: 'throw' | 'crash' | 'exit' | 'block' | 'threadId' };

let reached: number | null = null;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

serveRequests(async (request: EchoRequest, reply): Promise<unknown> => {
  switch (request.do) {
    case 'echo':
      for (let i = 0; i < (request.turns ?? 0); i++) await turn();
      return request.value;
    case 'count':
      for (let n = 0; n < request.to; n++) {
        reply.post(n);
        await turn();
        if (!reply.unwanted) continue;
        reached = n;
        return 'withdrawn';
      }
      return 'all';
    case 'reached':
      return reached;
    case 'threadId':
      return threadId;
    case 'throw':
      throw new Error('as requested');
    case 'crash':
      setImmediate(() => {
        throw new Error('crashed');
      });
      return new Promise(() => undefined);
    case 'exit':
      return process.exit(0);
    case 'block':
      for (;;);
    default:
      return request satisfies never;
  }
});
