import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { endThread } from '../../src/runtime/start-thread.ts';
import { ThreadRequests } from '../../src/runtime/thread-requests.ts';
import { compiledScript } from '../support/compiled-script.ts';
import type { EchoRequest } from '../support/echo-thread.ts';

const script = compiledScript('echo-thread.ts');
const started: Worker[] = [];

function echo(end: (thread: Worker) => Promise<unknown> = endThread) {
  const start = (): Worker => {
    const thread = new Worker(script);
    started.push(thread);
    return thread;
  };
  return new ThreadRequests<EchoRequest, unknown>({ start, end });
}

const exited = (thread: Worker): Promise<unknown> =>
  new Promise((resolve) => thread.once('exit', resolve));

afterEach(async () => {
  await Promise.all(started.splice(0).map((thread) => thread.terminate()));
});

describe('Requests to a thread: answers', () => {
  it('reach the request with their number, in whatever order the thread finishes', async () => {
    const requests = echo();
    const order: number[] = [];
    const answers = [20, 0, 10].map(async (turns) => {
      const value = await requests.ask({ do: 'echo', value: turns, turns });
      order.push(turns);
      return value;
    });
    expect(await Promise.all(answers)).toEqual([20, 0, 10]);
    expect(order).toEqual([0, 10, 20]);
    expect(started).toHaveLength(1);
    await requests.close(new Error('over'));
  });

  it('are several where the thread sends parts, and the last one ends the request', async () => {
    const requests = echo();
    const parts: unknown[] = [];
    const last = await new Promise((resolve, failed) => {
      requests.stream(
        { do: 'count', to: 4 },
        { part: (part) => parts.push(part), last: resolve, failed },
      );
    });
    expect(parts).toEqual([0, 1, 2, 3]);
    expect(last).toBe('all');
    await requests.close(new Error('over'));
  });

  it('stop after a withdrawal, and the thread learns of the withdrawal', async () => {
    const requests = echo();
    let heard = 0;
    await new Promise<void>((resolve, reject) => {
      const withdraw = requests.stream(
        { do: 'count', to: Infinity },
        {
          part() {
            heard += 1;
            withdraw();
            resolve();
          },
          last: () => reject(new Error('an answer after the withdrawal')),
          failed: reject,
        },
      );
    });
    // Without a withdrawal the thread would count for ever and leave the number null.
    let reached: unknown = null;
    while (reached === null) reached = await requests.ask({ do: 'reached' });
    expect(reached).toBeGreaterThanOrEqual(0);
    expect(heard).toBe(1);
    await requests.close(new Error('over'));
  });

  it('are refused for the one request whose work throws or cannot be posted', async () => {
    const requests = echo();
    const other = requests.ask({ do: 'echo', value: 'other', turns: 5 });
    await expect(requests.ask({ do: 'throw' })).rejects.toThrow('as requested');
    await expect(requests.ask({ do: 'echo', value: () => 1 })).rejects.toThrow('could not be');
    expect(await other).toBe('other');
    expect(started).toHaveLength(1);
    await requests.close(new Error('over'));
  });
});

describe('Requests to a thread: its end', () => {
  it.each([
    ['crash', 'crashed'],
    ['exit', 'the thread ended'],
  ] as const)(
    'by %s fails every outstanding request, and the next request starts a new thread',
    async (act, reason) => {
      const requests = echo();
      const before = await requests.ask({ do: 'threadId' });
      const outstanding = requests.ask({ do: 'count', to: Infinity });
      const [first, second] = await Promise.allSettled([outstanding, requests.ask({ do: act })]);
      expect(first).toMatchObject({ status: 'rejected', reason: { message: reason } });
      expect(second).toMatchObject({ status: 'rejected', reason: { message: reason } });
      expect(await requests.ask({ do: 'echo', value: 'again' })).toBe('again');
      expect(await requests.ask({ do: 'threadId' })).not.toBe(before);
      expect(started).toHaveLength(2);
      await requests.close(new Error('over'));
    },
  );

  it('by a restart fails what is outstanding, also when the thread stands still', async () => {
    const requests = echo((thread) => thread.terminate());
    const stuck = requests.ask({ do: 'block' });
    requests.restart('it stands still');
    await expect(stuck).rejects.toThrow('it stands still');
    expect(await requests.ask({ do: 'echo', value: 1 })).toBe(1);
    await requests.close(new Error('over'));
  });

  it('by close fails outstanding and later requests, and waits for the exit', async () => {
    const requests = echo();
    const outstanding = requests.ask({ do: 'count', to: Infinity });
    const [thread] = started;
    const exit = exited(thread!);
    let isExited = false;
    void exit.then(() => (isExited = true));
    const [asked, closed] = await Promise.allSettled([
      outstanding,
      requests.close(new Error('over')).then(() => isExited),
    ]);
    expect(asked).toMatchObject({ status: 'rejected', reason: { message: 'over' } });
    expect(closed).toEqual({ status: 'fulfilled', value: true });
    await expect(requests.ask({ do: 'echo', value: 1 })).rejects.toThrow('over');
    requests.start();
    expect(started).toHaveLength(1);
  });
});
