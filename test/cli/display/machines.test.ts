import { describe, expect, it } from 'vitest';
import { LinesDisplay } from '../../../src/cli/display/lines.ts';
import type { RunEvent } from '../../../src/cli/display/run-display.ts';

const PIXEL = 'nabcdefghij';
const VALUE = { metric: 'accuracy', split: 'validation' } as const;

function ended(trial: number, slot: string): RunEvent {
  return {
    type: 'trialEnded',
    trial,
    attempt: 1,
    slot,
    state: 'complete',
    outcome: 'succeeded',
    value: 1,
    params: {},
    origin: { operator: 'random', parents: [], generation: 1 },
    isBest: false,
    ms: 100,
    error: null,
    metrics: {},
  };
}

/** Lines of a run on one worker of this machine and on two of another. */
function lines(...more: readonly RunEvent[]): string[] {
  const written: string[] = [];
  const display = new LinesDisplay((line) => written.push(line), VALUE);
  display.start({
    study: 'sphere',
    resumed: false,
    trials: 9,
    workers: 1,
    direction: 'minimize',
    parameterNames: [],
    notes: [],
    lab: 'lab.db',
  });
  display.tick(0);
  display.event({ type: 'node', node: PIXEL, name: 'PIXEL', text: 'PIXEL is connected' });
  for (const slot of ['local/cpu/0', `${PIXEL}/cpu/0`, `${PIXEL}/cpu/1`])
    display.event({ type: 'workerReady', slot, device: 'cpu' });
  for (const event of more) display.event(event);
  display.tick(10_000);
  return written;
}

describe('Run: machines of the lab', () => {
  it('names the other machine of a trial, and none for its own', () => {
    const written = lines(ended(0, 'local/cpu/0'), ended(1, `${PIXEL}/cpu/1`));
    expect(written.find((line) => line.startsWith('trial 0'))).not.toContain(' on ');
    expect(written.find((line) => line.startsWith('trial 1'))).toMatch(/ {2}on PIXEL$/);
  });

  it('counts the workers of all machines, without those that are lost', () => {
    expect(lines().at(-1)).toContain('0 of 3 workers busy');
    const lost = (place: number, reason: string): RunEvent => ({
      type: 'workerLost',
      slot: `${PIXEL}/cpu/${place}`,
      reason,
    });
    const written = lines(lost(0, 'silent'), lost(1, 'nodeLost'));
    expect(written.at(-1)).toContain('0 of 1 worker busy');
    expect(written).toContain('worker PIXEL/cpu/0 lost: silent');
    // The line about the machine that has left says it.
    expect(written.filter((line) => line.includes('lost'))).toHaveLength(1);
  });
});
