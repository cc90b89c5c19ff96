/**
 * The built command on several hosts while nodes, links and the host fail: every trial of the study
 * ends exactly once. The tests of a file run at the same time, because they mostly wait.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WORKER_TITLE, whyNoDelay, whyNoLoss } from '../../support/lab-bed.ts';
import type { EventCommand, LabCommands } from '../../support/lab-commands.ts';
import { endedOn, inLab, join, nodeIs, startedOn } from '../../support/lab-faults.ts';

const TRIALS = 24;
const study = { trials: TRIALS, durationMs: 300 };
const ASLEEP_MS = 10_000;
/** The event of a node whose workers have ended. */
const NO_WORKERS = { event: 'workers', running: 0 };

/** Starts a host without workers, and `h2` as a node that works. */
async function withNode(lab: LabCommands): Promise<[EventCommand, EventCommand, string]> {
  const host = await lab.startHost(study, 0);
  const [node, id] = await join(lab, 'h2');
  await host.until(startedOn(id));
  return [host, node, id];
}

async function finished(lab: LabCommands, host: EventCommand): Promise<void> {
  const end = await host.until(({ event }) => event === 'finished');
  expect(end).toMatchObject({ state: 'finished', complete: TRIALS, failed: 0 });
  expect((await host.process.ended).code).toBe(0);
  const { states, succeeded } = lab.ends();
  expect(states).toEqual({ complete: TRIALS });
  expect([...succeeded.values()]).toEqual(Array.from({ length: TRIALS }, () => 1));
}

describe.concurrent('Shared lab: faults', () => {
  it(
    'evaluates a study on two nodes that join by an invitation while it runs',
    inLab(3, async (lab) => {
      const [host, , first] = await withNode(lab);
      await host.until(endedOn(first));
      // The first node waits, so that trials are left when the second one is ready.
      await lab.bed.signal('h2', 'SIGSTOP');
      const [, second] = await join(lab, 'h3');
      await host.until(startedOn(second));
      await lab.bed.signal('h2', 'SIGCONT');
      await finished(lab, host);
      expect(lab.ends().nodes).toEqual(new Set([first, second]));
    }),
  );

  it(
    'runs the trials of a killed node on another one',
    inLab(3, async (lab) => {
      const [host] = await withNode(lab);
      await lab.bed.signal('h2', 'SIGKILL');
      const [, second] = await join(lab, 'h3');
      await finished(lab, host);
      expect(lab.ends().nodes).toContain(second);
    }),
  );

  it(
    'runs the trial of a worker that was killed on its node again, and tells why',
    inLab(2, async (lab) => {
      const [host, , id] = await withNode(lab);
      await lab.bed.signalMatching('h2', WORKER_TITLE, 'SIGKILL');
      const back = await host.until(({ event }) => event === 'trialBack');
      expect(back).toMatchObject({ outcome: 'lost', slot: `${id}/cpu/0`, detail: 'SIGKILL' });
      await finished(lab, host);
    }),
  );

  it(
    'runs the trial of a worker that stands still again',
    inLab(2, async (lab) => {
      const [host, , id] = await withNode(lab);
      await lab.bed.signalMatching('h2', WORKER_TITLE, 'SIGSTOP');
      const lost = await host.until(({ event, state }) => event === 'worker' && state === 'lost');
      expect(lost).toMatchObject({ slot: `${id}/cpu/0` });
      await finished(lab, host);
    }),
  );

  it(
    'continues with a killed node that starts again',
    inLab(2, async (lab) => {
      const [host, , id] = await withNode(lab);
      await lab.bed.signal('h2', 'SIGKILL');
      const before = host.events.length;
      lab.startNode('h2');
      await host.until(startedOn(id), before);
      await finished(lab, host);
    }),
  );

  it(
    'finishes the running trials of a node that is told to end, and lets it leave',
    inLab(3, async (lab) => {
      const [host, node, id] = await withNode(lab);
      await node.process.signal('SIGTERM');
      expect((await node.process.ended).code).toBe(0);
      await join(lab, 'h3');
      const end = await host.until(({ event }) => event === 'finished');
      expect(end).toMatchObject({ lostAttempts: 0 });
      await finished(lab, host);
      expect(lab.ends().nodes).toContain(id);
    }),
  );

  it(
    'continues on a node whose link was cut until it counted as away',
    inLab(2, async (lab) => {
      const [host, , id] = await withNode(lab);
      const before = host.events.length;
      await lab.bed.cut('h2');
      await host.until(nodeIs('is not heard of'));
      await lab.bed.mend('h2');
      await host.until(endedOn(id), before);
      await finished(lab, host);
    }),
  );

  it(
    'rescues the trials of a stopped node, and uses it again once it continues',
    inLab(3, async (lab) => {
      const [host, , id] = await withNode(lab);
      await lab.bed.signal('h2', 'SIGSTOP');
      await host.until(nodeIs('is not heard of'));
      const [, second] = await join(lab, 'h3');
      await host.until(endedOn(second));
      await lab.bed.signal('h3', 'SIGKILL');
      const before = host.events.length;
      await lab.bed.signal('h2', 'SIGCONT');
      await host.until(startedOn(id), before);
      await finished(lab, host);
    }),
  );

  it(
    'connects nodes to a host that was killed and started again',
    inLab(2, async (lab) => {
      const [host, , id] = await withNode(lab);
      await host.until(endedOn(id));
      await lab.bed.signal('h1', 'SIGKILL');
      await host.process.ended;
      const again = await lab.startHost(study, 0, ['--resume']);
      await again.until(endedOn(id));
      await finished(lab, again);
    }),
  );

  it(
    'evaluates every trial again on another node, although the host is killed and started again',
    inLab(3, async (lab) => {
      const audited = { ...study, audit: 1 };
      const host = await lab.startHost(audited, 0);
      const [, first] = await join(lab, 'h2');
      await host.until(endedOn(first));
      // The first node waits, so that trials are left when the second one is ready.
      await lab.bed.signal('h2', 'SIGSTOP');
      const [, second] = await join(lab, 'h3');
      await host.until(endedOn(second));
      await lab.bed.signal('h1', 'SIGKILL');
      await host.process.ended;
      await lab.bed.signal('h2', 'SIGCONT');
      await finished(lab, await lab.startHost(audited, 0, ['--resume']));
      const { verdicts, due } = lab.audits();
      expect([...verdicts.values()]).toEqual(Array.from({ length: TRIALS }, () => ['same']));
      expect(due).toBe(0);
    }),
  );

  it(
    'loses no attempt while the host does not run for 10 s, and ends no worker of a node',
    inLab(2, async (lab) => {
      const [host, node] = await withNode(lab);
      const from = node.events.length;
      await lab.bed.signal('h1', 'SIGSTOP');
      await wait(ASLEEP_MS);
      const meanwhile = node.events.slice(from);
      await lab.bed.signal('h1', 'SIGCONT');
      const end = await host.until(({ event }) => event === 'finished');
      const lost = host.events.filter(({ event, state }) => event === 'worker' && state === 'lost');
      expect(lost.map(({ at, slot, reason }) => [at, slot, reason].join(' ')).join('\n')).toBe('');
      expect(end).toMatchObject({ lostAttempts: 0 });
      expect(meanwhile).not.toContainEqual(expect.objectContaining(NO_WORKERS));
      await finished(lab, host);
    }),
  );

  it(
    'takes a node back at once whose former connection did not end',
    inLab(
      2,
      async (lab) => {
        const [host, , id] = await withNode(lab);
        await lab.bed.orphan('h2');
        await lab.bed.signal('h2', 'SIGKILL');
        const before = host.events.length;
        const node = lab.startNode('h2');
        await node.until(({ event }) => event === 'connected');
        await host.until(startedOn(id), before);
        await finished(lab, host);
      },
      whyNoLoss,
    ),
  );

  for (const percent of [10, 30])
    it(
      `loses nothing on a link that drops ${percent} % of its packets`,
      inLab(
        2,
        async (lab) => {
          const [host] = await withNode(lab);
          await lab.bed.lose('h2', percent);
          await finished(lab, host);
        },
        whyNoLoss,
      ),
    );

  it(
    'loses nothing on a link that delays packets by 200 ms and reorders them',
    inLab(
      2,
      async (lab) => {
        const host = await lab.startHost(study, 0);
        await lab.bed.delay('h2', 200, 50);
        await join(lab, 'h2');
        await finished(lab, host);
      },
      whyNoDelay,
    ),
  );
});
