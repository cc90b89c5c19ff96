/** Progress of `galapagos node`: sentences for people, or one JSON object on each line. */
import { createLogUpdate } from 'log-update';
import type { NodeOutput } from '../../protocol/cli-output-lab.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { count } from './format.ts';

type Untimed<Event> = Event extends unknown ? Omit<Event, 'at'> : never;
export type NodeEvent = Untimed<NodeOutput>;

const FREE = 'Nothing limits the use of this machine now.';

export type NodeDisplay = (event: NodeEvent) => void;

/** Milliseconds between two lines of progress without a terminal. */
const PROGRESS_EVERY_MS = 10_000;

/**
 * Shows progress in place in a terminal, otherwise every ten seconds where it has changed. Leaves
 * out an event whose sentence repeats the last one.
 */
export function createNodeDisplay(context: Context, json: boolean): NodeDisplay {
  const { stdout } = context.streams;
  const live = !json && stdout.isTTY === true ? createLogUpdate(stdout) : null;
  let last = '';
  // Of a machine that nothing limits there is nothing to say.
  let lastUse = FREE;
  let progress = '';
  let shownMs = -Infinity;
  return (event) => {
    if (event.event === 'progress') {
      const sentence = sentenceOf(event);
      if (live !== null) {
        live(sentence);
        return;
      }
      const now = performance.now();
      const facts = `${event.done} ${event.running}`;
      if (facts === progress || (!json && now - shownMs < PROGRESS_EVERY_MS)) return;
      progress = facts;
      shownMs = now;
    }
    if (json) {
      printJson(context, { ...event, at: new Date().toISOString() } satisfies NodeOutput);
      return;
    }
    const sentence = sentenceOf(event);
    const isUse = event.event === 'courtesy';
    if (sentence === (isUse ? lastUse : last)) return;
    if (isUse) lastUse = sentence;
    else last = sentence;
    live?.clear();
    print(context, [sentence]);
  };
}

function sentenceOf(event: NodeEvent): string {
  switch (event.event) {
    case 'joined':
      return `${event.name} belongs to the lab ${JSON.stringify(event.lab)} on ${event.host}. It offers ${offer(event.slots)}.`;
    case 'connected':
      return `Connected to ${event.host}. Workers start when a study runs there; press Ctrl-C to leave.`;
    case 'disconnected':
      return event.reason === 'shutdown'
        ? 'The host has closed the lab. Waiting for it to come back …'
        : 'The connection to the host is lost; running trials go on. Connecting again …';
    case 'refused':
      return `The host refuses this machine (${event.detail}). Trying again …`;
    case 'workers':
      return event.running === 0
        ? 'No worker runs: the lab has no work for this machine now.'
        : `${event.running} of ${event.slots} workers run.`;
    case 'progress':
      return [
        `${count(event.running, 'trial')} running`,
        ...(event.waiting === 0 ? [] : [`${event.waiting} waiting`]),
        `${event.done} done`,
        event.rttMs === null ? 'not connected' : `round trip ${event.rttMs.toFixed(1)} ms`,
      ].join(' · ');
    case 'courtesy':
      return useOf(event);
    case 'draining':
      return `Finishing running trials for at most ${event.graceMs / 1000} s; press Ctrl-C again to leave at once.`;
    case 'left':
      return event.detail === null ? LEFT[event.reason] : `Left the lab: ${event.detail}.`;
    case 'digits':
      return `Does ${event.host} show ${event.digits.slice(0, 3)} ${event.digits.slice(3)}?`;
    case 'waiting':
      return `Now say yes on ${event.host}.`;
    case 'notAdmitted':
      return `Not admitted (${event.reason}).`;
    case 'note':
      return `Note: ${event.text}`;
    default:
      return event satisfies never;
  }
}

/** Returns whether this machine works for the lab now, and if not, why. */
function useOf({ limits, held, hoursFrom }: Extract<NodeEvent, { event: 'courtesy' }>): string {
  if (limits.paused) return 'Paused: this machine takes no trials.';
  if (hoursFrom !== null) {
    const begin = new Date(hoursFrom).toTimeString().slice(0, 5);
    return `Outside the hours of use: takes trials again at ${begin}.`;
  }
  switch (held?.reason) {
    case undefined:
      return FREE;
    case 'input':
      return 'This machine is in use: workers wait until five minutes without input.';
    case 'load':
      return 'Other programs use this machine: their devices’ workers wait.';
    case 'unknown':
      return `Workers wait: whether this machine is in use is unknown (${String(held.data['why'])}).`;
  }
}

const LEFT: Readonly<Record<Extract<NodeEvent, { event: 'left' }>['reason'], string>> = {
  left: 'Left the lab. galapagos node takes part again.',
  removed:
    'The lab has removed this machine. To take part again, ask for an invitation there (galapagos invite).',
  refused:
    'The lab does not know this machine: it was removed there. Ask for an invitation (galapagos invite).',
  replaced: 'Another process with this machine’s key has joined the lab; this one ends.',
  version: 'The lab speaks another version of the protocol.',
};

function offer(slots: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const slot of slots) {
    const device = slot.split('/').slice(1, -1).join('/');
    counts.set(device, (counts.get(device) ?? 0) + 1);
  }
  return [...counts]
    .map(([device, count]) => `${count} ${count === 1 ? 'worker' : 'workers'} on ${device}`)
    .join(', ');
}
