/** State of a node in words, from its row. Pure. */
import { deviceName } from '../../core/device.ts';
import type { NodeDataset, NodeRow, RefusedRow } from '../../protocol/window/nodes.ts';
import { bytesOf, clockLeft, clockTime, percent, roughly } from '../format.ts';
import { text } from '../text.ts';
import { nodeText } from '../text/nodes.ts';

export interface NodeState {
  readonly words: string;
  /** `good`: it works or could. `waiting`: by a person's wish or for a while. */
  readonly tone: 'good' | 'waiting' | 'trouble' | 'quarantined';
}

type Facts = Readonly<Record<string, unknown>>;

export function nodeState(row: NodeRow, now: number): NodeState {
  const words = nodeText;
  const version = row.refusals.find(({ reason }) => reason === 'version');
  if (version !== undefined)
    return { words: refusalWords(row, version.reason, version.data), tone: 'trouble' };
  if (row.presence === 'absent') return { words: absentWords(row), tone: 'waiting' };
  const trials = trialsOf(row);
  if (row.presence === 'away') {
    const time = roughly(now - (row.since ?? now));
    return { words: words.away({ time, trials }), tone: 'trouble' };
  }
  if (row.hoursFrom !== null && row.hoursFrom > now)
    return { words: words.offUntil({ clock: clockTime(row.hoursFrom) }), tone: 'waiting' };
  switch (row.mode) {
    case 'paused':
      return {
        words: row.by === 'owner' ? words.pausedByOwner : words.pausedHere,
        tone: 'waiting',
      };
    case 'draining':
      return { words: byOwner(row, words.draining({ trials })), tone: 'waiting' };
    case 'drained':
      return { words: byOwner(row, words.drained), tone: 'waiting' };
    case 'open':
      return openState(row, trials, now);
    default:
      return row.mode satisfies never;
  }
}

function openState(row: NodeRow, trials: number, now: number): NodeState {
  const words = nodeText;
  const quarantined = row.refusals.find(({ reason }) => reason === 'quarantined');
  if (quarantined !== undefined) {
    const { data } = quarantined;
    const until = numberOf(data, 'untilMs') ?? now;
    return {
      words: words.quarantined({
        trials: numberOf(data, 'trials'),
        why: wordOf(data, 'detail'),
        left: clockLeft(until - now),
      }),
      tone: 'quarantined',
    };
  }
  const held = row.slots.filter(({ state }) => state === 'held').length;
  if (held > 0 && held === row.slots.length)
    return { words: words.held({ why: heldWords(row, now) }), tone: 'waiting' };
  const fetching = row.datasets.find(({ state }) => state === 'fetching' || state === 'checking');
  if (trials === 0 && fetching !== undefined) return { words: fetchWords(fetching), tone: 'good' };
  const busy = row.slots.filter(({ trial }) => trial !== null).length;
  if (busy > 0) return { words: words.atWork({ busy, of: row.slots.length }), tone: 'good' };
  return { words: words.ready, tone: 'good' };
}

/** Limits of a node's use: `only CPU, 18:00 to 09:00`. */
export function limitsSaid(limits: NodeRow['limits']): string {
  const words = nodeText;
  if (limits === null) return words.noLimits;
  const { devices, hours, whenIdle } = limits;
  const said = [
    ...(devices === null ? [] : [words.onlyDevices({ names: devices.map(deviceName) })]),
    ...(hours === null ? [] : [words.hoursSaid(hours)]),
    ...(whenIdle ? [words.whenIdleShort] : []),
  ];
  return said.length === 0 ? words.noLimits : said.join(', ');
}

/**
 * Sentences that hold beside the state: why it does not work for a study, or a dataset is lacking.
 */
export function nodeNotes(row: NodeRow): readonly string[] {
  const lacking = row.datasets.filter(({ state }) => state === 'paused' || state === 'failed');
  const refusals = row.refusals.filter(
    ({ reason, data }) =>
      reason !== 'version' &&
      reason !== 'quarantined' &&
      !(reason === 'lacks' && lacking.some(({ name }) => name === data['dataset'])),
  );
  return [
    ...refusals.map(({ reason, data }) => refusalWords(row, reason, data)),
    ...lacking.map(({ name, error }) => nodeText.lacks({ name, why: error })),
  ];
}

/** Differences that are listed for a study. */
const MOST_DIFFERENCES = 6;

/** One sentence for each study that finds other packages on the node than on the host. */
export function packageNotes({ packages }: NodeRow): readonly string[] {
  return packages.map(({ study, differences }) => {
    const said = differences.slice(0, MOST_DIFFERENCES).map(differenceWords);
    const number = differences.length - said.length;
    if (number > 0) said.push(nodeText.morePackages({ number }));
    return nodeText.otherPackages({ study, differences: said.join(', ') });
  });
}

type PackageDifference = NodeRow['packages'][number]['differences'][number];

function differenceWords({ name, there, here }: PackageDifference): string {
  if (there === null) return nodeText.packageMissing({ name, here: here ?? '' });
  if (here === null) return nodeText.packageAdded({ name, there });
  return nodeText.packageOther({ name, there, here });
}

function refusalWords(row: NodeRow, reason: string, data: Facts): string {
  const words = nodeText;
  switch (reason) {
    case 'version': {
      const [own, lab] = [versionsOf(data, 'node'), versionsOf(data, 'lab')];
      return words.version({ node: row.name, own, lab, updateHere: lab.high < own.low });
    }
    case 'arithmetic':
      return words.arithmetic({ release: wordOf(data, 'release') ?? row.release });
    case 'model':
      return words.otherModel;
    case 'lacks':
      return words.lacks({
        name: wordOf(data, 'dataset') ?? text.unknown,
        why: wordOf(data, 'error'),
      });
    case 'badMessages':
      return words.badMessages;
    case 'pausedByHost':
      return words.pausedByHost({ why: wordOf(data, 'text') ?? text.unknown });
    case 'mismatches':
      return words.mismatches({ what: wordOf(data, 'text') ?? text.unknown });
    default:
      return words.otherRefusal({ reason: wordOf(data, 'message') ?? reason });
  }
}

export function fetchWords({ name, state, bytes, of, from }: NodeDataset): string {
  if (state === 'checking') return nodeText.checking({ name });
  const share = of === 0 ? '' : percent(bytes / of);
  return nodeText.fetching({ name, share: share === '' ? text.unknown : share, from });
}

/** Refusals are shown for this long, in milliseconds. */
const REFUSED_MS = 60_000;
/** Stands for many addresses. */
const MANY = '*';

/** Sentences about machines that were refused in the last minute: one for each address. */
export function refusedLately(refused: readonly RefusedRow[], now: number): readonly string[] {
  const times = new Map<string, number>();
  for (const row of refused)
    if (now - row.at < REFUSED_MS)
      times.set(row.address, (times.get(row.address) ?? 0) + row.times);
  return [...times].map(([address, count]) =>
    address === MANY
      ? nodeText.refusedMany({ times: count })
      : nodeText.refused({ address, times: count }),
  );
}

/** Progress of a dataset on a node: `73 of 170 MB, from DESK`. */
export function datasetLine({ state, bytes, of, from, error }: NodeDataset): string {
  const words = nodeText;
  if (state === 'fetching')
    return words.datasetLine({ part: of === 0 ? text.unknown : bytesOf(bytes, of), from });
  return error ?? words.datasetStates[state];
}

/** Number of trials that run on it. */
export function trialsOf({ slots }: NodeRow): number {
  return slots.filter(({ trial }) => trial !== null).length;
}

function absentWords({ since, left, mode }: NodeRow): string {
  const words = nodeText;
  if (mode === 'drained') return words.drained;
  if (left === 'owner' || left === 'shutdown' || left === 'drained') return words.left;
  if (since === null) return words.notYet;
  const clock = clockTime(since);
  return left === 'sleep' ? words.asleepSince({ clock }) : words.goneSince({ clock });
}

function heldWords({ held }: NodeRow, now: number): string | null {
  if (held === null) return null;
  const { reason, data } = held;
  if (reason === 'input') {
    const at = numberOf(data, 'at');
    return at === null ? null : nodeText.heldInput({ time: roughly(now - at) });
  }
  if (reason !== 'load') return wordOf(data, 'why');
  const load = numberOf(data, 'load');
  return load === null ? null : nodeText.heldLoad({ share: percent(load / 100) });
}

function byOwner({ by }: NodeRow, words: string): string {
  return by === 'owner' ? nodeText.byOwner({ words }) : words;
}

function numberOf(data: Facts, name: string): number | null {
  const value = data[name];
  return typeof value === 'number' ? value : null;
}

function wordOf(data: Facts, name: string): string | null {
  const value = data[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function versionsOf(data: Facts, name: string): { low: number; high: number } {
  const value = data[name];
  if (typeof value !== 'object' || value === null) return { low: 0, high: 0 };
  const fields = value as Facts;
  return { low: numberOf(fields, 'low') ?? 0, high: numberOf(fields, 'high') ?? 0 };
}
