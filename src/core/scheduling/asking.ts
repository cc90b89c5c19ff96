/** Asks a study's sampler: decides when, shows it the history, and takes its answer in. */
import { parseSlot } from '../device.ts';
import { lanesOfAudits } from './audit-dispatch.ts';
import type { Proposal } from '../samplers/sampler.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { Event } from './events.ts';
import type { Instruction } from './instructions.ts';
import { studyCredits } from './credits.ts';
import { roomOn } from './room.ts';
import type { SlotGroup } from './free-slots.ts';
import { lanesFor, mayQueue, takesTrials } from './packing.ts';
import { bundleOf } from './short-trials.ts';
import type { LabState, Slot, Study } from './state.ts';
import { emit, showLab } from './step-output.ts';
import { giveGrace, moveStudy } from './studies.ts';
import { openTrial } from './trials.ts';
import type { CommandRefusal } from './words.ts';

export type Ask = Extract<Instruction, { do: 'askSampler' }>;
type Proposed = Extract<Event, { type: 'proposed' }>;
type Answer =
  Proposed | Extract<Event, { type: 'exhausted' }> | Extract<Event, { type: 'samplerFailed' }>;

/** For every running study whose free lanes exceed its waiting trials, one ask at a time. */
export function askSamplers(lab: LabState): void {
  if (lab.storageError !== null) return;
  for (const study of lab.active) {
    if (study.state !== 'running' || study.asking !== null || study.exhausted) continue;
    const first = study.columns.size;
    const wanted = Math.min(lab.options.askAtMost, study.limit - first);
    if (wanted < 1) continue;
    const { barrier } = study.sampler;
    const historyLength = barrier === null ? study.columns.ended : barrier(first);
    if (barrier !== null && study.frontier < historyLength) continue;
    const waiting = study.waiting.size;
    const free = freeLanes(lab, study, wanted + waiting) + lanesOfAudits(lab, study, historyLength);
    const most = Math.min(wanted, free - waiting);
    if (most < 1) continue;
    const ready = readyFor(study, historyLength);
    if (ready < 1) continue;
    let count = barrier === null ? Math.min(most, ready) : 1;
    while (barrier !== null && count < most && barrier(first + count) === historyLength) count += 1;
    const edits = study.spec.edits?.length ?? 0;
    study.asking = { first, count, historyLength, edits, at: lab.now };
    emit(lab, {
      do: 'askSampler',
      study: study.uid,
      ...{ first, count, historyLength },
      ...editsOf(edits),
    });
  }
}

/** Number of trials that the study's sampler can propose after so many completions. */
export function readyFor({ sampler, columns }: Study, historyLength: number): number {
  if (sampler.ready === undefined) return Infinity;
  return sampler.ready(columns.asynchronousView(historyLength));
}

/**
 * Number of the study's trials that slots could be given now.
 * @param enough number from which on the exact one does not matter
 */
export function freeLanes(lab: LabState, study: Study, enough: number): number {
  let lanes = 0;
  const rooms = new Map<string, number>();
  /** Of so many trials or slots, those that the node has room for. */
  const roomFor = (count: number, node: string): number => {
    const room = rooms.get(node) ?? roomOn(lab, study, node);
    const taken = Math.min(count, room);
    rooms.set(node, room - taken);
    return taken;
  };
  const idle = ({ node, counts }: SlotGroup<Slot>): number => roomFor(counts[0] ?? 0, node);
  const add = (group: SlotGroup<Slot>, cohorts: number): void => {
    if (cohorts > 0 && takesTrials(lab, study, group))
      lanes += cohorts * lanesFor(lab, study, group) * bundleOf(lab, study, group.device);
  };
  for (const group of lab.free.idle) {
    if (lanes >= enough) return lanes;
    if (!mayQueue(lab, study, group)) add(group, idle(group));
  }
  for (const group of queueing(lab, study)) {
    if (lanes >= enough) return lanes;
    if (!mayQueue(lab, study, group)) continue;
    const credits = Math.min(group.capacity, creditsOn(lab, study, group));
    const busy = group.counts.reduce(
      (sum, n, sent) => (sent === 0 ? sum : sum + n * Math.max(0, credits - sent)),
      0,
    );
    if (lab.options.sideBySide(study.spec))
      add(group, roomFor((group.counts[0] ?? 0) * credits + busy, group.node));
    else add(group, idle(group) * credits + busy);
  }
  return lanes;
}

function creditsOn(lab: LabState, study: Study, { device, node: id }: SlotGroup<Slot>): number {
  const node = lab.nodes.get(id);
  return node === undefined ? lab.options.credits : studyCredits(lab, study, node, device);
}

/** Groups with free slots on which cohorts of the study may wait; others may be among them. */
function* queueing(lab: LabState, study: Study): Iterable<SlotGroup<Slot>> {
  const { free, options } = lab;
  if (study.durations.value < options.queueBelowMs || options.sideBySide(study.spec)) {
    yield* free.open;
    return;
  }
  for (const device of study.quickDevices) {
    for (const group of free.ofNode(parseSlot(`${device}/`).node))
      if (group.device === device && free.open.has(group)) yield group;
  }
}

function editsOf(edits: number): { readonly edits?: number } {
  return edits === 0 ? {} : { edits };
}

/** Proposals of a sampler, or the message of the error that it threw. */
export type Proposals =
  { readonly trials: readonly Proposal[] } | { readonly samplerError: string };

/** Asks a sampler; the columns may be a copy of the study's, as in a thread. */
export function proposalsFor(
  { sampler, columns }: Pick<Study, 'sampler' | 'columns'>,
  { first, count, historyLength }: Pick<Ask, 'first' | 'count' | 'historyLength'>,
): Proposals {
  try {
    if (first > columns.size)
      throw new RangeError(`trial ${first} asked for, but the next number is ${columns.size}`);
    const view =
      sampler.barrier === null
        ? columns.asynchronousView(historyLength)
        : columns.synchronousView(historyLength);
    return { trials: sampler.propose(first, count, view) };
  } catch (error) {
    return { samplerError: error instanceof Error ? error.message : String(error) };
  }
}

/** Identifies the event that led to an ask made now, for the story of its answer. */
export function askedBecause({ epoch, seq }: LabState): string {
  return `${epoch}.${seq}`;
}

/** Returns the event that answers an ask. */
export function answerOf(
  { study, first, historyLength, edits = 0 }: Ask,
  proposals: Proposals,
  stamp: { readonly at: number; readonly because: string },
): Answer {
  if ('samplerError' in proposals)
    return {
      type: 'samplerFailed',
      ...stamp,
      study,
      first,
      error: proposals.samplerError,
      ...editsOf(edits),
    };
  const { trials } = proposals;
  const asked = { ...stamp, study, first, historyLength, ...editsOf(edits) };
  if (trials.length === 0) return { type: 'exhausted', ...asked };
  return { type: 'proposed', ...asked, trials };
}

/** Carries out an ask at once. Deterministic; the sampler may keep a cache. */
export function answerAsk(lab: LabState, ask: Ask, at: number): Answer {
  const stamp = { at, because: askedBecause(lab) };
  return answerOf(ask, proposalsFor(known(lab, ask.study), ask), stamp);
}

/** Returns whether a study still waits for the answer to this ask. */
export function isAwaited(lab: LabState, { study, first, historyLength, edits = 0 }: Ask): boolean {
  const asking = lab.studies.get(study)?.asking ?? null;
  return (
    asking !== null &&
    asking.first === first &&
    asking.historyLength === historyLength &&
    asking.edits === edits
  );
}

export function proposed(lab: LabState, event: Proposed): void {
  const study = answered(lab, event);
  if (study === null) return;
  const count = Math.min(event.trials.length, study.limit - event.first);
  for (const proposal of event.trials.slice(0, count))
    openTrial(lab, study, proposal, event.historyLength);
}

export function exhausted(lab: LabState, event: Extract<Event, { type: 'exhausted' }>): void {
  const study = answered(lab, event);
  if (study !== null) study.exhausted = true;
}

export function samplerFailed(
  lab: LabState,
  event: Extract<Event, { type: 'samplerFailed' }>,
): void {
  const study = answered(lab, event);
  if (study === null) return;
  moveStudy(lab, study, 'pausing', `the sampler failed: ${event.error}`);
  giveGrace(lab, study, lab.options.graceMs);
}

/**
 * The study, if this is the answer it waits for. An enqueued trial may have taken the number
 * meanwhile, or an edit replaced the search: then it asks anew.
 */
function answered(
  lab: LabState,
  event: { study: string; first: number; historyLength?: number; edits?: number },
): Study | null {
  const study = lab.studies.get(event.study);
  const asking = study?.asking ?? null;
  const expected =
    asking !== null &&
    asking.first === event.first &&
    asking.edits === (event.edits ?? 0) &&
    (event.historyLength === undefined || asking.historyLength === event.historyLength);
  if (study === undefined || !expected) {
    lab.refusals.add('staleProposal', 'sampler');
    return null;
  }
  study.asking = null;
  if (event.first === study.columns.size && study.state === 'running') return study;
  lab.refusals.add('staleProposal', 'sampler');
  return null;
}

/** A point that the user wants tried; it takes the next number. */
export function enqueueTrial(
  lab: LabState,
  { type, study: uid, params, claims }: Extract<Event, { type: 'trialEnqueued' }>,
): void {
  const study = lab.studies.get(uid);
  const refuse = (reason: CommandRefusal, detail: string): void => {
    lab.refusals.add(reason, 'user');
    showLab(lab, { kind: 'commandRefused', command: type, study: uid, reason, detail });
  };
  if (study === undefined) {
    refuse('unknown-study', uid);
    return;
  }
  const twin = duplicateOf(study, params);
  if (twin !== null) {
    refuse('duplicate-trial', `trial ${twin} has the same parameters`);
    return;
  }
  if (study.deleted || study.state === 'finished' || study.state === 'ending') {
    refuse('not-allowed-now', `the study is ${study.deleted ? 'deleted' : study.state}`);
    return;
  }
  if (study.sampler.partOf !== undefined) {
    refuse('not-allowed-now', `${study.sampler.name} chooses each of its trials itself`);
    return;
  }
  if (study.columns.size >= study.limit) {
    refuse('limit-reached', `${study.limit} trials`);
    return;
  }
  const first = study.columns.size;
  const historyLength =
    study.sampler.barrier === null
      ? study.columns.ended
      : Math.min(study.sampler.barrier(first), study.frontier);
  openTrial(
    lab,
    study,
    { params, origin: { operator: 'enqueued', parents: [], generation: 0 } },
    historyLength,
    claims,
  );
}

function duplicateOf(study: Study, params: EncodedParams): number | null {
  return study.sampler.repeats ? null : study.columns.find(params);
}

function known(lab: LabState, uid: string): Study {
  const study = lab.studies.get(uid);
  if (study === undefined) throw new RangeError(`no study ${uid} in this lab`);
  return study;
}
