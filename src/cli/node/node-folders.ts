/**
 * Datasets and code snapshots that a node fetches. It takes code only if the owner permits programs
 * of the lab, and reports it as present only if its programs are found on this machine.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FetchedDatasets } from '../../datasets/fetched.ts';
import type { FetchOrder } from '../../node/data/fetch.ts';
import type { DatasetFolders } from '../../node/data/node-store.ts';
import { packagesForLab } from '../../objectives/command/python/packages.ts';
import { programMissing } from '../../objectives/command/snapshot/code-snapshot.ts';
import {
  LIST_FILE,
  SnapshotStore,
  hashOf,
} from '../../objectives/command/snapshot/snapshot-store.ts';
import type { PackagesReport } from '../../protocol/node-messages.ts';

/** Shown on both machines. */
const NOT_PERMITTED =
  'this node does not run programs of other machines; on it: galapagos node --allow-commands';

export class NodeFolders implements DatasetFolders {
  readonly incoming: string;
  readonly #datasets: FetchedDatasets;
  readonly #snapshots: SnapshotStore;
  readonly #permitted: boolean;
  readonly #env: Readonly<Record<string, string>>;
  readonly #refused: (text: string) => void;
  /** Hashes of code whose programs were found. */
  readonly #accepted = new Set<string>();
  readonly #said = new Set<string>();

  /**
   * @param permitted whether the owner permits programs of the lab's host
   * @param env of the programs
   * @param refused receives each new reason for which code is not taken
   */
  constructor(
    datasets: FetchedDatasets,
    userFolder: string,
    permitted: boolean,
    env: NodeJS.ProcessEnv,
    refused: (text: string) => void,
  ) {
    this.#datasets = datasets;
    this.#snapshots = SnapshotStore.fetched(userFolder);
    this.#permitted = permitted;
    this.#env = Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    this.#refused = refused;
    this.incoming = datasets.incoming;
  }

  contents(): readonly string[] {
    return [...this.#datasets.contents(), ...this.#accepted];
  }

  refusal(order: FetchOrder): string | null {
    if (order.programs === undefined) return null;
    const reason = this.#permitted ? this.#missing(order) : NOT_PERMITTED;
    if (reason === null) return null;
    this.#accepted.delete(order.content);
    const text = `${order.name}: ${reason}`;
    if (!this.#said.has(text)) this.#refused(text);
    this.#said.add(text);
    return reason;
  }

  async packages({ content, programs = [] }: FetchOrder): Promise<PackagesReport[]> {
    const reports: PackagesReport[] = [];
    for (const program of this.#permitted && this.#accepted.has(content) ? programs : []) {
      const found = await packagesForLab(program, this.#env);
      if (found !== null) reports.push({ type: 'packages', content, program, found });
    }
    return reports;
  }

  async finish(order: FetchOrder): Promise<void> {
    if (order.programs === undefined) {
      await this.#datasets.finish(order);
      return;
    }
    const collected = join(this.incoming, order.tree);
    const found = hashOf(readFileSync(join(collected, LIST_FILE), 'utf8'));
    if (found !== order.content)
      throw new Error(`${order.name}: expected content ${order.content}, found ${found}`);
    const place = join(this.#snapshots.folder, order.content);
    mkdirSync(this.#snapshots.folder, { recursive: true, mode: 0o700 });
    rmSync(place, { recursive: true, force: true });
    renameSync(collected, place);
    const reason = this.refusal(order);
    if (reason !== null) throw new Error(reason);
  }

  fetched(): ReturnType<DatasetFolders['fetched']> {
    const code = this.#snapshots.hashes().flatMap((content) => {
      const place = this.#snapshots.placeOf(content);
      if (place === null) return [];
      const bytes = statSync(join(place, 'training')).size;
      return [{ content, bytes, usedAt: statSync(place).mtimeMs }];
    });
    return [...this.#datasets.fetched(), ...code];
  }

  folderOf(content: string): string | null {
    return this.#datasets.folderOf(content) ?? this.#snapshots.placeOf(content);
  }

  async remove(content: string): Promise<void> {
    this.#accepted.delete(content);
    this.#snapshots.remove(content);
    await this.#datasets.remove(content);
  }

  disk(): ReturnType<DatasetFolders['disk']> {
    return this.#datasets.disk();
  }

  /**
   * Returns why a program of fetched code cannot be started; null: it can, or the code is not here.
   */
  #missing({ content, programs = [] }: FetchOrder): string | null {
    const entries = this.#snapshots.entries(content);
    if (entries === null) return null;
    for (const program of programs) {
      const missing = programMissing(program, entries, this.#env);
      if (missing !== null) return `cannot start ${program.command} here: found ${missing}`;
    }
    this.#accepted.add(content);
    return null;
  }
}
