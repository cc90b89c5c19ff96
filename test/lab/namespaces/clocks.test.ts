/**
 * The built command on several hosts whose wall clocks are set or that sleep while a study runs. No
 * decision depends on a wall clock.
 */
import { describe, expect, it } from 'vitest';
import { endedOn, inLab, join, startedOn } from '../../support/lab-faults.ts';
import type { EventCommand, LabCommands } from '../../support/lab-commands.ts';
import { setClock } from '../../support/set-clock.ts';

/** More trials than a test finishes. */
const endless = { trials: 10_000, durationMs: 300 };
const HOUR_MS = 3_600_000;

/** Waits until the host shows the clock of its node in this range, in ms ahead of its own. */
async function offsetWithin(lab: LabCommands, from: number, to: number): Promise<void> {
  for (;;) {
    const { stdout } = await lab.galapagos('h1', ['nodes', 'list', '--json']).ended;
    const { nodes } = JSON.parse(stdout) as { nodes: { offsetMs: number | null }[] };
    const offset = nodes[0]?.offsetMs ?? null;
    if (offset !== null && offset > from && offset < to) return;
  }
}

/** Ends the host, and checks that no attempt was lost and every trial ended once. */
async function ended(lab: LabCommands, host: EventCommand): Promise<void> {
  await host.process.signal('SIGINT');
  expect((await host.process.ended).stdout).toContain('"lostAttempts":0');
  expect([...lab.ends().succeeded.values()].filter((count) => count > 1)).toEqual([]);
}

describe.concurrent('Shared lab: clocks', () => {
  it(
    'shows that the clock of a node is set, and decides nothing by it',
    inLab(2, async (lab) => {
      const clock = setClock(lab.folder, 'node');
      const host = await lab.startHost(endless, 0);
      const [, id] = await join(lab, 'h2', clock.env);
      await host.until(startedOn(id));
      for (const ahead of [HOUR_MS, -HOUR_MS]) {
        clock.set(ahead);
        await offsetWithin(lab, ahead - HOUR_MS / 2, ahead + HOUR_MS / 2);
        await host.until(endedOn(id), host.events.length);
      }
      await ended(lab, host);
    }),
  );

  it(
    'loses nothing when the clock of the host is set forward and back',
    inLab(2, async (lab) => {
      const clock = setClock(lab.folder, 'host');
      const host = await lab.startHost(endless, 0, [], { env: clock.env });
      const [, id] = await join(lab, 'h2');
      await host.until(startedOn(id));
      for (const ahead of [HOUR_MS, -HOUR_MS]) {
        clock.set(ahead);
        await offsetWithin(lab, -ahead - HOUR_MS / 2, -ahead + HOUR_MS / 2);
        await host.until(endedOn(id), host.events.length);
      }
      await ended(lab, host);
    }),
  );

  it(
    'loses nothing when the host sleeps for an hour, which its monotonic clock does not count',
    inLab(2, async (lab) => {
      const clock = setClock(lab.folder, 'host');
      const host = await lab.startHost(endless, 0, [], { env: clock.env });
      const [node, id] = await join(lab, 'h2');
      await host.until(endedOn(id));
      await lab.bed.signal('h1', 'SIGSTOP');
      clock.set(HOUR_MS);
      await node.until(({ event }) => event === 'disconnected');
      await lab.bed.signal('h1', 'SIGCONT');
      await host.until(endedOn(id), host.events.length);
      await ended(lab, host);
    }),
  );
});
