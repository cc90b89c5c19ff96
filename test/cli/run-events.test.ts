/** Tests the sentences with which a run reports what happens to the machines of its lab. */
import { describe, expect, it } from 'vitest';
import { labEventOf } from '../../src/cli/run/run-events.ts';
import type { LabChange } from '../../src/core/scheduling/index.ts';

const PIXEL = 'nabcdefghij';
const node = { node: PIXEL };
const said = (change: LabChange): unknown =>
  labEventOf(change, 1_000, () => ({ name: 'PIXEL', workers: 3 }));
const gone = (reason: string): LabChange => ({
  kind: 'nodePresence',
  ...node,
  presence: 'absent',
  reason,
});

describe('Run: events of machines', () => {
  it.each<[string, LabChange]>([
    [
      'PIXEL is connected with 3 workers',
      { kind: 'nodePresence', ...node, presence: 'present', reason: null },
    ],
    [
      'PIXEL is not heard of; its trials run elsewhere too, and what it finishes still counts',
      { kind: 'nodePresence', ...node, presence: 'away', reason: null },
    ],
    ['PIXEL has left: not heard of for two minutes', gone('silent')],
    ['PIXEL has left: it sleeps', gone('sleep')],
    ['PIXEL has left: by its owner', gone('owner')],
    ['PIXEL has left: its process ended', gone('shutdown')],
    ['PIXEL has left: drained', gone('drained')],
    ['PIXEL has left: removed from the lab', gone('removed')],
    ['PIXEL has left: it was started again', gone('replaced')],
    ['PIXEL is paused', { kind: 'nodeMode', ...node, mode: 'paused', by: 'user' }],
    ['PIXEL is paused (by its owner)', { kind: 'nodeMode', ...node, mode: 'paused', by: 'owner' }],
    [
      'PIXEL finishes its running trials and takes no more (by its owner)',
      { kind: 'nodeMode', ...node, mode: 'draining', by: 'owner' },
    ],
    ['PIXEL is drained', { kind: 'nodeMode', ...node, mode: 'drained', by: 'user' }],
    ['PIXEL takes trials again', { kind: 'nodeMode', ...node, mode: 'open', by: 'owner' }],
    ['PIXEL waits because it is in use', { kind: 'nodeHeld', ...node, held: [`${PIXEL}/cpu/0`] }],
    ['PIXEL works again', { kind: 'nodeHeld', ...node, held: [] }],
    [
      'PIXEL is quarantined: trial 3: crash after 5 ms (out of memory)',
      {
        kind: 'nodeQuarantined',
        ...node,
        reason: 'trial 3: crash after 5 ms (out of memory)',
        untilMs: 61_000,
      },
    ],
    ['PIXEL is tried again after its quarantine', { kind: 'nodeReleased', ...node }],
  ])('says “%s”', (text, change) => {
    expect(said(change)).toEqual({ type: 'node', node: PIXEL, name: 'PIXEL', text });
  });

  it('says why a worker was lost, and why nothing can be written', () => {
    const slot = `${PIXEL}/cpu/0`;
    expect(said({ kind: 'slotLost', slot, reason: 'SIGKILL' })).toEqual({
      type: 'workerLost',
      slot,
      reason: 'SIGKILL',
    });
    expect(said({ kind: 'storageStalled', error: 'the disk is full' })).toEqual({
      type: 'storageStalled',
      error: 'the disk is full',
    });
  });
});
