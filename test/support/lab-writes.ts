/** Writes as the scheduler makes them, in a short form. */
import type {
  AttemptOutcome,
  AttemptResult,
  EndedState,
  LabSnapshot,
  StoredTrial,
  TrialOutcome,
  Write,
} from '../../src/core/scheduling/index.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';

export const UID = '6b1f2c1e-0d7a-4d1e-9f55-3a1d2f9c0b11';

/** Every kind of distribution, a condition, and choices of every type. */
export const spec: StudySpec = {
  name: 'sphere in four dimensions',
  objective: { kind: 'synthetic', function: 'sphere' },
  direction: 'minimize',
  searchSpace: {
    learningRate: { type: 'float', low: 1e-5, high: 1, log: true },
    units: { type: 'int', low: 16, high: 512, step: 16 },
    activation: { type: 'categorical', choices: ['relu', 'Tanh é', null, true, 2.5] },
    momentum: { type: 'float', low: 0, high: 0.95, step: 0.1, when: { activation: ['relu'] } },
  },
  sampler: { name: 'random' },
  seed: 7,
};

/**
 * The same without the condition, because the checker of lab files cannot compute the importance of
 * a parameter that some trials lack.
 */
export const plainSpec: StudySpec = {
  ...spec,
  searchSpace: { ...spec.searchSpace, momentum: { type: 'float', low: 0, high: 0.9, step: 0.1 } },
};

export const limits = { trials: 64, activeMs: null, target: null };

export function createStudy(uid = UID, of: StudySpec = spec): Write {
  return { op: 'study', uid, spec: of, limits, limit: limits.trials };
}

/** A point that depends on the number only; momentum exists for every fifth. */
export function point(number: number): Float64Array {
  return Float64Array.of(
    1e-5 * (1 + (number % 99_999)),
    16 + 16 * (number % 31),
    number % 5,
    number % 5 === 0 ? 0.3 : NaN,
  );
}

/** The point with momentum, whatever the activation. */
export function plainPoint(number: number): Float64Array {
  return Float64Array.of(...point(number).subarray(0, 3), 0.3);
}

export function propose(number: number, uid = UID, params = point(number)): Write {
  const origin = {
    operator: number === 0 ? 'uniform' : 'crossover+mutation',
    parents: number === 0 ? [] : [number - 1],
    generation: number,
  };
  return { op: 'proposal', uid, number, params, origin, historyLength: number };
}

export function start(number: number, attemptNumber = 1, uid = UID): Write {
  return {
    op: 'attemptStarted',
    attempt: { study: uid, number, attemptNumber },
    slot: `local/cpu/${number % 4}`,
    incarnation: '1.1',
    session: '1.1',
    cohort: `c${number}.${attemptNumber}`,
    at: 0,
  };
}

export function endAttempt(
  number: number,
  attemptNumber = 1,
  outcome: AttemptOutcome = 'succeeded',
  value?: number,
  uid = UID,
): Write {
  const said = outcome === 'lost' ? null : outcome === 'paused' ? 'succeeded' : outcome;
  const result: AttemptResult | null =
    said === null
      ? null
      : {
          outcome: said,
          ms: 12.5,
          ...(value === undefined || !Number.isFinite(value) ? {} : { value }),
          metrics: { accuracy: 0.5, checksum: 'ab12' },
          executor: 'wasm',
          ...(outcome === 'pruned' && value !== undefined ? { reports: [{ step: 3, value }] } : {}),
        };
  return {
    op: 'attemptEnded',
    attempt: { study: uid, number, attemptNumber },
    outcome,
    at: 0,
    result,
    detail: outcome === 'lost' ? 'silent' : null,
  };
}

interface End {
  readonly finishSeq: number;
  readonly value?: number;
  readonly state?: EndedState;
  readonly outcome?: TrialOutcome;
  readonly attemptNumber?: number;
  readonly uid?: string;
}

export function endTrial(
  number: number,
  {
    finishSeq,
    value = number / 10,
    state = 'complete',
    outcome = 'succeeded',
    attemptNumber = 1,
    uid = UID,
  }: End,
): Write {
  return {
    op: 'trialEnded',
    uid,
    number,
    state,
    outcome,
    value,
    finishSeq,
    attemptNumber,
    story: [`trial ${number} ended`],
  };
}

/** Writes of a success in one step. */
export function succeed(
  number: number,
  finishSeq: number,
  value = number / 10,
  uid = UID,
): Write[] {
  return [
    endAttempt(number, 1, 'succeeded', value, uid),
    endTrial(number, { finishSeq, value, uid }),
  ];
}

/** A snapshot without lazy parts, so that two can be compared. */
export function whole(lab: LabSnapshot): unknown {
  return {
    uid: lab.uid,
    studies: lab.studies.map((study) => ({ ...study, trials: [...study.trials] })),
  };
}

export function trialsOf(lab: LabSnapshot, uid = UID): StoredTrial[] {
  return [...(lab.studies.find((study) => study.uid === uid)?.trials ?? [])];
}
