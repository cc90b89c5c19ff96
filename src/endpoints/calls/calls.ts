/**
 * The handlers that do not need the running lab: networks, datasets, imports, and data of finished
 * trials.
 */
import type { ImportRow } from '../../protocol/window/lab-stream.ts';
import { catalogueIn } from '../../datasets/catalogue.ts';
import { datasetsFolder } from '../../datasets/places.ts';
import { ThreadWork } from '../reading/thread-work.ts';
import { Imports } from '../uploads/imports.ts';
import type { CallDeps, CallHandlers } from './call-deps.ts';
import { confirmCalls } from './confirm-calls.ts';
import { datasetCalls } from './dataset-calls.ts';
import { estimateCalls } from './estimate-calls.ts';
import { readHistories } from './read-histories.ts';
import { readingCalls } from './reading-calls.ts';
import { captureProject, scriptCalls } from './script-calls.ts';
import { setUpCalls } from './set-up-calls.ts';
import type { StudyCommandDeps } from './study-calls.ts';

export interface OtherCalls {
  readonly handlers: CallHandlers;
  /** Imports, for the lab's feed. */
  imports(): readonly ImportRow[];
  /** Names of datasets, for the lab's feed. */
  datasets(): readonly string[];
  /** The study that this one confirms; null: an ordinary study. */
  confirms(study: string): string | null;
  /**
   * Starts test runs of confirmations that have ended. Call it when a study has ended, and when a
   * lab was opened.
   */
  followUp(): void;
  /** Reads the searches that a study starts from. @throws GalapagosError */
  readonly historiesOf: StudyCommandDeps['historiesOf'];
  /** Takes the copy of a project folder. @throws GalapagosError */
  readonly capture: StudyCommandDeps['capture'];
  close(): Promise<void>;
}

export function createCalls(deps: CallDeps): OtherCalls {
  const imports = new Imports({
    folder: datasetsFolder(deps.userFolder),
    changed: () => deps.importsChanged(),
  });
  const confirm = confirmCalls(deps);
  // Two threads, so that checks of a study being edited do not wait for an export.
  const [checking, reading] = [new ThreadWork(), new ThreadWork()];
  // Runs programs, so that neither waits for the other's.
  const scripts = new ThreadWork();
  return {
    handlers: {
      ...setUpCalls(deps, checking),
      ...scriptCalls(deps, scripts),
      ...datasetCalls(deps, imports),
      ...readingCalls(deps, reading),
      ...estimateCalls(deps),
      ...confirm.handlers,
    },
    imports: () => imports.rows(),
    datasets: () => catalogueIn(deps.userFolder).names(),
    confirms: (study) => confirm.confirms(study),
    followUp: () => confirm.followUp(),
    historiesOf: (request, context) => readHistories(deps, reading, request, context),
    capture: (request, context) => captureProject(deps, scripts, request, context),
    async close() {
      if (scripts.started) await scripts.do('endScript', undefined).catch(() => undefined);
      await Promise.all([imports.close(), checking.close(), reading.close(), scripts.close()]);
    },
  };
}
