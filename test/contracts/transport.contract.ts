/** Contract of every transport. Each implementation runs this suite. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { THIS_NODE } from '../../src/core/device.ts';
import { MAX_MESSAGE_BYTES, PROTOCOL } from '../../src/protocol/worker-messages.ts';
import type {
  FromWorker,
  ResultMessage,
  StudyMessage,
  TaskMessage,
  ToWorker,
} from '../../src/protocol/worker-messages.ts';
import { encodeMessage } from '../../src/protocol/worker-wire.ts';
import { MessageTooLong } from '../../src/transport/lines.ts';
import type {
  CoordinatorTransport,
  Malformed,
  Peer,
  WorkerTransport,
} from '../../src/transport/transport.ts';
import { Inbox } from '../support/inbox.ts';
import { beat, cohort, hello, result, study } from '../support/worker-message-examples.ts';

export interface TransportHarness {
  readonly coordinator: CoordinatorTransport;
  connect(peer: Peer): WorkerTransport;
  /** A connected peer that sends any text. */
  connectRaw(peer: Peer): {
    control(line: string): void;
    result(line: string): void;
    close(): void;
  };
}

const size = (message: StudyMessage): number => Buffer.byteLength(encodeMessage(message));

/** @param node to which the workers belong */
export function transportContract(
  name: string,
  make: () => Promise<TransportHarness>,
  node = THIS_NODE,
): void {
  const peers = ['a', 'b', 'c'].map((device) => ({
    slot: `${node}/${device}/0`,
    incarnation: '1.1',
  }));
  const [a, b] = peers as [Peer, Peer, Peer];

  describe(`Transport ${name}`, () => {
    let harness: TransportHarness;
    let coordinator: CoordinatorTransport;
    const closing: (() => Promise<void> | void)[] = [];
    const up = {
      messages: new Inbox<FromWorker | ResultMessage>(),
      malformed: new Inbox<Malformed>(),
    };

    beforeEach(async () => {
      Object.assign(up, { messages: new Inbox(), malformed: new Inbox() });
      harness = await make();
      coordinator = harness.coordinator;
      coordinator.onMessage(up.messages.put, up.malformed.put);
    });
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
      await coordinator.close();
    });

    interface Worker {
      readonly peer: Peer;
      readonly transport: WorkerTransport;
      readonly control: Inbox<ToWorker>;
      readonly tasks: Inbox<TaskMessage>;
    }

    /** A worker from which the coordinator has received a message, so that it can be answered. */
    async function connected(peer: Peer): Promise<Worker> {
      const transport = harness.connect(peer);
      closing.push(() => transport.close());
      const worker = {
        peer,
        transport,
        control: new Inbox<ToWorker>(),
        tasks: new Inbox<TaskMessage>(),
      };
      transport.onMessage(worker.control.put, worker.tasks.put, (error) => {
        throw new Error(error);
      });
      const from = up.messages.all.length;
      transport.sendControl({ ...hello, ...peer, holding: [] });
      await up.messages.first(
        (message) =>
          message.type === 'hello' &&
          message.slot === peer.slot &&
          message.incarnation === peer.incarnation,
        from,
      );
      return worker;
    }

    async function joined(worker: Worker, session: string): Promise<void> {
      worker.transport.joinSession(
        await coordinator.openTasks(session, worker.peer),
        coordinator.resultsEndpoint,
      );
    }

    const numbered = (message: FromWorker | ResultMessage): number =>
      message.type === 'beat'
        ? message.n
        : message.type === 'result'
          ? message.attempt.attemptNumber
          : 0;

    it('delivers the control messages of each worker in order', async () => {
      const workers = await Promise.all(peers.map(connected));
      for (let n = 1; n <= 500; n++)
        workers.forEach(({ transport }, i) => transport.sendControl({ ...beat, ...peers[i], n }));
      await up.messages.count(3 + 1500);
      for (const { slot } of peers) {
        const order = up.messages.all
          .filter((message) => message.slot === slot && message.type === 'beat')
          .map(numbered);
        expect(order).toStrictEqual(Array.from({ length: 500 }, (_, i) => i + 1));
      }
    });

    it('delivers the results of each worker in order', async () => {
      const workers = await Promise.all(peers.map(connected));
      await Promise.all(workers.map((worker, i) => joined(worker, `1.${i}`)));
      for (let attemptNumber = 1; attemptNumber <= 3000; attemptNumber++)
        workers.forEach(({ transport }, i) =>
          transport.sendResult({
            ...result,
            ...peers[i],
            attempt: { ...result.attempt, attemptNumber },
          }),
        );
      await up.messages.count(3 + 9000);
      for (const { slot } of peers) {
        const order = up.messages.all
          .filter((message) => message.slot === slot && message.type === 'result')
          .map(numbered);
        expect(order).toStrictEqual(Array.from({ length: 3000 }, (_, i) => i + 1));
      }
    });

    it('delivers orders to their worker, in order', async () => {
      const workers = await Promise.all(peers.map(connected));
      for (let n = 1; n <= 500; n++)
        for (const peer of peers)
          coordinator.sendControl(peer, { type: 'heard', session: peer.slot, n });
      for (const [i, { control }] of workers.entries()) {
        const heard = await control.count(500);
        expect(heard).toStrictEqual(
          Array.from({ length: 500 }, (_, n) => ({
            type: 'heard',
            session: peers[i]?.slot,
            n: n + 1,
          })),
        );
      }
    });

    it('keeps tasks for a session until its worker joins, and delivers them in order', async () => {
      const worker = await connected(a);
      const endpoint = await coordinator.openTasks('1.1', a);
      coordinator.sendTask('1.1', study);
      for (let taskSeq = 1; taskSeq <= 1000; taskSeq++)
        coordinator.sendTask('1.1', { ...cohort, session: '1.1', taskSeq });
      worker.transport.joinSession(endpoint, coordinator.resultsEndpoint);
      for (let taskSeq = 1001; taskSeq <= 2000; taskSeq++)
        coordinator.sendTask('1.1', { ...cohort, session: '1.1', taskSeq });
      const [first, ...rest] = await worker.tasks.count(2001);
      expect(first).toStrictEqual(study);
      expect(rest.map((task) => task.type === 'cohort' && task.taskSeq)).toStrictEqual(
        Array.from({ length: 2000 }, (_, i) => i + 1),
      );
    });

    it('delivers a session’s tasks only to its worker', async () => {
      const workers = [await connected(a), await connected(b)] as const;
      await joined(workers[0], '1.1');
      await joined(workers[1], '1.2');
      for (let taskSeq = 1; taskSeq <= 10; taskSeq++)
        coordinator.sendTask('1.2', { ...cohort, session: '1.2', taskSeq });
      coordinator.sendTask('1.1', { ...cohort, session: '1.1', taskSeq: 1 });
      await workers[1].tasks.count(10);
      await workers[0].tasks.count(1);
      expect(workers[0].tasks.all).toHaveLength(1);
    });

    it('drops messages to a session that is closed or was never opened', async () => {
      const worker = await connected(a);
      await joined(worker, '1.1');
      coordinator.closeTasks('1.1');
      coordinator.closeTasks('9.9');
      coordinator.sendTask('1.1', { ...cohort, taskSeq: 1 });
      coordinator.sendTask('9.9', { ...cohort, taskSeq: 2 });
      await joined(worker, '1.2');
      coordinator.sendTask('1.2', { ...cohort, taskSeq: 3 });
      expect(await worker.tasks.count(1)).toMatchObject([{ taskSeq: 3 }]);
    });

    it('drops control messages to a peer that never connected or has left, and still serves the others', async () => {
      const [gone, stays] = [await connected(a), await connected(b)];
      await gone.transport.close();
      for (let n = 1; n <= 100; n++) {
        coordinator.sendControl(
          { slot: `${node}/nobody/0`, incarnation: '1.1' },
          { type: 'heard', session: '1.1', n },
        );
        coordinator.sendControl(a, { type: 'heard', session: '1.1', n });
        coordinator.sendControl(b, { type: 'heard', session: '1.1', n });
      }
      expect(await stays.control.count(100)).toHaveLength(100);
      expect(gone.control.all).toHaveLength(0);
    });

    it('recognises a peer that reconnects under its name, and its next incarnation', async () => {
      const before = await connected(a);
      await before.transport.close();
      for (const peer of [a, { ...a, incarnation: '1.2' }]) {
        const again = await connected(peer);
        coordinator.sendControl(peer, { type: 'heard', session: '1.1', n: 1 });
        await again.control.count(1);
      }
    });

    it('reports messages that no schema accepts, with their sender, and continues', async () => {
      const raw = harness.connectRaw(a);
      closing.push(() => raw.close());
      raw.control('{"type":"hello"}');
      raw.control('not JSON');
      raw.control(encodeMessage({ ...beat, ...b }));
      raw.control(encodeMessage({ ...beat, ...a }));
      await up.messages.count(1);
      expect(up.malformed.all.map(({ peer }) => peer)).toStrictEqual([a, a, a]);
      const errors = up.malformed.all.map(({ error }) => error);
      expect(errors.slice(0, 2).join('\n')).toMatch(/^hello: .*\nnot JSON/);
      expect(errors[2]).toBe(`beat: from ${a.slot}#1.1, but it names ${b.slot}#1.1`);

      raw.result(JSON.stringify({ type: 'result', ...b }));
      raw.result('{}');
      raw.result(encodeMessage({ ...result, ...a }));
      await up.messages.count(2);
      expect(up.malformed.all.slice(3).map(({ peer }) => peer)).toStrictEqual([b, null]);
    });

    it('answers a hello of an unsupported version with both ranges, and delivers nothing of it', async () => {
      const worker = harness.connect(a);
      closing.push(() => worker.close());
      const control = new Inbox<ToWorker>();
      worker.onMessage(
        control.put,
        () => undefined,
        () => undefined,
      );
      worker.sendControl({ ...hello, ...a, v: { low: 7, high: 8 } });
      expect(await control.count(1)).toMatchObject([
        {
          type: 'goodbye',
          reason: 'version',
          text: expect.stringMatching(
            new RegExp(`versions ${PROTOCOL.low} to ${PROTOCOL.high},.*versions 7 to 8`),
          ) as string,
        },
      ]);
      expect(up.messages.all).toHaveLength(0);
      expect(up.malformed.all).toMatchObject([{ peer: a }]);
    });

    it('accepts messages up to the limit and refuses to send longer ones', async () => {
      const worker = await connected(a);
      await joined(worker, '1.1');
      const filled = (bytes: number): StudyMessage => {
        const empty = { ...study, objective: { kind: 'synthetic', text: '' } };
        return {
          ...empty,
          objective: {
            ...empty.objective,
            text: 'é'.repeat(Math.floor((bytes - size(empty)) / 2)),
          },
        };
      };
      const greatest = filled(MAX_MESSAGE_BYTES);
      expect(size(greatest)).toBeGreaterThan(MAX_MESSAGE_BYTES - 2);
      coordinator.sendTask('1.1', greatest);
      expect(await worker.tasks.count(1)).toStrictEqual([greatest]);
      expect(() => coordinator.sendTask('1.1', filled(MAX_MESSAGE_BYTES + 4))).toThrow(
        MessageTooLong,
      );
    });

    it('delivers messages that a worker sent before it closed', async () => {
      const worker = await connected(a);
      await joined(worker, '1.1');
      worker.transport.sendResult({ ...result, ...a });
      await up.messages.count(2);
      for (let n = 1; n <= 100; n++) {
        worker.transport.sendControl({ ...beat, ...a, n });
        worker.transport.sendResult({ ...result, ...a });
      }
      await worker.transport.close();
      await up.messages.count(2 + 200);
    });

    it('delivers messages sent before closing, and none after', async () => {
      const worker = await connected(a);
      const goodbye = {
        type: 'goodbye',
        session: '1.1',
        reason: 'shutdown',
        // Several frames together; a busy machine sends them in the time that closing allows.
        text: 'x'.repeat(1_000),
      } as const;
      for (let i = 0; i < 300; i++) coordinator.sendControl(a, goodbye);
      const before = performance.now();
      await coordinator.close();
      expect(performance.now() - before).toBeLessThan(1000);
      coordinator.sendControl(a, { type: 'heard', session: '1.1', n: 1 });
      coordinator.sendTask('1.1', study);
      await worker.control.count(300);
      await worker.transport.close();
      worker.transport.sendControl(beat);
      worker.transport.sendResult(result);
      expect(worker.control.all).toHaveLength(300);
    });
  });
}
