/**
 * A link on which nothing but heartbeats is sent. Only in `npm run test:slow`, because it waits so
 * long.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { builtWithWindow } from '../../support/built-command.ts';
import { inLab } from '../../support/lab-faults.ts';
import { EventCommand } from '../../support/lab-commands.ts';

/** Several periods of the heartbeats of idle channels, in milliseconds. */
const QUIET_MS = 100_000;

describe('Shared lab: a quiet link', () => {
  it(
    'lasts while no study runs',
    inLab(2, async (lab) => {
      await builtWithWindow();
      const serve = ['serve', '--port', '0', '--share', '--workers', '0', '--lab', lab.file];
      const host = new EventCommand((line) => lab.galapagos('h1', [...serve, '--json'], line));
      await host.until(({ event }) => event === 'shared');
      const node = lab.startNode('h2', await lab.invite());
      await node.until(({ event }) => event === 'connected');
      await wait(QUIET_MS);
      expect(node.events.map(({ event }) => event)).not.toContain('disconnected');
    }),
  );
});
