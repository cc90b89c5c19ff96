/** The handlers that are not about the running lab: networks, datasets, imports, what is read of finished trials. */
import type { Commands, Queries } from '../protocol/endpoints.ts';
import type { HandlersOf } from '../protocol/endpoint.ts';
import type { ImportRow } from '../protocol/window/lab-stream.ts';
import type { CallDeps } from './call-deps.ts';
import { notReady } from './not-ready.ts';

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

export const createCalls: (deps: CallDeps) => OtherCalls = () => ({
  handlers: {
    networks: notReady,
    samplers: notReady,
    draft: notReady,
    checkStudy: notReady,
    parseStudy: notReady,
    estimate: notReady,
    datasets: notReady,
    preview: notReady,
    studyFile: notReady,
    trial: notReady,
    curves: notReady,
    deciles: notReady,
    importance: notReady,
    export: notReady,
    confirmations: notReady,
    confirm: notReady,
    beginImport: notReady,
    cancelImport: notReady,
    storeImport: notReady,
    discardImport: notReady,
    removeDataset: notReady,
  },
  imports: () => [],
  datasets: () => [],
  confirms: () => null,
  close: () => Promise.resolve(),
});
