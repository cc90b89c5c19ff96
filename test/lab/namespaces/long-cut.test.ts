/**
 * A link that is cut until its node is lost. Only in `npm run test:slow`, because it waits so long.
 */
import { describe, expect, it } from 'vitest';
import { endedOn, inLab, join, nodeIs, startedOn } from '../../support/lab-faults.ts';

/** More trials than the test finishes. */
const endless = { trials: 10_000, durationMs: 300 };

describe('Shared lab: a cut of more than two minutes', () => {
  it(
    'drops what the node held, ends no trial twice, and uses the node again',
    inLab(3, async (lab) => {
      const host = await lab.startHost(endless, 0);
      const [, first] = await join(lab, 'h2');
      await host.until(startedOn(first));
      const [, second] = await join(lab, 'h3');
      await host.until(endedOn(second));
      const from = host.events.length;
      await lab.bed.cut('h2');
      await host.until(nodeIs('not heard of for two minutes'), from);
      const gone = host.events.length;
      await lab.bed.mend('h2');
      await host.until(endedOn(first), gone);
      await host.process.signal('SIGINT');
      await host.process.ended;
      const { states, succeeded } = lab.ends();
      expect([...succeeded.values()].filter((count) => count > 1)).toEqual([]);
      expect(states['failed'] ?? 0).toBe(0);
    }),
  );
});
