/**
 * Datasets of a shared lab: tells its nodes which ones unfinished studies need, serves the chunks,
 * and reports to the scheduler which node has what.
 */
import type { Catalogue } from '../datasets/catalogue.ts';
import type { DatasetReference } from '../datasets/content.ts';
import { folderToServe } from '../datasets/fetched.ts';
import { HostDatasets, type DatasetTransfer } from '../node/data/host-datasets.ts';
import type { FetchOrder } from '../node/data/fetch.ts';
import { servedTree } from '../node/data/stored-tree.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import type { ToNode } from '../protocol/node-messages.ts';
import { systemTimer } from '../runtime/timer.ts';
import { framesOf, readRequest, type DataFrames } from '../transport/nodes/data-channel.ts';
import type { UnsentDataset } from './node-refusals.ts';
import type { OtherMessage } from './remote-host.ts';
import { datasetReferences } from './study-facts.ts';

export interface LabDatasetsParts {
  readonly catalogue: Catalogue;
  /** Absolute path of the folder of imported datasets. */
  readonly folder: string;
  readonly send: (node: string, message: ToNode) => void;
  /** Sends frames on a node's data channel. */
  readonly sendData: (node: string, frames: DataFrames) => Promise<void>;
  /** Public key of an admitted node in hex; null: it is not admitted. */
  readonly keyOf: (node: string) => string | null;
  /** Whether the lab is shared; nothing is prepared before. */
  readonly shared: () => boolean;
  /** Studies that are not finished. */
  readonly unfinished: () => Iterable<Pick<StudySpec, 'objective'>>;
}

export class LabDatasets {
  readonly #parts: LabDatasetsParts;
  readonly #host: HostDatasets;
  readonly #referenceOf: ReturnType<typeof datasetReferences>;
  readonly #unsent = new Map<string, UnsentDataset>();
  readonly #references = new WeakMap<StudySpec['objective'], DatasetReference | null>();
  #wanted = '';

  constructor(parts: LabDatasetsParts) {
    this.#parts = parts;
    this.#referenceOf = datasetReferences(parts.catalogue);
    this.#host = new HostDatasets({
      timer: systemTimer,
      open: async (dataset, signal) => {
        const folder = await folderToServe(parts.folder, dataset);
        return folder === null ? null : servedTree(folder, signal);
      },
      send: parts.send,
      failed: ({ content, name }, reason) => this.#unsent.set(content, { name, reason }),
    });
  }

  /** Datasets that nodes should have, for `nodeWelcome`. */
  orders(): FetchOrder[] {
    return [...this.#host.orders()];
  }

  /** Datasets that cannot be sent to nodes, by content. */
  get unsent(): ReadonlyMap<string, UnsentDataset> {
    return this.#unsent;
  }

  /** Progress of a node's datasets. */
  transfers(node: string): DatasetTransfer[] {
    return this.#host.transfers(node);
  }

  /** Sharing was turned on or off, or a study was created, extended or finished. */
  changed(): void {
    const wanted = new Map<string, DatasetReference>();
    const studies = this.#parts.shared() ? this.#parts.unfinished() : [];
    for (const { objective } of studies) {
      const known = this.#references.get(objective);
      const reference = known === undefined ? this.#referenceOf(objective) : known;
      this.#references.set(objective, reference);
      if (reference !== null) wanted.set(reference.content, reference);
    }
    const names = [...wanted.keys()].sort().join();
    if (names === this.#wanted) return;
    this.#wanted = names;
    this.#unsent.clear();
    void this.#host.want([...wanted.values()]);
  }

  received(node: string, message: OtherMessage): void {
    if (message.type === 'data') this.#host.report(node, message);
    const key = this.#parts.keyOf(node);
    if (key === null) return;
    if (message.type === 'rekey') this.#host.rekeyed(node, key);
    if (message.type !== 'node') return;
    const { name, has, serves } = message;
    this.#host.joined({ id: node, key, name, has, serves });
  }

  /** A node has left or was removed. */
  gone(node: string): void {
    this.#host.left(node);
  }

  /** Takes the frames of a request. @throws MalformedMessage */
  frames(node: string, frames: readonly Buffer[]): void {
    void this.#answer(node, readRequest(frames));
  }

  close(): void {
    this.#host.close();
  }

  async #answer(node: string, request: ReturnType<typeof readRequest>): Promise<void> {
    const answer = await this.#host.serve(node, request);
    // A node that has gone, or does not take what it asked for, asks again.
    await this.#parts.sendData(node, framesOf(answer)).catch(() => undefined);
  }
}
