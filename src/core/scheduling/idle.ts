/**
 * Determines why a worker is idle from the scheduler's state: the first reason that applies. Phases
 * that only the worker knows (fetching a dataset, compiling, waiting for memory) count as work
 * here. Contains no wording, only the data for it; times are milliseconds of the coordinator's
 * clock.
 */
import { hasRoom } from './room.ts';
import { readyFor } from './asking.ts';
import { IdleLists } from './idle-lists.ts';
import { isChosen, isLeftToFaster } from './packing.ts';
import { runsOn } from './second-attempts.ts';
import { lacking } from './serving.ts';
import type { Lacking } from './serving.ts';
import type { FailureNote, LabState, OpenTrial, Slot, Study } from './state.ts';
import type { NodeId, NodeMode, NodeModeBy, SlotName } from './words.ts';

export type Idle =
  /** The user drained it; `since` null: time unknown. */
  | { readonly reason: 'drained'; readonly since: number | null }
  | {
      readonly reason: 'quarantined';
      readonly since: number;
      readonly until: number;
      readonly failures: readonly FailureNote[];
    }
  /**
   * Its process is to be started, or has not sent hello yet; `tries`: number of consecutive starts.
   */
  | { readonly reason: 'starting'; readonly startsAt: number; readonly tries: number }
  /** Not connected, and its processes are started elsewhere. */
  | { readonly reason: 'away' }
  /** Its node has not been heard of since then; what it finishes still counts. */
  | { readonly reason: 'nodeAway'; readonly node: NodeId; readonly since: number }
  /** Its node left, was lost or was removed. */
  | {
      readonly reason: 'nodeAbsent';
      readonly node: NodeId;
      readonly since: number;
      readonly why: string | null;
    }
  /** Its node is paused, draining or drained. */
  | {
      readonly reason: 'nodeMode';
      readonly node: NodeId;
      readonly mode: Exclude<NodeMode, 'open'>;
      readonly by: NodeModeBy;
    }
  /** Its machine is in use. */
  | { readonly reason: 'held'; readonly node: NodeId; readonly since: number }
  /** Most slots of its node failed; one of them proves the node after `until`. */
  | {
      readonly reason: 'nodeQuarantined';
      readonly node: NodeId;
      readonly since: number;
      readonly until: number;
      readonly why: string;
    }
  /** Its worker starts when a study runs. */
  | { readonly reason: 'resting'; readonly node: NodeId }
  /** Its node does not have the dataset of the study. */
  | {
      readonly reason: 'lacksContent';
      readonly study: string;
      readonly node: NodeId;
      readonly content: string;
      /** Name of the dataset on this host. */
      readonly dataset: string;
    }
  /** Its node's release computes differently than the study's first results (`executor`). */
  | {
      readonly reason: 'otherArithmetic';
      readonly study: string;
      readonly node: NodeId;
      readonly executor: string | null;
    }
  /** Its results would differ from those of the GPU model that the study began on. */
  | {
      readonly reason: 'otherModel';
      readonly study: string;
      readonly node: NodeId;
      readonly model: string;
    }
  /** Nothing can be written, so nothing new is started. */
  | { readonly reason: 'storage'; readonly error: string }
  /** The only waiting trials are delayed after a failure, the first until then. */
  | {
      readonly reason: 'retry';
      readonly study: string;
      readonly trials: readonly number[];
      readonly until: number;
    }
  /** The only waiting trials have crashed here and are kept for other slots. */
  | { readonly reason: 'avoided'; readonly study: string; readonly trials: readonly number[] }
  /** The study's trials cannot be evaluated on its kind of device. */
  | { readonly reason: 'unfit'; readonly study: string }
  /** The running trials need the cores or the memory of its node that another one would need. */
  | { readonly reason: 'noRoom'; readonly study: string; readonly node: NodeId }
  /** The study runs on selected devices, and not on this one. */
  | { readonly reason: 'notSelected'; readonly study: string }
  /** Workers of faster devices, these, finish all trials that are left before it finished one. */
  | { readonly reason: 'leftToFaster'; readonly study: string; readonly slots: readonly SlotName[] }
  /**
   * The sampler has been asked and has not answered yet, with this many ended trials as its
   * history.
   */
  | {
      readonly reason: 'sampler';
      readonly study: string;
      readonly sampler: string;
      readonly since: number;
      readonly trials: number;
    }
  /** The next trials depend on all of a generation, of which these have not ended. */
  | {
      readonly reason: 'generation';
      readonly study: string;
      readonly generation: number;
      readonly trials: readonly number[];
      readonly slots: readonly SlotName[];
    }
  /** All `limit` trials have been proposed; these have not ended, on these slots. */
  | {
      readonly reason: 'budget';
      readonly study: string;
      readonly limit: number;
      readonly trials: readonly number[];
      readonly slots: readonly SlotName[];
    }
  /** The next trials depend on results of these, on these slots. */
  | {
      readonly reason: 'results';
      readonly study: string;
      readonly trials: readonly number[];
      readonly slots: readonly SlotName[];
    }
  /** Every point of the search space has been tried or is running. */
  | {
      readonly reason: 'spaceUsedUp';
      readonly study: string;
      readonly trials: readonly number[];
      readonly slots: readonly SlotName[];
    }
  /**
   * The study is ending for this reason (`target`, `minutes`, …): these trials may still finish.
   */
  | {
      readonly reason: 'ending';
      readonly study: string;
      readonly why: string;
      readonly trials: readonly number[];
    }
  /** `trials` may still finish; `why` is the study's own reason. */
  | {
      readonly reason: 'paused';
      readonly study: string;
      readonly why: string | null;
      readonly trials: readonly number[];
    }
  /** No study is left that could run; the most recent one. */
  | { readonly reason: 'finished'; readonly study: string; readonly why: string | null }
  | { readonly reason: 'noStudy' }
  /** The scheduler gave no reason, which is a fault of this program. */
  | { readonly reason: 'none' };

/**
 * @param lists for the reasons of several slots between two steps
 * @returns null: it is busy, or there is no such slot. O(studies + open trials), with lists that
 *   are known already O(studies)
 */
export function idleReason(
  lab: LabState,
  name: SlotName,
  lists: IdleLists = new IdleLists(),
): Idle | null {
  const slot = lab.slots.get(name);
  if (slot === undefined || slot.cohorts.length > 0) return null;
  return absence(lab, slot) ?? lackOfWork(lab, slot, lists);
}

/** Returns why the slot would not be given a trial if there was one; null: it would. */
function absence(lab: LabState, slot: Slot): Idle | null {
  const { quarantine, session, state, supervision } = slot;
  const withheld = absenceOfNode(slot);
  if (withheld !== null) return withheld;
  if (state === 'draining' || slot.drainedAt !== null)
    return { reason: 'drained', since: slot.drainedAt };
  if (
    quarantine !== null &&
    (state === 'quarantined' || (session === null && quarantine.until > lab.now))
  )
    return { reason: 'quarantined', ...quarantine };
  if (session !== null) return null;
  if (supervision?.launched === null && slot.node.link > 0)
    return { reason: 'resting', node: slot.node.id };
  if (supervision !== null)
    return { reason: 'starting', startsAt: supervision.startsAt, tries: supervision.backoff };
  return lab.options.isLocal(slot.name) ? { reason: 'drained', since: null } : { reason: 'away' };
}

/**
 * Returns why none of the node's slots would be given a trial, or why it is held; null: neither.
 */
function absenceOfNode({ node, heldSince, state }: Slot): Idle | null {
  const { id, presence, presenceSince: since, reason: why, mode, modeBy: by, quarantine } = node;
  if (presence === 'absent') return { reason: 'nodeAbsent', node: id, since, why };
  if (presence === 'away') return { reason: 'nodeAway', node: id, since };
  if (mode !== 'open') return { reason: 'nodeMode', node: id, mode, by };
  if (heldSince !== null) return { reason: 'held', node: id, since: heldSince };
  if (quarantine === null || state !== 'quarantined') return null;
  const { since: from, until, reason } = quarantine;
  return { reason: 'nodeQuarantined', node: id, since: from, until, why: reason };
}

/** Order of precedence when several studies could run. */
const ORDER: readonly Idle['reason'][] = [
  'storage',
  'retry',
  'avoided',
  'unfit',
  'notSelected',
  'lacksContent',
  'otherArithmetic',
  'otherModel',
  'leftToFaster',
  'noRoom',
  'sampler',
  'generation',
  'results',
  'budget',
  'spaceUsedUp',
  'none',
  'ending',
  'paused',
  'finished',
];

function lackOfWork(lab: LabState, slot: Slot, lists: IdleLists): Idle {
  let found: Idle = { reason: 'noStudy' };
  for (const study of lab.studies.values()) {
    const idle = reasonOf(lab, study, slot, lists);
    if (found.reason === 'noStudy' || ORDER.indexOf(idle.reason) <= ORDER.indexOf(found.reason))
      found = idle;
  }
  return found;
}

/** Returns why this study has no trial for the slot. */
function reasonOf(lab: LabState, study: Study, slot: Slot, lists: IdleLists): Idle {
  const { uid, reason: why } = study;
  switch (study.state) {
    case 'finished':
      return { reason: 'finished', study: uid, why };
    case 'paused':
    case 'pausing':
      return { reason: 'paused', study: uid, why, trials: lists.of(study).running };
    case 'ending':
      return { reason: 'ending', study: uid, why: why ?? '', trials: lists.of(study).running };
    case 'running':
      return runningReason(lab, study, slot, lists);
    default:
      return study.state satisfies never;
  }
}

function runningReason(lab: LabState, study: Study, slot: Slot, lists: IdleLists): Idle {
  const { uid, asking, columns, limit, sampler } = study;
  if (lab.storageError !== null) return { reason: 'storage', error: lab.storageError };
  const { group } = slot.free;
  if (group !== null && !lab.options.runsOn(study.spec, group.kind, group.node))
    return { reason: 'unfit', study: uid };
  if (group !== null && !isChosen(study.spec, group.device))
    return { reason: 'notSelected', study: uid };
  const lacks = group === null ? null : lacking(lab, study, group);
  if (group !== null && lacks !== null) return lackOf(study, group.node, lacks);
  const of = lists.of(study);
  const { waiting, delayed } = of;
  if (delayed.length > 0) {
    const until = Math.min(...delayed.map(({ notBefore }) => notBefore));
    return { reason: 'retry', study: uid, trials: delayed.map(({ number }) => number), until };
  }
  const unfit = (trial: OpenTrial): boolean =>
    trial.avoid === slot.name || runsOn(trial, slot.node.id);
  if (waiting.length > 0 && waiting.every(unfit))
    return { reason: 'avoided', study: uid, trials: waiting.map(({ number }) => number) };
  if (group !== null && isLeftToFaster(lab, study, group))
    return { reason: 'leftToFaster', study: uid, slots: lists.faster(lab, study, group) };
  if (group !== null && !hasRoom(lab, study, slot))
    return { reason: 'noRoom', study: uid, node: group.node };
  if (waiting.length > 0) return { reason: 'none' };
  if (asking !== null)
    return {
      reason: 'sampler',
      study: uid,
      sampler: sampler.name,
      since: asking.at,
      trials: asking.historyLength,
    };
  if (study.exhausted)
    return { reason: 'spaceUsedUp', study: uid, trials: of.running, slots: of.slots };
  if (columns.size >= limit)
    return { reason: 'budget', study: uid, limit, trials: of.running, slots: of.slots };
  if (readyFor(study, columns.ended) < 1)
    return { reason: 'results', study: uid, trials: of.running, slots: of.slots };
  const historyLength = sampler.barrier?.(columns.size) ?? 0;
  if (study.frontier >= historyLength) return { reason: 'none' };
  return { reason: 'generation', study: uid, ...of.generation(historyLength) };
}

function lackOf(
  { uid, spec, content, executor, gpuModel }: Study,
  node: NodeId,
  lacks: Lacking,
): Idle {
  switch (lacks) {
    case 'content': {
      const { dataset } = spec.objective;
      const name = typeof dataset === 'string' ? dataset : '';
      return { reason: 'lacksContent', study: uid, node, content: content ?? '', dataset: name };
    }
    case 'arithmetic':
      return { reason: 'otherArithmetic', study: uid, node, executor };
    case 'model':
      return { reason: 'otherModel', study: uid, node, model: gpuModel ?? '' };
    default:
      return lacks satisfies never;
  }
}
