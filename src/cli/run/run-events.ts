/** Converts the scheduler's notifications to events of a run's display. */
import type { Change, LabChange } from '../../core/scheduling/index.ts';
import type { Axis } from '../../core/search-space/axis.ts';
import { toParams } from '../../core/search-space/params.ts';
import type { Listed } from '../../core/study/objectives.ts';
import { namedValues } from '../../documents/best-configs.ts';
import { violatedBounds } from '../../documents/lab-output.ts';
import { count, number } from '../display/format.ts';
import type { RankedEnd, RunEvent } from '../display/run-display.ts';

type NodeChange = Extract<LabChange, { kind: `node${string}` }>;

/**
 * Returns null if the display does not show the change.
 * @param listed objectives and constraints of the study
 */
export function runEventOf(
  change: Change,
  axes: readonly Axis[],
  listed: Listed = {},
): RunEvent | null {
  switch (change.kind) {
    case 'trialStarted': {
      const { attempt, slot, params } = change;
      return {
        type: 'trialStarted',
        trial: attempt.number,
        attempt: attempt.attemptNumber,
        slot,
        params: toParams(axes, params),
      };
    }
    case 'trialReported': {
      const { attempt, slot, report } = change;
      const { step, value, metrics = {} } = report;
      return {
        type: 'trialReported',
        trial: attempt.number,
        attempt: attempt.attemptNumber,
        slot,
        epoch: step + 1,
        value,
        metrics,
      };
    }
    case 'trialEnded': {
      const { number, state, outcome, value, params, origin, attempt, slot, result, isBest } =
        change;
      return {
        type: 'trialEnded',
        trial: number,
        attempt: attempt?.attemptNumber ?? 0,
        slot,
        state,
        outcome,
        value: Number.isFinite(value) ? value : null,
        params: toParams(axes, params),
        origin,
        // No single trial is the best by several objectives.
        isBest: isBest && change.figures === undefined,
        ...rankedEnd(change, listed),
        ms: result?.ms ?? null,
        error: result?.error ?? null,
        metrics: result?.metrics ?? {},
      };
    }
    case 'trialBack': {
      const { attempt, outcome, slot, detail } = change;
      return {
        type: 'trialBack',
        trial: attempt.number,
        attempt: attempt.attemptNumber,
        slot,
        outcome,
        detail,
      };
    }
    case 'searchEdited': {
      const { first, differences } = change;
      const text = `search edited, from trial ${first} on: ${differences.join('; ')}`;
      return { type: 'note', text };
    }
    case 'attemptEnded':
    case 'auditEnded':
    case 'study':
    case 'studyDescribed':
    case 'studyRemoved':
      return null;
    default:
      return change satisfies never;
  }
}

/** Place of a trial among several objectives; nothing if it has no values of them. */
function rankedEnd(
  { figures, isBest }: Extract<Change, { kind: 'trialEnded' }>,
  listed: Listed,
): { readonly ranked?: RankedEnd } {
  if (!figures?.values.every(Number.isFinite)) return {};
  const values = namedValues({ figures }, listed.objectives) ?? {};
  return { ranked: { values, violates: violatedBounds(figures, listed), joinsFront: isBest } };
}

export function labEventOf(
  change: LabChange,
  now: number,
  describeNode: (node: string) => NodeDescription,
): RunEvent {
  switch (change.kind) {
    case 'slotReady':
      return { type: 'workerReady', slot: change.slot, device: change.device };
    case 'slotLost':
      return { type: 'workerLost', slot: change.slot, reason: change.reason };
    case 'slotQuarantined':
      return {
        type: 'quarantined',
        slot: change.slot,
        reason: change.reason,
        forMs: Math.max(0, change.untilMs - now),
      };
    case 'slotReleased':
      return { type: 'released', slot: change.slot };
    case 'storageStalled':
    case 'storageBack':
      return change.kind === 'storageBack'
        ? { type: 'storageBack' }
        : { type: 'storageStalled', error: change.error };
    case 'commandRefused':
      return { type: 'note', text: `${change.command}: ${change.reason}: ${change.detail}` };
    case 'anomaly':
      return { type: 'note', text: `scheduler bug, please report it: ${change.error}` };
    case 'objectiveSuspected':
      return { type: 'note', text: change.reason };
    case 'nodePresence':
    case 'nodeMode':
    case 'nodeHeld':
    case 'nodeQuarantined':
    case 'nodeReleased':
    case 'nodeMismatch': {
      const described = describeNode(change.node);
      const { name } = described;
      return { type: 'node', node: change.node, name, text: nodeNote(change, described) };
    }
    default:
      return change satisfies never;
  }
}

/** Name of another machine, and the number of workers that it offers. */
interface NodeDescription {
  readonly name: string;
  readonly workers: number;
}

function nodeNote(change: NodeChange, { name, workers }: NodeDescription): string {
  switch (change.kind) {
    case 'nodePresence':
      return presenceNote(change, { name, workers });
    case 'nodeMode':
      return `${name} ${MODES[change.mode]}${change.by === 'owner' && change.mode !== 'open' ? ' (by its owner)' : ''}`;
    case 'nodeHeld':
      return change.held.length === 0
        ? `${name} works again`
        : `${name} waits because it is in use`;
    case 'nodeQuarantined':
      return `${name} is quarantined: ${change.reason}`;
    case 'nodeReleased':
      return `${name} is tried again after its quarantine`;
    case 'nodeMismatch':
      return mismatchNote(change, name);
    default:
      return change satisfies never;
  }
}

function mismatchNote(
  { mismatches, node }: Extract<NodeChange, { kind: 'nodeMismatch' }>,
  name: string,
): string {
  const last = mismatches.at(-1);
  if (last === undefined) return `${name} gave no wrong value`;
  const [own, other] = last.from === node ? [last.value, last.found] : [last.found, last.value];
  const what = last.metric === 'value' ? '' : `${last.metric} of `;
  return `${name} evaluated ${what}trial ${last.number} to ${figure(own)}, another machine to ${figure(other)} (${count(mismatches.length, 'wrong value')} so far)`;
}

function figure(value: number): string {
  return Number.isFinite(value) ? number(value) : 'divergence';
}

const MODES: Readonly<Record<Extract<NodeChange, { kind: 'nodeMode' }>['mode'], string>> = {
  open: 'takes trials again',
  paused: 'is paused',
  draining: 'finishes its running trials and takes no more',
  drained: 'is drained',
};

function presenceNote(
  { presence, reason }: Extract<NodeChange, { kind: 'nodePresence' }>,
  { name, workers }: NodeDescription,
): string {
  switch (presence) {
    case 'present':
      return `${name} is connected with ${count(workers, 'worker')}`;
    case 'away':
      return `${name} is not heard of; its trials run elsewhere too, and what it finishes still counts`;
    case 'absent':
      return `${name} has left${reason === null ? '' : `: ${LEFT[reason] ?? reason}`}`;
    default:
      return presence satisfies never;
  }
}

/** Reasons for which a node is absent, in words. */
const LEFT: Readonly<Record<string, string>> = {
  silent: 'not heard of for two minutes',
  drained: 'drained',
  owner: 'by its owner',
  shutdown: 'its process ended',
  sleep: 'it sleeps',
  removed: 'removed from the lab',
  replaced: 'it was started again',
};
