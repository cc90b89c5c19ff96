/** Tests the data channel between two nodes, through a lobby and a door. */
import { afterEach, describe, expect, it } from 'vitest';
import type { DataRequest } from '../../src/protocol/data-messages.ts';
import type { Refusal } from '../../src/transport/door/refusals.ts';
import { ChannelLost, type DataSource } from '../../src/transport/nodes/data-channel.ts';
import { PeerServer } from '../../src/transport/nodes/peer-server.ts';
import { connectPeer } from '../../src/transport/nodes/peer-source.ts';
import type { KeyPair } from '../../src/transport/keys.ts';
import { newKeys } from '../support/shared-lab.ts';

const READER = 'nreader2345';
const TREE = 'ab'.repeat(32);
const CHUNK = Buffer.alloc(2 ** 20, 7);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface World {
  readonly server: PeerServer;
  readonly reader: KeyPair;
  readonly asked: [string, DataRequest][];
  readonly refusals: Refusal[];
  readonly connect: (keys?: KeyPair, serverKey?: string) => DataSource;
}

async function world(): Promise<World> {
  const [server, reader] = [newKeys(), newKeys()];
  const asked: [string, DataRequest][] = [];
  const refusals: Refusal[] = [];
  const opened = await PeerServer.open({
    port: 0,
    host: '127.0.0.1',
    keys: server,
    serve: (from, request) => {
      asked.push([from, request]);
      const { no } = request.head;
      return Promise.resolve({ head: { type: 'chunk', no, index: 3 }, body: CHUNK });
    },
    refused: (refusal) => refusals.push(refusal),
    broken: (error) => {
      throw error;
    },
  });
  closing.push(() => opened.close());
  return {
    server: opened,
    reader,
    asked,
    refusals,
    connect: (keys = reader, key = server.publicKey) => {
      const addresses = [{ host: '127.0.0.1', port: opened.port }];
      const source = connectPeer({ key, addresses }, READER, keys);
      closing.push(() => source.close());
      return source;
    },
  };
}

/** Asks after the first connection. */
function ask(source: DataSource): ReturnType<DataSource['ask']> {
  return new Promise((resolve, reject) => {
    const stop = source.onReady(() => {
      stop();
      source.ask({ type: 'chunk', tree: TREE, index: 3 }).then(resolve, reject);
    });
  });
}

describe('Data channel between nodes', () => {
  it('carries a whole chunk to a node that was introduced, and names the reader', async () => {
    const { server, reader, asked, connect } = await world();
    await server.admit({ node: READER, key: reader.publicKey }, 60_000);
    const answer = await ask(connect());
    expect(answer.head).toMatchObject({ type: 'chunk', index: 3 });
    expect(CHUNK.equals(answer.body)).toBe(true);
    expect(asked.map(([from]) => from)).toEqual([READER]);
  });

  it('connects a reader that came before it was introduced', async () => {
    const { server, reader, refusals, connect } = await world();
    const answer = ask(connect());
    await expect.poll(() => refusals.map(({ reason }) => reason)).toEqual(['noSuchChannel']);
    await server.admit({ node: READER, key: reader.publicKey }, 60_000);
    expect((await answer).head.type).toBe('chunk');
  });

  it('refuses another key under the name of an introduced node', async () => {
    const { server, reader, asked, refusals, connect } = await world();
    await server.admit({ node: READER, key: reader.publicKey }, 60_000);
    const source = connect(newKeys());
    await expect(source.ask({ type: 'have', tree: TREE })).rejects.toBeInstanceOf(ChannelLost);
    await expect.poll(() => refusals.length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(asked).toEqual([]);
  });

  it('serves introduced readers with another key of the node, and no more with the former', async () => {
    const { server, reader, connect } = await world();
    await server.admit({ node: READER, key: reader.publicKey }, 60_000);
    const former = connect();
    await ask(former);
    const rotated = newKeys();
    await server.useKeys(rotated);
    expect((await ask(connect(reader, rotated.publicKey))).head.type).toBe('chunk');
    await expect(former.ask({ type: 'have', tree: TREE })).rejects.toBeInstanceOf(ChannelLost);
  });

  it('cuts a reader off when its introduction expires', async () => {
    const { server, reader, connect } = await world();
    await server.admit({ node: READER, key: reader.publicKey }, 60_000);
    const source = connect();
    await ask(source);
    await server.admit({ node: READER, key: reader.publicKey }, 1);
    const tried = (): Promise<string> =>
      source.ask({ type: 'have', tree: TREE }).then(
        () => 'answered',
        () => 'lost',
      );
    await expect.poll(tried).toBe('lost');
  });
});
