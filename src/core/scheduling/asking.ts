/** When a study's sampler is asked, what it is shown, and what becomes of its answer. */
import type { Sampler } from '../samplers/sampler.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { HistoryView } from '../study/history.ts';
import type { Event } from './events.ts';
import type { Instruction } from './instructions.ts';
import { bundleOf, mayQueue } from './short-trials.ts';
import type { LabState, Study } from './state.ts';
import { emit, showLab } from './step-output.ts';
import { giveGrace, moveStudy } from './studies.ts';
import { openTrial } from './trials.ts';
import type { CommandRefusal } from './words.ts';

type Ask = Extract<Instruction, { do: 'askSampler' }>;
type Proposed = Extract<Event, { type: 'proposed' }>;
type Answer =
  Proposed | Extract<Event, { type: 'exhausted' }> | Extract<Event, { type: 'samplerFailed' }>;

/** For every running study whose free lanes exceed its waiting trials, one ask at a time. */
export function askSamplers(lab: LabState): void {
  if (lab.storageError !== null) return;
  for (const study of lab.active) {
    if (study.state !== 'running' || study.asking !== null || study.exhausted) continue;
    const first = study.columns.size;
    const most = Math.min(
      lab.options.askAtMost,
      freeLanes(lab, study) * bundleOf(lab, study) - study.waiting.size,
      study.limit - first,
    );
    if (most < 1) continue;
    const { barrier } = study.sampler;
    const historyLength = barrier === null ? study.columns.ended : barrier(first);
    if (barrier !== null && study.frontier < historyLength) continue;
    let count = barrier === null ? most : 1;
    while (barrier !== null && count < most && barrier(first + count) === historyLength) count += 1;
    study.asking = { first, count, historyLength, at: lab.now };
    emit(lab, { do: 'askSampler', study: study.uid, first, count, historyLength });
  }
}

function freeLanes({ free, options }: LabState, study: Study): number {
  return mayQueue(options, study) ? free.lanes : free.idleLanes;
}

/** The sampler of a study; read-only, as is all that hangs on it. */
export function samplerOf(lab: LabState, uid: string): Sampler {
  return known(lab, uid).sampler;
}

/**
 * What the sampler is shown for numbers from `first` on; good until the next call for the same
 * study.
 */
export function viewFor(
  lab: LabState,
  uid: string,
  first: number,
  historyLength: number,
): HistoryView {
  const { columns, sampler } = known(lab, uid);
  if (first > columns.size)
    throw new RangeError(`trial ${first} asked for, but the next number is ${columns.size}`);
  return sampler.barrier === null
    ? columns.asynchronousView(historyLength)
    : columns.synchronousView(historyLength);
}

/** Carries out an ask: the event that answers it. Pure but for the sampler's own memory. */
export function answerAsk(
  lab: LabState,
  { study, first, count, historyLength }: Ask,
  at: number,
): Answer {
  const because = `${lab.epoch}.${lab.seq}`;
  try {
    const trials = samplerOf(lab, study).propose(
      first,
      count,
      viewFor(lab, study, first, historyLength),
    );
    if (trials.length === 0) return { type: 'exhausted', at, because, study, first, historyLength };
    return { type: 'proposed', at, because, study, first, historyLength, trials };
  } catch (error) {
    return {
      type: 'samplerFailed',
      at,
      because,
      study,
      first,
      error: error instanceof Error ? error.message : String(error),
    };
  }
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
 * meanwhile: then it asks anew.
 */
function answered(
  lab: LabState,
  event: { study: string; first: number; historyLength?: number },
): Study | null {
  const study = lab.studies.get(event.study);
  const asking = study?.asking ?? null;
  const expected =
    asking !== null &&
    asking.first === event.first &&
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
  { type, study: uid, params }: Extract<Event, { type: 'trialEnqueued' }>,
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
  if (study.deleted || study.state === 'finished' || study.state === 'ending') {
    refuse('not-allowed-now', `the study is ${study.deleted ? 'deleted' : study.state}`);
    return;
  }
  if (study.columns.size >= study.limit) {
    refuse('limit-reached', `${study.limit} trials`);
    return;
  }
  const twin = duplicateOf(study, params);
  if (twin !== null) {
    refuse('duplicate-trial', `trial ${twin} has the same parameters`);
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
