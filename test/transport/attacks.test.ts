import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import { encodeNodeMessage } from '../../src/protocol/node-wire.ts';
import { InProcessCoordinator } from '../../src/transport/in-process.ts';
import { size } from '../support/effort.ts';
import {
  CHANNELS,
  CONNECTING_MS,
  idle,
  lastMessage,
  longFrame,
  manyFrames,
  slowHandshakes,
  spoiledMessages,
  strangerBytes,
} from '../support/lab-attacks.ts';
import type { Target } from '../support/lab-attacks.ts';
import type { TestNode } from '../support/node-worker.ts';
import { SharedLab, newKeys } from '../support/shared-lab.ts';

const [HONEST, BAD] = ['nhhhhhhhhhh', 'nbbbbbbbbbb'] as const;
const MESSAGES = size(150, 10_000);
/** Milliseconds in which the last of them arrives; a busy machine reads the others before it. */
const ARRIVAL_MS = 5 * 60_000;
const LAST_DATA = Buffer.from(lastMessage.data);
const random = new Stream(7, { purpose: PURPOSE.simulation });
const below = (n: number): number => random.below(n);

let lab: SharedLab;
let honest: TestNode;
let ms = 0;
beforeEach(async () => {
  // Every message is parsed: three malformed ones within a minute would end the link.
  ms = 0;
  const now = (): number => (ms += 60_000);
  lab = new SharedLab(new InProcessCoordinator(), { now, after: () => () => undefined });
  await lab.share(HONEST, BAD);
  honest = await lab.node(HONEST);
  await honest.is('connected');
});
afterEach(() => lab.close());

const stranger = (): Target => ({ ...admitted(), keys: newKeys() });
const admitted = (): Target => ({
  port: lab.sharing.port,
  hostKey: lab.keys.publicKey,
  node: BAD,
  keys: lab.keysOf(BAD),
});

/** Sends a message both ways; the honest node's link has never been renewed. */
async function stillServed(): Promise<void> {
  const [up, down] = [lab.messages.all.length, honest.messages.all.length];
  honest.end.send({ type: 'pulse', n: 1, silent: [], held: [], rttMs: null, offsetMs: null });
  await lab.messages.first(({ node }) => node === HONEST, up);
  lab.transport.nodes.send(HONEST, { type: 'hostPulse', n: 1, at: 1 });
  await honest.messages.count(down + 1);
  expect(honest.states.all.map(({ is }) => is)).toStrictEqual(['connecting', 'connected']);
}

/** Of one address, the first refusal is reported; the others wait for their minute. */
async function reportedOnce(...reasons: string[]): Promise<void> {
  await lab.refusals.count(1);
  expect(reasons).toContain(lab.refusals.all[0]?.reason);
  expect(lab.refusals.all).toHaveLength(1);
}

describe('Attacks: strangers', () => {
  it('240 idle connections are refused with one report, and nodes are served', async () => {
    const end = idle(stranger(), 240);
    await stillServed();
    await reportedOnce('tooMany', 'silent');
    await stillServed();
    end();
  });

  it('slow handshakes end with one report, and nodes are served', async () => {
    const end = slowHandshakes(stranger(), 40);
    await stillServed();
    await reportedOnce('handshake');
    end();
  });

  it.each([...CHANNELS.map((channel) => `${BAD}/${channel}`), `${BAD}/tasks/1`])(
    `${MESSAGES} spoiled handshakes on %s deliver nothing, and nodes are served`,
    async (channel) => {
      if (channel.includes('tasks')) await lab.transport.nodes.openLink(BAD);
      await strangerBytes(stranger(), channel, MESSAGES, below);
      await stillServed();
      expect(lab.messages.all.every(({ node }) => node === HONEST)).toBe(true);
      expect(lab.malformed.all).toHaveLength(0);
      await reportedOnce('handshake', 'tooMany');
    },
  );

  it(`${MESSAGES} pairing conversations of any bytes end, and nodes are served`, async () => {
    await strangerBytes(stranger(), 'pair', MESSAGES, below);
    await stillServed();
  });
});

describe('Attacks: an admitted node', () => {
  it.each(CHANNELS)(
    `${MESSAGES} spoiled messages on %s are refused one by one, and other nodes are served`,
    async (channel) => {
      const arrived = (): Promise<unknown> =>
        channel === 'data'
          ? lab.data.first(({ frames }) => frames[1]?.equals(LAST_DATA) === true, 0, ARRIVAL_MS)
          : lab.messages.first(
              ({ message }) => encodeNodeMessage(message) === lastMessage[channel],
              0,
              ARRIVAL_MS,
            );
      const sent = await spoiledMessages(
        admitted(),
        channel,
        MESSAGES,
        below,
        CONNECTING_MS,
        arrived,
      );
      expect(sent).toBe(MESSAGES);
      await stillServed();
      expect(lab.malformed.all.length).toBeGreaterThan(MESSAGES / 50);
      expect(lab.malformed.all.every(({ node }) => node === BAD)).toBe(true);
    },
  );

  it.each(CHANNELS)(
    'a frame over the limit on %s ends its connection, and other nodes are served',
    async (channel) => {
      await longFrame(admitted(), channel);
      await stillServed();
      expect(lab.messages.all.every(({ node }) => node === HONEST)).toBe(true);
    },
  );

  it('a message of many frames ends its connection at 64 MiB, and other nodes are served', async () => {
    await manyFrames(admitted(), 'results', 10_000, 8_192);
    await lab.refusals.count(1);
    expect(lab.refusals.all).toMatchObject([{ reason: 'flood', channel: `${BAD}/results` }]);
    await stillServed();
  });

  it('a message of many short frames ends its connection before it is read', async () => {
    await manyFrames(admitted(), 'results', 100_000, 1);
    await lab.refusals.count(1);
    expect(lab.refusals.all).toMatchObject([{ reason: 'flood', channel: `${BAD}/results` }]);
    await stillServed();
    expect(lab.malformed.all).toHaveLength(0);
  });
});
