/** The handlers that are not about the running lab: networks, datasets, imports, what is read of finished trials. */
import type { Commands, Queries } from '../protocol/endpoints.ts';
import type { HandlersOf } from '../protocol/endpoint.ts';
import type { ImportRow } from '../protocol/window/lab-stream.ts';
import type { CallDeps } from './call-deps.ts';
import { datasetCalls } from './dataset-calls.ts';
import { catalogueIn } from './known-dataset.ts';
import { notReady } from './not-ready.ts';
import { readingCalls } from './reading-calls.ts';
import { setUpCalls } from './set-up-calls.ts';

export type CallHandlers = Omit<
  HandlersOf<Queries & Commands>,
  | 'about'
  | 'attempts'
  | 'startStudy'
  | 'pauseStudy'
  | 'resumeStudy'
  | 'stopStudy'
  | 'addTrials'
  | 'editLimits'
  | 'cancelTrial'
  | 'openLab'
  | 'leaveOut'
  | 'useAgain'
  | 'beginUpload'
  | 'discardUpload'
>;

export interface OtherCalls {
  readonly handlers: CallHandlers;
  /** For the lab's feed. */
  imports(): readonly ImportRow[];
  /** Names, for the lab's feed. */
  datasets(): readonly string[];
  /** The study whose best this one trains again; null: an ordinary study. */
  confirms(study: string): string | null;
  close(): Promise<void>;
}

export const createCalls = (deps: CallDeps): OtherCalls => ({
  handlers: {
    ...setUpCalls(deps),
    ...datasetCalls(deps),
    ...readingCalls(deps),
    estimate: notReady,
    preview: notReady,
    importance: notReady,
    confirmations: notReady,
    confirm: notReady,
    beginImport: notReady,
    cancelImport: notReady,
    storeImport: notReady,
    discardImport: notReady,
  },
  imports: () => [],
  datasets: () => catalogueIn(deps.userFolder).names(),
  confirms: () => null,
  close: () => Promise.resolve(),
});
