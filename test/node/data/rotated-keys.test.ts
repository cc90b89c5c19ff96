/** Tests the datasets of a node whose key changes while it runs. */
import { afterEach, expect, it } from 'vitest';
import { NodeData } from '../../../src/node/data/node-data.ts';
import { connectPeer } from '../../../src/transport/nodes/peer-source.ts';
import { newKeys } from '../../support/shared-lab.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const READER = 'nreader2345';
const TREE = 'ab'.repeat(32);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

it('serves a reader that knows the new key of the node', async () => {
  const folder = temporaryFolder();
  closing.push(() => folder.remove());
  const [former, rotated, reader] = [newKeys(), newKeys(), newKeys()];
  const data = new NodeData({
    node: 'nsource2345',
    keys: former,
    host: 'DESK',
    folders: {
      incoming: folder.file('incoming'),
      contents: () => [],
      fetched: () => [],
      folderOf: () => null,
      finish: () => Promise.resolve(),
      remove: () => Promise.resolve(),
      disk: () => Promise.resolve({ free: 0, total: 0 }),
    },
    serves: true,
    addresses: () => ['127.0.0.1'],
    report: () => undefined,
    sendData: () => Promise.reject(new Error('there is no host')),
    warn: () => undefined,
  });
  await data.open();
  closing.push(() => data.close());
  const port = data.serves?.port ?? 0;
  const peer = { node: READER, name: 'PIXEL', key: reader.publicKey, port: 1, addresses: [] };
  data.introduce({ type: 'introduce', tree: TREE, peer, as: 'reader', validMs: 60_000 });
  data.useKeys(rotated);
  const addresses = [{ host: '127.0.0.1', port }];
  const source = connectPeer({ key: rotated.publicKey, addresses }, READER, reader);
  closing.push(() => source.close());
  await new Promise<void>((resolve) => source.onReady(resolve));
  const answer = await source.ask({ type: 'have', tree: TREE });
  expect(answer.head.type).toBe('none');
});
