/** A node that the operating system starts at login, and how each system is told so. */

/** Name of the service where a system wants one word. */
export const SERVICE_NAME = 'galapagos-node';

/** Seconds within which a node that is asked to stop drains and leaves, before it is killed. */
export const STOP_SECONDS = 40;

/** Seconds from the end of a node to its next start. */
export const RESTART_SECONDS = 10;

/** Exit status of a node that was removed from its lab or refused for good. */
export const REFUSED_STATUS = 3;

/** Words of the service in each system's list. */
export const DESCRIPTION = 'Galapagos node: evaluates trials of a lab';

/** The process that the system starts. */
export interface NodeProcess {
  /** Absolute path of Node and of the `galapagos` command, then the arguments. */
  readonly command: readonly string[];
  /** Environment variables that the process needs beyond those of every login. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of the folder of this user's files. */
  readonly userFolder: string;
}

/** The user for whom the service is installed. */
export interface ServiceUser {
  readonly name: string;
  /** User id; -1 on Windows. */
  readonly uid: number;
  /** Absolute path of the home folder. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ServiceFile {
  /** Absolute path. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

export interface Step {
  readonly command: readonly string[];
  /** True where the step fails because there is nothing to do. */
  readonly mayFail?: boolean;
}

export interface ServiceState {
  readonly state: 'running' | 'starting' | 'stopped' | 'failed';
  readonly pid: number | null;
  /** Exit status of the last process; null: unknown. */
  readonly lastExit: number | null;
}

/** Service of a node in the terms of one system. Pure: describes files and commands only. */
export interface NodeService {
  readonly kind: 'systemd user unit' | 'LaunchAgent' | 'logon task';
  /** The first one defines the service. */
  readonly files: readonly ServiceFile[];
  /** Run after the files are written. */
  readonly install: readonly Step[];
  /** Run before the files are removed. */
  readonly uninstall: readonly Step[];
  /** Run after the files are removed. */
  readonly afterwards: readonly Step[];
  /** Prints the state of an installed service. */
  readonly status: readonly string[];
  readonly readStatus: (stdout: string) => ServiceState;
  /** Returns what to do about the message of a program that failed; null: unknown. */
  readonly remedy: (message: string) => string | null;
  /** Command that prints the log of the service, for the user. */
  readonly log: string;
  /** Command that prints `Linger=yes` if services of this user run without a login; or null. */
  readonly linger: readonly string[] | null;
}

/** Returns a positive integer, else null. */
export function positive(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : null;
}
