/** Runs the built `galapagos` command in the hosts of a bed, each with its own user folder. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LabBed } from './lab-bed.ts';
import type { HostName, HostProcess, StartOptions } from './lab-bed.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

const program = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url));

/** Gives a command a host name of its own. */
const NAMED = ['unshare', '--uts', 'sh', '-c', 'echo "$0" >/proc/sys/kernel/hostname; exec "$@"'];

export interface CommandOptions extends Omit<StartOptions, 'line'> {
  /** Name of the machine, for the command; default: that of this machine. */
  readonly name?: string;
}

export class LabHosts {
  readonly bed: LabBed;
  /** Contains the user folders of the hosts, and whatever a test puts there. */
  readonly folder: TemporaryFolder;

  protected constructor(bed: LabBed, folder: TemporaryFolder) {
    this.bed = bed;
    this.folder = folder;
  }

  static async make(count: number): Promise<LabHosts> {
    return new LabHosts(await LabBed.make(count), temporaryFolder());
  }

  /** @param line called with each whole line of standard output as it arrives */
  galapagos(
    host: HostName,
    args: readonly string[],
    line?: (text: string) => void,
    { name, ...options }: CommandOptions = {},
  ): HostProcess {
    const env = { GALAPAGOS_HOME: this.home(host), ...options.env };
    const named = name === undefined ? [] : [...NAMED, name];
    const command = [...named, process.execPath, program, ...args];
    return this.bed.start(host, command, {
      ...options,
      env,
      ...(line === undefined ? {} : { line }),
    });
  }

  /** Returns the user folder of a host, which exists. */
  home(host: HostName): string {
    const path = this.folder.file(host);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  }

  async close(): Promise<void> {
    await this.bed.close();
    this.folder.remove();
  }
}
