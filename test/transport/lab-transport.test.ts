import { afterEach, describe } from 'vitest';
import { InProcessCoordinator } from '../../src/transport/in-process.ts';
import { LabTransport } from '../../src/transport/lab-transport.ts';
import { ZeromqCoordinator, ZeromqWorker } from '../../src/transport/zeromq.ts';
import { transportContract } from '../contracts/transport.contract.ts';
import { rawWorker } from '../support/raw-worker.ts';
import { SharedLab } from '../support/shared-lab.ts';

const NODE = 'nabcdefghij';

transportContract('of a lab, workers of this process', () => {
  const local = new InProcessCoordinator();
  return Promise.resolve({
    coordinator: new LabTransport(local),
    connect: (peer) => local.connect(peer),
    connectRaw: (peer) => {
      const worker = local.connect(peer);
      worker.joinSession('in-process:tasks:raw');
      return {
        control: (line) => worker.sendControlLine(line),
        result: (line) => worker.sendResultLine(line),
        close: () => worker.vanish(),
      };
    },
  });
});

/** While a lab is shared, the access control of the process decides on local sockets too. */
transportContract('of a shared lab, workers on loopback', async () => {
  const local = await ZeromqCoordinator.bind();
  const lab = new SharedLab(local);
  await lab.share();
  const { controlEndpoint, token } = local;
  return {
    coordinator: lab.transport,
    connect: (peer) => new ZeromqWorker({ controlEndpoint, token, ...peer }),
    connectRaw: (peer) => rawWorker(local, peer, token),
  };
});

describe('Transport of a shared lab, workers behind a door', () => {
  const labs: SharedLab[] = [];
  afterEach(async () => {
    for (const lab of labs.splice(0)) await lab.close();
  });

  transportContract(
    'of a shared lab, workers of a node',
    async () => {
      // Three malformed messages within a minute would end the link.
      let ms = 0;
      const now = (): number => (ms += 60_000);
      const lab = new SharedLab(new InProcessCoordinator(), { now, after: () => () => undefined });
      labs.push(lab);
      await lab.share(NODE);
      const node = await lab.linked(NODE);
      return {
        coordinator: lab.transport,
        connect: (peer) => node.connect(peer),
        connectRaw: (peer) => ({
          control: (line) => node.end.sendWorkerControl(peer, line),
          result: (line) => node.end.sendWorkerResult(peer, line),
          close: () => undefined,
        }),
      };
    },
    NODE,
  );
});
