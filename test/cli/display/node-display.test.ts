/** Tests the sentences of `galapagos node` about the lab and about the use of this machine. */
import { describe, expect, it } from 'vitest';
import { createNodeDisplay } from '../../../src/cli/display/node-display.ts';
import type { NodeEvent } from '../../../src/cli/display/node-display.ts';
import { nodeOutput } from '../../../src/protocol/cli-output-lab.ts';
import { NO_LIMITS } from '../../../src/protocol/node-messages.ts';
import { cliContext } from '../../support/cli-context.ts';

const left = (reason: Extract<NodeEvent, { event: 'left' }>['reason']): NodeEvent => ({
  event: 'left',
  reason,
  detail: null,
});
const use = (given: Partial<Extract<NodeEvent, { event: 'courtesy' }>>): NodeEvent => ({
  event: 'courtesy',
  owner: NO_LIMITS,
  limits: NO_LIMITS,
  held: null,
  hoursFrom: null,
  idleSource: null,
  idleUnknown: null,
  ...given,
});
const at = (hour: number): number => new Date(2026, 0, 5, hour).getTime();

const sentences: readonly [string, NodeEvent][] = [
  [
    '2 trials running · 1 waiting · 5 done · round trip 1.0 ms',
    { event: 'progress', running: 2, waiting: 1, done: 5, rttMs: 1 },
  ],
  [
    '1 trial running · 0 done · not connected',
    { event: 'progress', running: 1, waiting: 0, done: 0, rttMs: null },
  ],
  [
    'The connection to the host is lost; running trials go on. Connecting again …',
    { event: 'disconnected', reason: 'disconnected' },
  ],
  [
    'The host has closed the lab. Waiting for it to come back …',
    { event: 'disconnected', reason: 'shutdown' },
  ],
  [
    'The host refuses this machine (its key or its channel is not known there). Trying again …',
    { event: 'refused', detail: 'its key or its channel is not known there' },
  ],
  [
    'The lab has removed this machine. To take part again, ask for an invitation there (galapagos invite).',
    left('removed'),
  ],
  [
    'The lab does not know this machine: it was removed there. Ask for an invitation (galapagos invite).',
    left('refused'),
  ],
  ['Another process with this machine’s key has joined the lab; this one ends.', left('replaced')],
  [
    'Left the lab: PIXEL speaks protocol 1, this lab 2–3: update Galapagos on PIXEL.',
    {
      event: 'left',
      reason: 'version',
      detail: 'PIXEL speaks protocol 1, this lab 2–3: update Galapagos on PIXEL',
    },
  ],
  [
    'This machine is in use: workers wait until five minutes without input.',
    use({ held: { reason: 'input', data: { at: 0 } } }),
  ],
  [
    'Other programs use this machine: their devices’ workers wait.',
    use({ held: { reason: 'load', data: { load: 40 } } }),
  ],
  [
    'Workers wait: whether this machine is in use is unknown (no source answers).',
    use({ held: { reason: 'unknown', data: { why: 'no source answers' } } }),
  ],
  ['Outside the hours of use: takes trials again at 18:00.', use({ hoursFrom: at(18) })],
  ['Paused: this machine takes no trials.', use({ limits: { ...NO_LIMITS, paused: true } })],
  ['Does DESK show 257 970?', { event: 'digits', host: 'DESK', digits: '257970' }],
  ['Now say yes on DESK.', { event: 'waiting', host: 'DESK' }],
];

describe('Node: sentences', () => {
  it.each(sentences)('says “%s”', (sentence, event) => {
    const [text, json] = [cliContext('/', {}), cliContext('/', {})];
    createNodeDisplay(text, false)(event);
    expect(text.printed()).toBe(`${sentence}\n`);
    createNodeDisplay(json, true)(event);
    expect(nodeOutput.parse(JSON.parse(json.printed()))).toMatchObject(event);
  });
});
