import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../src/protocol/worker-messages.ts';
import type { FromWorker, ResultMessage } from '../../src/protocol/worker-messages.ts';
import { encodeMessage } from '../../src/protocol/worker-wire.ts';
import { serverKeys } from '../../src/transport/sockets.ts';
import type { Malformed, Peer } from '../../src/transport/transport.ts';
import { ZeromqCoordinator, ZeromqWorker } from '../../src/transport/zeromq.ts';
import { transportContract } from '../contracts/transport.contract.ts';
import { Inbox } from '../support/inbox.ts';
import { rawWorker } from '../support/raw-worker.ts';
import { hello, result } from '../support/worker-message-examples.ts';

transportContract('ZeroMQ', async () => {
  const coordinator = await ZeromqCoordinator.bind();
  const { controlEndpoint, token } = coordinator;
  return {
    coordinator,
    connect: (peer) => new ZeromqWorker({ controlEndpoint, token, ...peer }),
    connectRaw: (peer) => rawWorker(coordinator, peer, token),
  };
});

describe('Transport: ZeroMQ coordinator', () => {
  const peer = { slot: 'local/a/0', incarnation: '1.1' };
  let coordinator: ZeromqCoordinator;
  let messages: Inbox<FromWorker | ResultMessage>;
  let malformed: Inbox<Malformed>;
  const closing: (() => void)[] = [];

  beforeEach(async () => {
    coordinator = await ZeromqCoordinator.bind();
    messages = new Inbox();
    malformed = new Inbox();
    coordinator.onMessage(messages.put, malformed.put);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) close();
    await coordinator.close();
  });
  const connect = (who: Peer, token: string | null) => {
    const sockets = rawWorker(coordinator, who, token);
    closing.push(sockets.close);
    return sockets;
  };

  it('binds the loopback address only', async () => {
    const endpoints = [
      coordinator.controlEndpoint,
      coordinator.resultsEndpoint,
      await coordinator.openTasks('1.1'),
    ];
    for (const endpoint of endpoints) expect(endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
  });

  it("accepts no connection without this run's token", async () => {
    const strangers = [
      connect({ ...peer, incarnation: '1.7' }, null),
      connect({ ...peer, incarnation: '1.8' }, serverKeys().token),
    ];
    for (const stranger of strangers) {
      stranger.control(encodeMessage({ ...hello, ...peer }));
      stranger.result(encodeMessage(result));
    }
    const friend = connect(peer, coordinator.token);
    for (let i = 0; i < 5; i++) {
      // Each round trip gives an unauthenticated peer as much time as an authenticated one needs.
      friend.control(encodeMessage({ ...hello, ...peer, helloNo: i + 1 }));
      friend.result(encodeMessage({ ...result, ...peer }));
      await messages.count(2 * (i + 1));
    }
    expect(
      messages.all.every(
        ({ slot, incarnation: incarnation }) =>
          slot === peer.slot && incarnation === peer.incarnation,
      ),
    ).toBe(true);
    expect(malformed.all).toHaveLength(0);
  });

  it('gives no task to a connection without the token', async () => {
    const thief = new ZeromqWorker({
      controlEndpoint: coordinator.controlEndpoint,
      token: serverKeys().token,
      slot: 'local/t/0',
      incarnation: '1.1',
    });
    closing.push(() => void thief.close());
    const stolen = new Inbox<unknown>();
    thief.onMessage(stolen.put, stolen.put, stolen.put);
    const endpoint = await coordinator.openTasks('1.1');
    thief.joinSession(endpoint, coordinator.resultsEndpoint);
    const owner = new ZeromqWorker({
      controlEndpoint: coordinator.controlEndpoint,
      token: coordinator.token,
      ...peer,
    });
    closing.push(() => void owner.close());
    const tasks = new Inbox<unknown>();
    owner.onMessage(tasks.put, tasks.put, tasks.put);
    for (let i = 0; i < 100; i++)
      coordinator.sendTask('1.1', {
        type: 'study',
        session: '1.1',
        study: 's',
        objective: { kind: 'x' },
        seed: i,
        parameters: [],
      });
    owner.joinSession(endpoint, coordinator.resultsEndpoint);
    await tasks.count(100);
    expect(stolen.all).toHaveLength(0);
  });

  it('identifies a peer by its newest connection while an older one still exists', async () => {
    for (const helloNo of [1, 2]) {
      connect(peer, coordinator.token).control(encodeMessage({ ...hello, ...peer, helloNo }));
      await messages.count(helloNo);
    }
    expect(messages.all).toMatchObject([{ helloNo: 1 }, { helloNo: 2 }]);
  });

  it('closes the connection of a frame beyond the limit and serves the others', async () => {
    const big = connect({ ...peer, incarnation: '1.9' }, coordinator.token);
    big.control(`"${'x'.repeat(MAX_MESSAGE_BYTES + 4096)}"`);
    const friend = connect(peer, coordinator.token);
    friend.control(encodeMessage({ ...hello, ...peer }));
    await messages.count(1);
    expect(malformed.all).toHaveLength(0);
  });

  it('closes with unsent tasks and a session that is still binding, and leaves nothing that keeps a process alive', async () => {
    const script = `
      import { ZeromqCoordinator, ZeromqWorker } from ${JSON.stringify(new URL('../../src/transport/zeromq.ts', import.meta.url).href)};
      const coordinator = await ZeromqCoordinator.bind();
      coordinator.onMessage(() => {}, () => {});
      const worker = new ZeromqWorker({ controlEndpoint: coordinator.controlEndpoint, token: coordinator.token, slot: 'a', incarnation: '1.1' });
      worker.onMessage(() => {}, () => {}, () => {});
      await coordinator.openTasks('1.1');
      coordinator.sendTask('1.1', { type: 'study', session: '1.1', study: 's', objective: { kind: 'x' }, seed: 1, parameters: [] });
      void coordinator.openTasks('1.2');
      worker.joinSession('tcp://127.0.0.1:1', 'tcp://127.0.0.1:1');
      worker.sendResult({ type: 'result', session: '1.1', slot: 'a', incarnation: '1.1', attempt: { study: 's', number: 0, attemptNumber: 1 }, result: { outcome: 'cancelled', ms: 0 } });
      await Promise.all([worker.close(), coordinator.close()]);
      process.stdout.write(String(Date.now()));
    `;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let closedAt = '';
    child.stdout.on('data', (chunk: Buffer) => (closedAt += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(Date.now() - Number(closedAt)).toBeLessThan(1000);
  });
});
