/**
 * Datasets and code snapshots of a shared lab: tells its nodes which ones unfinished studies need,
 * serves the chunks, and reports to the scheduler which node has what.
 */
import type { Catalogue } from '../datasets/catalogue.ts';
import { folderToServe } from '../datasets/fetched.ts';
import {
  HostDatasets,
  type DatasetTransfer,
  type WantedDataset,
} from '../node/data/host-datasets.ts';
import type { FetchOrder } from '../node/data/fetch.ts';
import { servedTree } from '../node/data/stored-tree.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { NODE_PROTOCOL } from '../protocol/node-messages.ts';
import type { PackagesReport, ToNode } from '../protocol/node-messages.ts';
import type { PythonPackages } from '../protocol/python-packages.ts';
import { chosenVersion } from '../protocol/worker-messages.ts';
import { systemTimer } from '../runtime/timer.ts';
import { framesOf, readRequest, type DataFrames } from '../transport/nodes/data-channel.ts';
import type { UnsentDataset } from './node-refusals.ts';
import type { OtherMessage } from './remote-host.ts';
import { datasetReferences, orderedCodeOf } from './study-facts.ts';

/** Said of nodes whose protocol has no orders of code. */
const EARLIER_RELEASE =
  'its release of Galapagos runs no programs of other machines; update it there';

/** States in which a node goes without a dataset. */
const LACKING: ReadonlySet<string> = new Set(['failed', 'paused']);

type NamedStudy = Pick<StudySpec, 'name' | 'objective'>;

export interface LabDatasetsParts {
  readonly catalogue: Catalogue;
  /** Absolute path of the folder of imported datasets. */
  readonly folder: string;
  /** Absolute path of the folder of a code snapshot; null: it is not here. */
  readonly codeFolder: (content: string) => string | null;
  readonly send: (node: string, message: ToNode) => void;
  /** Sends frames on a node's data channel. */
  readonly sendData: (node: string, frames: DataFrames) => Promise<void>;
  /** Public key of an admitted node in hex; null: it is not admitted. */
  readonly keyOf: (node: string) => string | null;
  /** Returns whether the lab is shared; nothing is prepared before. */
  readonly shared: () => boolean;
  /**
   * Told why a node has not what unfinished studies need, once for each reason.
   * @param what name of the dataset or code
   */
  readonly lacks?: (node: string, what: string, reason: string) => void;
  /** Told which Python and packages a node has for a study, each time the node says so. */
  readonly packages?: (node: string, study: NamedStudy, found: PythonPackages) => void;
  /** Studies that are not finished. */
  readonly unfinished: () => Iterable<NamedStudy>;
}

export class LabDatasets {
  readonly #parts: LabDatasetsParts;
  readonly #host: HostDatasets;
  readonly #referenceOf: ReturnType<typeof datasetReferences>;
  readonly #unsent = new Map<string, UnsentDataset>();
  readonly #references = new WeakMap<StudySpec['objective'], WantedDataset | null>();
  /** Reasons that were told. */
  readonly #told = new Set<string>();
  #wanted = '';

  constructor(parts: LabDatasetsParts) {
    this.#parts = parts;
    this.#referenceOf = datasetReferences(parts.catalogue);
    this.#host = new HostDatasets({
      timer: systemTimer,
      open: async (dataset, signal) => {
        const folder =
          dataset.programs === undefined
            ? await folderToServe(parts.folder, dataset)
            : parts.codeFolder(dataset.content);
        return folder === null ? null : servedTree(folder, signal);
      },
      send: parts.send,
      failed: ({ content, name }, reason) => this.#unsent.set(content, { name, reason }),
    });
  }

  /** Datasets and code that a node should have, for `nodeWelcome`. @param version of its link */
  orders(version: number): FetchOrder[] {
    return [...this.#host.orders(version)];
  }

  /** Datasets and code that cannot be sent to a node, by content. */
  unsentTo(node: string): ReadonlyMap<string, UnsentDataset> {
    const untold = this.#host
      .untold(node)
      .map(({ content, name }) => [content, { name, reason: EARLIER_RELEASE }] as const);
    return untold.length === 0 ? this.#unsent : new Map([...this.#unsent, ...untold]);
  }

  /** Progress of a node's datasets. */
  transfers(node: string): DatasetTransfer[] {
    return this.#host.transfers(node);
  }

  /** Sharing was turned on or off, or a study was created, extended or finished. */
  changed(): void {
    const wanted = new Map<string, WantedDataset>();
    const studies = this.#parts.shared() ? this.#parts.unfinished() : [];
    for (const { objective } of studies) {
      const known = this.#references.get(objective);
      const reference =
        known === undefined ? (this.#referenceOf(objective) ?? orderedCodeOf(objective)) : known;
      this.#references.set(objective, reference);
      if (reference !== null)
        wanted.set(reference.content, withPrograms(wanted.get(reference.content), reference));
    }
    const names = JSON.stringify([...wanted.values()]);
    if (names === this.#wanted) return;
    this.#wanted = names;
    this.#unsent.clear();
    void this.#host.want([...wanted.values()]);
  }

  received(node: string, message: OtherMessage): void {
    if (message.type === 'data') {
      this.#host.report(node, message);
      for (const { name, content, state, error } of this.#host.transfers(node))
        if (content === message.content && error !== null && LACKING.has(state))
          this.#tell(node, name, error);
    }
    if (message.type === 'packages') this.#packages(node, message);
    const key = this.#parts.keyOf(node);
    if (key === null) return;
    if (message.type === 'rekey') this.#host.rekeyed(node, key);
    if (message.type !== 'node') return;
    const { name, has, serves, v } = message;
    const version = chosenVersion(v, NODE_PROTOCOL) ?? NODE_PROTOCOL.low;
    this.#host.joined({ id: node, key, name, has, serves, version });
    for (const untold of this.#host.untold(node)) this.#tell(node, untold.name, EARLIER_RELEASE);
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

  /** Ignores answers that are of no program of an unfinished study. */
  #packages(node: string, { content, program, found }: PackagesReport): void {
    const said = JSON.stringify(program);
    for (const study of this.#parts.unfinished()) {
      const reference = this.#references.get(study.objective);
      if (reference?.content !== content) continue;
      if (reference.programs?.some((each) => JSON.stringify(each) === said) === true)
        this.#parts.packages?.(node, study, found);
    }
  }

  #tell(node: string, what: string, reason: string): void {
    const key = JSON.stringify([node, what, reason]);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#parts.lacks?.(node, what, reason);
  }

  async #answer(node: string, request: ReturnType<typeof readRequest>): Promise<void> {
    const answer = await this.#host.serve(node, request);
    // A node that has gone, or does not take what it asked for, asks again.
    await this.#parts.sendData(node, framesOf(answer)).catch(() => undefined);
  }
}

/** The content with the programs of both studies that name it. */
function withPrograms(known: WantedDataset | undefined, added: WantedDataset): WantedDataset {
  if (known?.programs === undefined || added.programs === undefined) return added;
  const programs = new Map(
    [...known.programs, ...added.programs].map((each) => [JSON.stringify(each), each]),
  );
  return { ...added, programs: [...programs.values()] };
}
