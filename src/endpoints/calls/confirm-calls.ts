/**
 * Trains a study's best configurations again on fresh seeds, and evaluates the winner once on the
 * test set.
 */
import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../../coordinator/coordinator.ts';
import { confirmationOf } from '../../core/analysis/confirmation.ts';
import { GalapagosError } from '../../core/errors.ts';
import { endedOf } from '../../core/scheduling/index.ts';
import type { Study } from '../../core/scheduling/index.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { trainObjective } from '../../protocol/objective.ts';
import { configurationsOf } from '../../studies/confirmations.ts';
import {
  confirmable,
  confirmingStudy,
  lastSeedOf,
  testingStudy,
} from '../../studies/confirming-study.ts';
import type { ConfirmingStudy } from '../../studies/confirming-study.ts';
import { confirming, confirmsOf } from '../../studies/confirms-of.ts';
import { freeName } from '../../core/free-name.ts';
import { catalogueIn } from '../../datasets/catalogue.ts';
import { keyOf, readOpenLab, readStudy } from '../reading/read-open-lab.ts';
import type { CallDeps, CallHandlers } from './call-deps.ts';

export interface ConfirmCalls {
  readonly handlers: Pick<CallHandlers, 'confirm'>;
  confirms(study: string): string | null;
  /**
   * Starts test runs of confirmations that have ended. Call it when a study has ended, and when a
   * lab was opened.
   */
  followUp(): void;
}

export function confirmCalls(deps: CallDeps): ConfirmCalls {
  const deciding = (): Coordinator => {
    const lab = deps.lab();
    if (lab === null) throw new GalapagosError('no-lab', 'no lab is open that could train');
    return lab;
  };
  return {
    handlers: {
      confirm: ({ study: key, top, seeds }) => {
        const lab = deciding();
        const study = lab.lab.studies.get(key);
        if (study === undefined)
          throw new GalapagosError(
            'unknown-study',
            `there is no study ${key} in this lab whose trials could be trained again`,
            {
              found: key,
            },
          );
        const { uid, spec } = study;
        if (study.deleted)
          throw new GalapagosError('not-allowed-now', `${spec.name} is deleted; restore it first`, {
            study: uid,
          });
        confirmable(spec);
        const best = readStudy(deps, uid, (reader, found) => reader.best(keyOf(found), top));
        if (best.length === 0)
          throw new GalapagosError(
            'unknown-trial',
            `${spec.name} has no complete trial with a value yet`,
            { found: uid },
          );
        const first =
          1 +
          Math.max(spec.seed, ...confirming(lab.lab, uid).map((other) => lastSeedOf(other.spec)));
        const name = freeName(deps.names(), `${spec.name} confirmation`);
        const planned = confirmingStudy({ uid, spec }, best, { seeds, first, name });
        return { study: begin(lab, planned), trials: best.length };
      },
    },
    confirms: (uid) => {
      const study = deps.lab()?.lab.studies.get(uid);
      return study === undefined ? null : (confirmsOf(study.spec.objective)?.study ?? null);
    },
    followUp: () => {
      const lab = deps.lab();
      if (lab === null) return;
      for (const study of [...lab.lab.studies.values()]) {
        try {
          if (isToBeTested(deps, lab, study)) test(deps, lab, study);
        } catch (error) {
          // The file or the dataset cannot be read now; the next call, when another study ends or
          // the lab is opened, tries again.
          if (!(error instanceof GalapagosError)) throw error;
        }
      }
    },
  };
}

/**
 * Returns whether all its seeds have been trained, the test set was not used for selection, and the
 * winner was not evaluated on it yet.
 */
function isToBeTested({ userFolder }: CallDeps, lab: Coordinator, study: Study): boolean {
  const { uid, spec, state, limit } = study;
  const confirms = confirmsOf(spec.objective);
  if (
    state !== 'finished' ||
    study.deleted ||
    confirms === null ||
    confirms.of !== undefined ||
    // A program has no test set that is known here.
    objectiveKind(spec.objective.kind)?.trains !== true ||
    endedOf(study) < limit
  )
    return false;
  const objective = trainObjective.parse(spec.objective);
  if (
    objective.selectOn === 'test' ||
    (catalogueIn(userFolder).find(objective.dataset)?.test ?? 0) === 0
  )
    return false;
  return !confirming(lab.lab, confirms.study).some(
    (other) => confirmsOf(other.spec.objective)?.of === uid,
  );
}

function test(deps: CallDeps, lab: Coordinator, { uid, spec }: Study): void {
  const confirmed = confirmsOf(spec.objective)?.trials ?? [];
  const trials = readOpenLab(deps, (reader) => [...reader.trials(uid)]);
  const [winner] = confirmationOf(
    configurationsOf(trials, confirmed),
    spec.direction,
  ).configurations;
  if (winner?.mean == null) return;
  const point = trials.find(
    ({ number }) => number % confirmed.length === confirmed.indexOf(winner.trial),
  );
  if (point === undefined) return;
  const name = freeName(deps.names(), `${spec.name}, test result`);
  begin(
    lab,
    testingStudy({ uid, spec }, point, { trial: winner.trial, seed: lastSeedOf(spec) + 1, name }),
  );
}

/**
 * Creates the study and enqueues its points in one turn, so that the sampler is not asked for any
 * of them. @returns its uid
 */
function begin(lab: Coordinator, { spec, limits, points }: ConfirmingStudy): string {
  const uid = randomUUID();
  lab.settle();
  lab.createStudy(uid, spec, limits);
  for (const params of points) lab.command({ type: 'trialEnqueued', study: uid, params });
  lab.settle();
  return uid;
}
