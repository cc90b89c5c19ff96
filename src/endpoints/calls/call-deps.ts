/** Dependencies of handlers that do not need a running lab. */
import type { Coordinator } from '../../coordinator/coordinator.ts';
import type { WorkerProgram } from '../../lab/worker-program.ts';
import type { StartableDevice } from '../../node/devices/pin.ts';
import type { HandlersOf } from '../../protocol/endpoint.ts';
import type { Commands, Queries } from '../../protocol/endpoints.ts';
import type { HeldUpload } from '../uploads/uploads.ts';
import type { NodeCalls } from './node-calls.ts';
import type { StudyCommands } from './study-calls.ts';

export interface CallDeps {
  readonly resources: string;
  readonly userFolder: string;
  /** Overrides how workers are started. */
  readonly worker?: WorkerProgram | undefined;
  /** Null: no lab is open. */
  labFile(): string | null;
  /**
   * Keeps an upload for its reader. @throws GalapagosError `unknown-upload`, `upload-incomplete`
   */
  holdUpload(id: string): HeldUpload;
  /** The running coordinator; null: no lab is open, or it failed. */
  lab(): Coordinator | null;
  /** Cards that have a worker each. */
  cards(): readonly StartableDevice[];
  /** Absolute paths of scripts that a person chose in the desktop window. */
  readonly chosenScripts: Set<string>;
  /** Names of studies in the open lab. */
  names(): ReadonlySet<string>;
  /** Notifies windows that the list of datasets has changed. */
  datasetsChanged(): void;
  /** Notifies windows of the progress of imports. */
  importsChanged(): void;
}

/** All handlers except those that need the running lab or the window's host. */
export type CallHandlers = Omit<
  HandlersOf<Queries & Commands>,
  keyof StudyCommands | keyof NodeCalls | 'about' | 'attempts' | 'beginUpload' | 'discardUpload'
>;
