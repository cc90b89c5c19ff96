/** What handlers that are not about the running lab stand on. */
import type { Coordinator } from '../../coordinator/coordinator.ts';
import type { WorkerProgram } from '../../lab/start-lab.ts';
import type { HandlersOf } from '../../protocol/endpoint.ts';
import type { Commands, Queries } from '../../protocol/endpoints.ts';
import type { HeldUpload } from '../uploads/uploads.ts';
import type { StudyCommands } from './study-calls.ts';

export interface CallDeps {
  readonly resources: string;
  readonly userFolder: string;
  /** How workers are started, where not as the lab finds it. */
  readonly worker?: WorkerProgram | undefined;
  /** Null: none is open. */
  labFile(): string | null;
  /**
   * Keeps an upload for whoever reads it. @throws GalapagosError `unknown-upload`,
   * `upload-incomplete`
   */
  holdUpload(id: string): HeldUpload;
  /** The live coordinator; null: none is open, or it failed. */
  lab(): Coordinator | null;
  /** Names of studies that are taken in the lab that is open. */
  names(): ReadonlySet<string>;
  /** Tells windows that the list of datasets is another. */
  datasetsChanged(): void;
  /** Tells windows that imports went on. */
  importsChanged(): void;
}

/** All but those that stand on the running lab or on what hosts the window. */
export type CallHandlers = Omit<
  HandlersOf<Queries & Commands>,
  keyof StudyCommands | 'about' | 'attempts' | 'beginUpload' | 'discardUpload'
>;
