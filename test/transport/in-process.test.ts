import { InProcessCoordinator } from '../../src/transport/in-process.ts';
import { transportContract } from '../contracts/transport.contract.ts';

transportContract('in-process', () => {
  const coordinator = new InProcessCoordinator();
  return Promise.resolve({
    coordinator,
    connect: (peer) => coordinator.connect(peer),
    connectRaw: (peer) => {
      const worker = coordinator.connect(peer);
      worker.joinSession('in-process:tasks:raw');
      return {
        control: (line) => worker.sendControlLine(line),
        result: (line) => worker.sendResultLine(line),
        close: () => worker.vanish(),
      };
    },
  });
});
