/** State of a node in words, for `galapagos nodes`: the sentences of the window. */
import { deviceName } from '../../core/device.ts';
import { hoursText } from '../../node/courtesy/hours.ts';
import type { NodesOutput } from '../../protocol/cli-output-lab.ts';
import { count, duration } from './format.ts';

type Node = NodesOutput['nodes'][number];
type Dataset = Node['datasets'][number];
type Limits = NonNullable<Node['limits']>;
type Facts = Readonly<Record<string, unknown>>;

export interface NodeState {
  readonly words: string;
  /** Consequence of the state, as a sentence without a full stop; null: none. */
  readonly more: string | null;
}

/** Reason of a node whose state a process of another release has written. */
export const OTHER_RELEASE = 'otherRelease';

/** @param now milliseconds since 1970 */
export function nodeState(node: Node, now: number): NodeState {
  const { presence, wished } = node;
  if (node.refusals.some(({ reason }) => reason === OTHER_RELEASE)) return just('Unknown');
  if (presence === null) return just(wished === 'open' ? 'No lab is shared now' : toBe(wished));
  if (node.refusals.some(({ reason }) => reason === 'version')) return just('Another version');
  switch (presence) {
    case 'absent':
      return just(absentWords(node));
    case 'away':
      return awayState(node, now);
    case 'present':
      return presentState(node, now);
    default:
      return presence satisfies never;
  }
}

function absentWords({ mode, left, since, wished }: Node): string {
  if (mode === 'drained') return 'Drained';
  const asked = wished === 'open' ? '' : `, ${toBe(wished).toLowerCase()}`;
  if (left === 'owner' || left === 'shutdown' || left === 'drained') return `Left${asked}`;
  if (since === null) return `Not connected yet${asked}`;
  const gone = left === 'sleep' ? 'Asleep' : 'Gone';
  return `${gone} since ${clock(Date.parse(since))}${asked}`;
}

function awayState({ since, running }: Node, now: number): NodeState {
  const silence = duration(since === null ? 0 : now - Date.parse(since));
  return {
    words: `Not heard of for ${silence}`,
    more:
      running === null || running === 0
        ? null
        : `its ${running === 1 ? 'trial runs' : `${running} trials run`} elsewhere too; what it finishes still counts`,
  };
}

function presentState(node: Node, now: number): NodeState {
  const { mode, modeBy, hoursFrom } = node;
  const from = hoursFrom === null ? 0 : Date.parse(hoursFrom);
  if (from > now) return just(`Off until ${clock(from)}`);
  const owned = (words: string): string => (modeBy === 'owner' ? `${words} (by its owner)` : words);
  switch (mode) {
    case 'paused':
      return just(modeBy === 'owner' ? 'Paused by its owner' : 'Paused here');
    case 'draining':
      return just(owned(drainingWords(node.running ?? 0)));
    case 'drained':
      return just(owned('Drained'));
    case 'open':
    case null:
      return just(openWords(node, now));
    default:
      return mode satisfies never;
  }
}

function drainingWords(running: number): string {
  return running === 0
    ? 'Takes no more trials'
    : `Finishes ${count(running, 'trial')}, takes no more`;
}

function openWords({ refusals, slots, waiting, held, busy, datasets }: Node, now: number): string {
  const quarantined = refusals.find(({ reason }) => reason === 'quarantined');
  if (quarantined !== undefined)
    return `Quarantined, tried again in ${duration(Number(quarantined.data['untilMs'] ?? now) - now)}`;
  if (slots.length > 0 && waiting === slots.length) {
    const why = held === null ? null : heldWords(held.reason, held.data, now);
    return why === null ? 'In use: waits' : `In use (${why}): waits`;
  }
  if (busy !== null && busy > 0) return `${busy} of ${slots.length} at work`;
  const moving = datasets.find(({ state }) => state === 'fetching' || state === 'checking');
  return moving === undefined ? 'Ready' : transferWords(moving);
}

function heldWords(reason: string, data: Facts, now: number): string | null {
  if (reason === 'input' && typeof data['at'] === 'number')
    return `input ${duration(now - data['at'])} ago`;
  if (reason === 'load' && typeof data['load'] === 'number')
    return `other programs use ${Math.round(data['load'])} %`;
  return typeof data['why'] === 'string' ? data['why'] : null;
}

/** `Fetching cifar-10, 43 %, from DESK and 2 others`. */
function transferWords({ name, state, bytes, of, from }: Dataset): string {
  if (state === 'checking') return `Checking ${name}`;
  const [first, ...others] = from;
  const more = others.length === 0 ? '' : ` and ${count(others.length, 'other')}`;
  return [
    `Fetching ${name}`,
    ...(of === 0 ? [] : [`${Math.floor((100 * bytes) / of)} %`]),
    ...(first === undefined ? [] : [`from ${first}${more}`]),
  ].join(', ');
}

/** `cifar-10: complete`. */
export function transferText(dataset: Dataset): string {
  const { name, state, error } = dataset;
  if (state === 'fetching' || state === 'checking') return transferWords(dataset);
  return `${name}: ${error ?? STATES[state]}`;
}

const STATES: Readonly<Record<Exclude<Dataset['state'], 'fetching' | 'checking'>, string>> = {
  waiting: 'waits',
  had: 'complete',
  paused: 'paused',
  failed: 'failed',
  evicted: 'removed to free space',
};

/** `only CPU, 18-8, only while not in use`. */
export function limitsText({ devices, hours, whenIdle }: Limits): string {
  const said = [
    ...(devices === null ? [] : [`only ${devices.map(deviceName).join(', ')}`]),
    ...(hours === null ? [] : [hoursText(hours)]),
    ...(whenIdle ? ['only while not in use'] : []),
  ];
  return said.length === 0 ? 'none' : said.join(', ');
}

function just(words: string): NodeState {
  return { words, more: null };
}

function toBe(wished: Exclude<Node['wished'], 'open'>): string {
  return wished === 'paused' ? 'To be paused' : 'To be drained';
}

/** Local time of day, `14:02`. */
function clock(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 'HH:MM'.length);
}
