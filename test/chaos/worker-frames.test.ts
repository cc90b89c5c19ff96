/**
 * Tests malformed frames from a worker that has the run's token: each is refused on its own, and
 * the coordinator continues to receive others.
 */
import { Dealer } from 'zeromq';
import type { Push } from 'zeromq';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import { chosenVersion } from '../../src/protocol/worker-messages.ts';
import type { FromWorker, ResultMessage } from '../../src/protocol/worker-messages.ts';
import { MalformedMessage } from '../../src/protocol/message-line.ts';
import { encodeMessage, parseFromWorker, parseResult } from '../../src/protocol/worker-wire.ts';
import { SHORT_CHARACTERS } from '../../src/transport/long-lines.ts';
import { PushSocket } from '../../src/transport/push-socket.ts';
import { clientKeys, connectOptions } from '../../src/transport/sockets.ts';
import type { Malformed } from '../../src/transport/transport.ts';
import { ZeromqCoordinator } from '../../src/transport/zeromq.ts';
import { size } from '../support/effort.ts';
import { Inbox } from '../support/inbox.ts';
import { spoilsOf } from '../support/spoils.ts';
import { control, hello, report, result } from '../support/worker-message-examples.ts';

const FRAMES = size(300, 1000);
/** Longest wait, in milliseconds: a hang. */
const HANG = 100_000;
const random = new Stream(1, { purpose: PURPOSE.simulation });
const below = (n: number): number => random.below(n);

const spoils = spoilsOf(below);

/** Returns whether this text is still a message of its sender: few spoils leave one. */
function isMessage(
  frame: string | Buffer,
  parse: (text: string) => FromWorker | ResultMessage,
): boolean {
  try {
    const message = parse(frame.toString());
    if (message.type === 'result' || message.type === 'report') return true;
    if (message.slot !== hello.slot || message.incarnation !== hello.incarnation) return false;
    return message.type !== 'hello' || chosenVersion(message.v) !== null;
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessage);
    return false;
  }
}

describe('Chaos: worker frames', { timeout: 2 * HANG }, () => {
  const peer = { slot: hello.slot, incarnation: hello.incarnation };
  let coordinator: ZeromqCoordinator;
  let sockets: { readonly control: Dealer; readonly results: Push };
  let heard: Inbox<FromWorker | ResultMessage>;
  let malformed: Inbox<Malformed>;

  beforeEach(async () => {
    coordinator = await ZeromqCoordinator.bind();
    [heard, malformed] = [new Inbox(), new Inbox()];
    const options = { ...connectOptions, ...clientKeys(coordinator.token) };
    sockets = {
      control: new Dealer({ ...options, routingId: `${peer.slot}#${peer.incarnation}` }),
      results: new PushSocket(options),
    };
    sockets.control.connect(coordinator.controlEndpoint);
    sockets.results.connect(coordinator.resultsEndpoint);
  });
  afterEach(async () => {
    sockets.control.close();
    sockets.results.close();
    await coordinator.close();
  });

  it(`refuses each of ${String(FRAMES)} malformed messages alone, and handles the valid one after them`, async () => {
    coordinator.onMessage(heard.put, malformed.put);
    const channels = [
      { socket: sockets.control, messages: control, parse: parseFromWorker },
      { socket: sockets.results, messages: [result, report], parse: parseResult },
    ] as const;
    let [sound, refused] = [0, 0];
    for (let i = 0; i < FRAMES; i++) {
      const { socket, messages, parse } = channels[i % 2 === 0 ? 0 : 1];
      const message = messages[below(messages.length)] ?? hello;
      const frame = (spoils[Math.floor(i / 2) % spoils.length] ?? String)(encodeMessage(message));
      if (isMessage(frame, parse)) sound += 1;
      else refused += 1;
      await socket.send(frame);
    }
    expect(refused).toBeGreaterThan(FRAMES * 0.8);
    await malformed.count(refused, HANG);
    await sockets.control.send(encodeMessage({ ...hello, helloNo: 77 }));
    await sockets.results.send(encodeMessage(report));
    await heard.count(sound + 2, HANG);
    expect(heard.all).toContainEqual({ ...hello, helloNo: 77 });
    expect(malformed.all.every(({ error }) => error.length < 500)).toBe(true);
  });

  describe('Chaos: lines longer than the event loop may parse', () => {
    const reports = Array.from({ length: 20_000 }, (_, step) => ({
      step,
      value: step / 7,
      metrics: { loss: 1 / (step + 1) },
    }));
    const long = { ...result, result: { ...result.result, reports } };

    /** Lengths of the texts that this thread parsed as JSON while `work` ran. */
    async function parsedHere(work: () => Promise<void>): Promise<number> {
      const parse = vi.spyOn(JSON, 'parse');
      try {
        await work();
        return Math.max(0, ...parse.mock.calls.map(([text]) => text.length));
      } finally {
        parse.mockRestore();
      }
    }

    it('are parsed in a thread, and received in their order', async () => {
      coordinator.onMessage(heard.put, malformed.put);
      const text = encodeMessage(long);
      expect(text.length).toBeGreaterThan(1024 * 1024);
      const longest = await parsedHere(async () => {
        for (const frame of [encodeMessage(report), text, encodeMessage(result)])
          await sockets.results.send(frame);
        await heard.count(3, HANG);
      });
      expect(heard.all).toEqual([report, long, result]);
      expect([longest > 0, longest <= SHORT_CHARACTERS]).toEqual([true, true]);
    });

    it('are refused there with the reason and the sender, and the next one is handled', async () => {
      coordinator.onMessage(heard.put, malformed.put);
      const spoiled = encodeMessage(long).replace('"value":0,', '"value":null,');
      const objects = `{"type":"result","x":[${'{},'.repeat(700_000)}{}]}`;
      const beats = `{"type":"beat","n":[${'{},'.repeat(100_000)}{}]}`;
      const longest = await parsedHere(async () => {
        for (const frame of [spoiled, objects, spoiled.slice(0, -1)])
          await sockets.results.send(frame);
        await malformed.count(3, HANG);
        await sockets.control.send(beats);
        await malformed.count(4, HANG);
        await sockets.results.send(encodeMessage(report));
        await heard.count(1, HANG);
      });
      expect(malformed.all).toMatchObject([
        { peer, error: expect.stringContaining('result.reports.0.value') as string },
        { peer: null, error: expect.stringContaining('result: ') as string },
        { peer: null, error: expect.stringContaining('not JSON') as string },
        { peer, error: expect.stringContaining('beat: ') as string },
      ]);
      expect(longest).toBeLessThanOrEqual(SHORT_CHARACTERS);
    });

    it('do not keep a coordinator from closing', async () => {
      coordinator.onMessage(heard.put, malformed.put);
      await sockets.results.send(encodeMessage(long));
      await coordinator.close();
    });
  });

  it('yields to the event loop while it refuses a run of messages', async () => {
    const LINES = 20_000;
    let [turns, turnsAtFirst, lines, running] = [0, -1, 0, true];
    const turn = (): void => {
      turns += 1;
      if (running) setImmediate(turn);
    };
    const all = new Promise<void>((done) => {
      coordinator.onMessage(
        () => undefined,
        () => {
          if (turnsAtFirst === -1) turnsAtFirst = turns;
          lines += 1;
          if (lines === LINES) done();
        },
      );
    });
    setImmediate(turn);
    await sockets.control.send(
      Array.from({ length: LINES }, (_, i) => `{"type":"beat","n":${String(i)}}`).join('\n'),
    );
    await all;
    running = false;
    expect(turns - turnsAtFirst).toBeGreaterThan(2);
  });
});
