/** Tests the sentences about a machine of the lab, without a window. */
import { describe, expect, it } from 'vitest';
import type { NodeRow } from '../../src/protocol/window/nodes.ts';
import { clockTime } from '../../src/renderer/format.ts';
import {
  nodeNotes,
  nodeState,
  packageNotes,
  refusedLately,
} from '../../src/renderer/words/node-words.ts';
import { nodeRow, nodeSlot } from '../support/window-examples.ts';

const NOW = 1_800_000_000_000;
/** Thin space between a number and its unit. */
const THIN = '\u202f';
const held = [nodeSlot('npixel/cpu/0', { state: 'held' })];
const busy = [1, 2].map((trial) => nodeSlot(`npixel/cpu/${trial}`, { trial }));
const dataset = { name: 'digits', bytes: 1, of: 2, from: [], error: null };

describe('Words: state of a machine', () => {
  it.each<[string, Partial<NodeRow>]>([
    [`Asleep since ${clockTime(NOW)}`, { presence: 'absent', since: NOW, left: 'sleep' }],
    ['Not heard of for 12 s.', { presence: 'away', since: NOW - 12_000 }],
    [
      'Not heard of for 12 s. Its 2 trials run elsewhere too; what it finishes still counts.',
      { presence: 'away', since: NOW - 12_000, slots: busy },
    ],
    [
      'In use (input 3 s ago): waits',
      { slots: held, held: { reason: 'input', data: { at: NOW - 3_000 } } },
    ],
    [
      'In use (other programs use 40 %): waits',
      { slots: held, held: { reason: 'load', data: { load: 40 } } },
    ],
    [
      'In use (no source answers): waits',
      { slots: held, held: { reason: 'unknown', data: { why: 'no source answers' } } },
    ],
    ['Checking digits', { datasets: [{ ...dataset, state: 'checking' }] }],
    ['Takes no more trials', { mode: 'draining', by: 'user' }],
    [
      'Finishes 2 trials, takes no more (by its owner)',
      { mode: 'draining', by: 'owner', slots: busy },
    ],
    ['Drained (by its owner)', { mode: 'drained', by: 'owner' }],
    [
      'Failed 3 trials that succeeded elsewhere: out of memory. Tried again in 0:48',
      {
        refusals: [
          {
            reason: 'quarantined',
            data: { trials: 3, detail: 'out of memory', untilMs: NOW + 48_000 },
          },
        ],
      },
    ],
    [
      'PIXEL speaks protocol 4, this lab 1–3: update Galapagos on this machine',
      {
        refusals: [
          { reason: 'version', data: { node: { low: 4, high: 4 }, lab: { low: 1, high: 3 } } },
        ],
      },
    ],
  ])('is “%s”', (sentence, given) => {
    expect(nodeState(nodeRow(given), NOW).words.replaceAll(THIN, ' ')).toBe(sentence);
  });
});

describe('Words: why a machine does not work', () => {
  it.each<[string, Partial<NodeRow>]>([
    [
      'Its devices are of another model than the study’s',
      { refusals: [{ reason: 'model', data: {} }] },
    ],
    [
      'Paused: it sent messages that are not valid, several times. Resume tries again',
      { refusals: [{ reason: 'badMessages', data: { text: 'bad' } }] },
    ],
    [
      'Lacks digits: its file is damaged',
      {
        refusals: [{ reason: 'lacks', data: { dataset: 'digits', error: 'its file is damaged' } }],
      },
    ],
    [
      'Lacks digits: the chunk 3 is damaged',
      { datasets: [{ ...dataset, state: 'failed', error: 'the chunk 3 is damaged' }] },
    ],
  ])('is “%s”', (sentence, given) => {
    expect(nodeNotes(nodeRow(given))).toEqual([sentence]);
  });
});

describe('Words: packages of a machine', () => {
  const notes = (...differences: NodeRow['packages'][number]['differences']): readonly string[] =>
    packageNotes(nodeRow({ packages: [{ study: 'mine', differences }] }));

  it('name what differs from the host, and are absent where nothing does', () => {
    expect(packageNotes(nodeRow())).toEqual([]);
    expect(
      notes(
        { name: 'Python', there: '3.11.2', here: '3.12.1' },
        { name: 'numpy', there: null, here: '2.0' },
        { name: 'own', there: null, here: '' },
        { name: 'pandas', there: '2.2', here: null },
        { name: 'bare', there: '', here: null },
      ),
    ).toEqual([
      'Other packages for mine, so results may differ: Python 3.11.2 (host 3.12.1), numpy missing (host 2.0), own missing, pandas 2.2 (missing on the host), bare (missing on the host)',
    ]);
  });

  it('are six at most, and the number of the others', () => {
    const many = Array.from({ length: 9 }, (_, i) => ({ name: `p${i}`, there: '1', here: '2' }));
    expect(notes(...many)[0]).toMatch(/ p5 1 \(host 2\), 3 more$/);
  });
});

describe('Words: refused machines', () => {
  const refusal = { reason: 'unknownKey', times: 1, at: NOW - 1_000 };

  it('are counted by address within a minute', () => {
    const refused = [
      { ...refusal, address: '10.0.0.7', times: 40 },
      { ...refusal, address: '10.0.0.8' },
      { ...refusal, address: '10.0.0.7', reason: 'refused' },
      { ...refusal, address: '10.0.0.9', at: NOW - 61_000 },
    ];
    expect(refusedLately(refused, NOW)).toEqual([
      'An unknown machine (10.0.0.7) was refused 41 times in the last minute',
      'An unknown machine (10.0.0.8) was refused in the last minute',
    ]);
  });

  it('are summed where their addresses are too many to list', () => {
    expect(refusedLately([{ ...refusal, address: '*', times: 900 }], NOW)).toEqual([
      'Unknown machines of many addresses were refused 900 times in the last minute',
    ]);
  });
});
