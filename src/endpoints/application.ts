/**
 * Interface of the application behind a window, whatever its host: Electron's main process and
 * `serve` create, use and close it.
 */
import type { LabOptions } from '../core/scheduling/index.ts';
import type { WorkerProgram } from '../lab/worker-program.ts';
import type { StartableDevice } from '../node/devices/pin.ts';
import type { DeviceWatchOptions } from '../node/devices/watch-devices.ts';
import type { UtilisationSources } from '../node/machine/utilisation.ts';
import type { Endpoints } from '../protocol/endpoints.ts';
import type { Sharing } from '../protocol/window/nodes.ts';
import type { OpenLab } from '../lab/open-lab.ts';
import type { NodeFace, SharedLab } from './shared-lab.ts';
import type { Uploads } from './uploads/uploads.ts';

export interface ApplicationOptions {
  /** Absolute path of the folder `resources/`. */
  readonly resources: string;
  /** Absolute path of this user's folder. */
  readonly userFolder: string;
  /** The lab file that is opened first; created if missing. */
  readonly lab: string;
  /** CPU workers, 0 for none; null: one for each core that no card's worker needs. */
  readonly workers: number | null;
  /** Cards that get a worker each. Default: every card on which an executor works. */
  readonly cards?: readonly StartableDevice[];
  readonly host: 'electron' | 'server';
  readonly version: string;
  /** Overrides how a worker is started; default: as `worker-program.ts` finds it. */
  readonly worker?: WorkerProgram;
  /**
   * Called when the file is known to be a lab and this process holds it, before its contents are
   * read.
   */
  readonly held?: () => void;
  /**
   * Milliseconds after which an existing lab is checked; default: after its first rows have been
   * read.
   */
  readonly checkAfterMs?: number;
  /** Seconds since the last input, as Electron reports them; absent: other sources are asked. */
  readonly idleSeconds?: () => number;
  /** Replaces options of the scheduler. */
  readonly options?: Partial<LabOptions>;
  /** Shares an open lab with other machines. Default: the lab cannot be shared. */
  readonly share?: (lab: OpenLab) => SharedLab;
  /** This machine as a node of another lab. Default: it cannot join one. */
  readonly face?: NodeFace;
  /** Replaces this machine's devices in tests. */
  readonly machine?: {
    readonly sources: Partial<UtilisationSources>;
    readonly look: DeviceWatchOptions['look'];
  };
}

/** A running study, for a tray or a title. */
export interface RunningStudy {
  readonly key: string;
  readonly name: string;
  readonly ended: number;
  /** Null: no limit of trials. */
  readonly trials: number | null;
}

export interface Application {
  readonly endpoints: Endpoints;
  /** Files uploaded by browsers; their chunks do not pass through the endpoint table. */
  readonly uploads: Uploads;
  /** The open lab file. */
  readonly labFile: string;
  /** Sharing of the open lab with other machines. */
  readonly sharing: Sharing;
  runningStudies(): readonly RunningStudy[];
  /**
   * Calls back, a few times a second at most, when the running studies may have changed.
   * @returns a function that unsubscribes
   */
  onChange(changed: () => void): () => void;
  /** The machine goes to sleep, or has woken: as a node it tells its host. */
  asleep(now: boolean): void;
  /** Gives running trials a moment to finish, commits, ends the workers and closes the lab. */
  close(): Promise<void>;
}
