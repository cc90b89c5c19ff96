/**
 * The application behind a window, whatever its host: what Electron's main process and `serve`
 * make, use and close.
 */
import type { WorkerProgram } from '../lab/start-lab.ts';
import type { Endpoints } from '../protocol/endpoints.ts';
import type { Uploads } from './uploads/uploads.ts';

export interface ApplicationOptions {
  /** Absolute path of the folder `resources/`. */
  readonly resources: string;
  /** Absolute path of this user's folder. */
  readonly userFolder: string;
  /** The lab file that is opened first; created where it is missing. */
  readonly lab: string;
  /** Null: one a core. */
  readonly workers: number | null;
  readonly host: 'electron' | 'server';
  readonly version: string;
  /** How a worker is started, where not as `start-lab.ts` finds it. */
  readonly worker?: WorkerProgram;
  /** The file is a lab, and ours: what it holds is being read. */
  readonly held?: () => void;
  /**
   * Milliseconds after which a lab that existed is checked; by default, once its first rows have
   * been read.
   */
  readonly checkAfterMs?: number;
}

/** A study under way, for a tray or a title. */
export interface RunningStudy {
  readonly key: string;
  readonly name: string;
  readonly ended: number;
  /** Null: no limit of trials. */
  readonly trials: number | null;
}

export interface Application {
  readonly endpoints: Endpoints;
  /** What browsers hand over; their chunks do not come through the table. */
  readonly uploads: Uploads;
  /** Of the lab that is open. */
  readonly labFile: string;
  runningStudies(): readonly RunningStudy[];
  /**
   * Calls back, some times a second at most, when what the line above says may have changed.
   * @returns how to end it
   */
  onChange(changed: () => void): () => void;
  /** Gives what runs a moment to finish, commits, ends the workers, closes the lab. */
  close(): Promise<void>;
}
