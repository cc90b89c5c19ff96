/**
 * Assembles one lab in one process: file, sockets, this machine's workers and the coordinator
 * between them. Contains no decisions and no user interface.
 */
import { existsSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { systemClock } from '../coordinator/clock.ts';
import { Coordinator } from '../coordinator/coordinator.ts';
import { takeEditRequests } from '../coordinator/search-edits.ts';
import type {
  CoordinatorListener,
  CoordinatorParts,
  WorkerHost,
} from '../coordinator/coordinator.ts';
import { THIS_NODE, isOnThisNode } from '../core/device.ts';
import type { Device } from '../core/device.ts';
import type { Change, LabOptions } from '../core/scheduling/index.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { catalogueIn } from '../datasets/catalogue.ts';
import type { Catalogue } from '../datasets/catalogue.ts';
import { datasetsFolder } from '../datasets/places.ts';
import type { UseSources } from '../node/courtesy/machine-courtesy.ts';
import { LanFolder } from '../node/keys/lan-folder.ts';
import { notePackages } from '../node/keys/packages.ts';
import type { WorkerExit } from '../node/workers/worker-processes.ts';
import { objectiveCheck } from '../objectives/objective-check.ts';
import { objectiveKind } from '../objectives/registry.ts';
import type { PackageDifference } from '../objectives/command/python/package-differences.ts';
import { allOrNothing } from '../runtime/all-or-nothing.ts';
import { availableCores } from '../runtime/confinement.ts';
import { cpuDevice, memoryBytes } from '../runtime/cpu-device.ts';
import { userFolder } from '../runtime/user-folder.ts';
import { openLab } from '../storage/sqlite.ts';
import type { LabStorage } from '../storage/storage.ts';
import { auditSeedOf } from './audit-seed.ts';
import { LabTransport } from '../transport/lab-transport.ts';
import { ZeromqCoordinator } from '../transport/zeromq.ts';
import { CheckpointFolders } from './checkpoint-folders.ts';
import { Checkpoints } from './checkpoints.ts';
import { FailingStudies } from './failing-studies.ts';
import { goneStudies, labIdOf } from './gone-studies.ts';
import { LabCheck } from './lab-check.ts';
import { LocalCourtesy } from './local-courtesy.ts';
import { LocalWorkers } from './local-workers.ts';
import type { WorkersWanted } from './local-workers.ts';
import type { Damage } from './lab-check.ts';
import { LabDatasets } from './lab-datasets.ts';
import { offerOfNode } from './node-facts.ts';
import { NodePackages } from './node-packages.ts';
import { RemoteHost } from './remote-host.ts';
import { LabShare } from './share.ts';
import { workerProgram } from './worker-program.ts';
import type { WorkerProgram } from './worker-program.ts';
import { SnapshotStore } from '../objectives/command/snapshot/snapshot-store.ts';
import { ReceivedOutput } from '../objectives/command/output/received-output.ts';
import { noteSnapshot } from './study-files.ts';
import {
  codeOf,
  datasetReferences,
  demandsOfStudies,
  devicesOfStudies,
  shapeKeys,
  timingsOf,
} from './study-facts.ts';

/**
 * Milliseconds between two checks that the lab file and its log are still the files that are being
 * written, and whether another program has enqueued trials or asked to edit a search.
 */
const VERIFY_EVERY_MS = 2_000;

export interface LabParts {
  /** The lab file, created if missing. */
  readonly file: string;
  /** Absolute path of the folder `resources/`. */
  readonly resources: string;
  /** Absolute path of this user's folder; default: the system's convention. */
  readonly userFolder?: string;
  readonly listener: CoordinatorListener & {
    /** A worker process ended; `exit` contains its last output. */
    workerExited(exit: WorkerExit): void;
    /**
     * A node has not what a study needs, a dataset or code, and therefore takes no trials of it.
     */
    nodeLacks?(node: string, what: string, reason: string): void;
    /** A node has told of its Python and packages for a study of a program; empty: as here. */
    nodePackages?(
      node: string,
      study: Pick<StudySpec, 'name' | 'objective'>,
      differences: readonly PackageDifference[],
    ): void;
    /** The opened lab contains invalid data. */
    damaged?(damage: Damage): void;
  };
  readonly options?: Partial<LabOptions>;
  readonly energyBetween?: CoordinatorParts['energyBetween'];
  readonly takeOver?: boolean;
  /** This machine's processor; default: as the system describes it. */
  readonly device?: Device;
  /** Overrides how a worker is started; default: `workerProgram`. */
  readonly worker?: WorkerProgram;
  /**
   * Called when the file is known to be a lab and this process holds it, before its contents are
   * read.
   */
  readonly held?: () => void;
  /** Milliseconds after which a lab that existed before is checked. */
  readonly checkAfterMs?: number;
  /** Replaces sources of this machine's use by its owner. */
  readonly use?: Partial<UseSources>;
}

/** Parts with defaults. */
type OwnParts = Required<Pick<LabParts, 'userFolder' | 'worker' | 'device'>>;

export interface RunningLab {
  readonly coordinator: Coordinator;
  /** Absolute path of the folder with the files of its studies. */
  readonly userFolder: string;
  /** Starts this machine's workers. @returns their slots */
  startWorkers(workers: WorkersWanted): readonly string[];
  /** The running worker processes of this machine. */
  readonly workers: readonly { readonly slot: string; readonly pid: number }[];
  /** Other machines; sharing is off at first. */
  readonly share: LabShare;
  /** Limits that this machine's owner sets for its own workers. */
  readonly courtesy: LocalCourtesy;
  /** Commits pending writes, ends the workers and closes the file. */
  close(): Promise<void>;
}

/**
 * Opens the lab file and starts everything but the workers. Undoes the completed steps when a step
 * fails.
 * @throws StorageError when the file is not a lab or is damaged, or another process holds it
 */
export function startLab(parts: LabParts): Promise<RunningLab> {
  return allOrNothing((onFailure) => Lab.start(parts, onFailure));
}

/** The parts of a lab, what each tells the others, and their end. */
class Lab implements RunningLab {
  readonly share: LabShare;
  readonly courtesy: LocalCourtesy;
  readonly #parts: LabParts & OwnParts;
  readonly #storage: LabStorage;
  readonly #checkpoints: Checkpoints;
  readonly #transport: LabTransport;
  readonly #workers: LocalWorkers;
  readonly #remote: RemoteHost;
  readonly #packages: NodePackages;
  readonly #datasets: LabDatasets;
  readonly #catalogue: Catalogue;
  readonly #referenceOf: ReturnType<typeof datasetReferences>;
  readonly #checkpointFolders: CheckpointFolders;
  readonly #failing: FailingStudies;
  /** Null while the lab is being opened, when changes are shown already. */
  #opened: Coordinator | null = null;
  #verifying: NodeJS.Timeout | undefined;
  #check: LabCheck | null = null;
  #closing: Promise<void> | null = null;

  private constructor(
    parts: LabParts & OwnParts,
    storage: LabStorage,
    checkpoints: Checkpoints,
    transport: LabTransport,
    local: ZeromqCoordinator,
  ) {
    const { file, resources, userFolder: home, listener, worker, device, use } = parts;
    this.#parts = parts;
    this.#storage = storage;
    this.#checkpoints = checkpoints;
    this.#transport = transport;
    this.#catalogue = catalogueIn(home);
    this.#referenceOf = datasetReferences(this.#catalogue);
    this.courtesy = new LocalCourtesy({
      userFolder: home,
      coordinator: () => this.coordinator,
      transport: local,
      ...(use === undefined ? {} : { use }),
    });
    this.#workers = new LocalWorkers({
      program: worker,
      controlEndpoint: local.controlEndpoint,
      token: local.token,
      resources,
      userFolder: home,
      cpu: device,
      courtesy: this.courtesy,
      onExit: (exit) => this.#exited(exit),
    });
    this.#remote = this.#createRemote();
    this.#packages = new NodePackages({
      changed: (node, study, differences) => {
        this.share.nodesChanged();
        listener.nodePackages?.(node, study, differences);
      },
    });
    this.share = new LabShare({
      transport,
      remote: this.#remote,
      userFolder: home,
      lab: nameOf(file),
      coordinator: () => this.coordinator,
      transfers: (node) => this.#datasets.transfers(node),
      unsent: (node) => this.#datasets.unsentTo(node),
      packages: (node) => this.#packages.of(node, () => this.#unfinished()),
      data: (node, frames) => this.#datasets.frames(node, frames),
    });
    this.#datasets = this.#createDatasets();
    this.share.listen(() => this.#datasets.changed());
    this.#checkpointFolders = new CheckpointFolders(home, (discarded) => {
      this.#opened?.discard(discarded);
    });
    this.#failing = new FailingStudies((study, reason) => {
      this.#opened?.command({ type: 'studyPaused', study, graceMs: 0, reason });
    });
  }

  static async start(parts: LabParts, onFailure: (undo: () => unknown) => void): Promise<Lab> {
    const { file, takeOver = false, held } = parts;
    const own = {
      userFolder: parts.userFolder ?? userFolder(),
      worker: parts.worker ?? workerProgram(),
      device: parts.device ?? cpuDevice(),
    };
    const existed = existsSync(file);
    const storage = openLab(file, { create: true, takeOver, checkpoints: 'beside' });
    onFailure(() => storage.close());
    const checkpoints = new Checkpoints(file);
    onFailure(() => checkpoints.close());
    held?.();
    const local = await ZeromqCoordinator.bind();
    const transport = new LabTransport(local);
    onFailure(() => transport.close());
    const lab = new Lab({ ...parts, ...own }, storage, checkpoints, transport, local);
    await lab.#open(existed);
    return lab;
  }

  get coordinator(): Coordinator {
    if (this.#opened === null) throw new Error('the lab is still being opened');
    return this.#opened;
  }

  get userFolder(): string {
    return this.#parts.userFolder;
  }

  get workers(): LocalWorkers['running'] {
    return this.#workers.running;
  }

  startWorkers(wanted: WorkersWanted): readonly string[] {
    return this.#workers.start(wanted, this.coordinator);
  }

  close(): Promise<void> {
    return (this.#closing ??= (async () => {
      clearInterval(this.#verifying);
      this.#datasets.close();
      this.courtesy.close();
      await this.share.close();
      await this.coordinator.close();
      await this.#workers.close();
      await this.#checkpoints.close();
      await this.#check?.close();
      this.#storage.close();
    })());
  }

  #createRemote(): RemoteHost {
    const { file } = this.#parts;
    return new RemoteHost({
      channels: this.#transport.nodes,
      lab: () => nameOf(file),
      labId: labIdOf(this.#storage.lab.uid, file),
      unknown: (studies) =>
        this.#opened === null || !this.#storage.holds()
          ? null
          : goneStudies(this.#opened.lab.studies, studies),
      take: (event) => this.coordinator.node(event),
      fetch: (_, version) => this.#datasets.orders(version),
      nameOf: (node) => this.share.nameOf(node),
      paused: (node, reason) => this.share.paused(node, reason),
      exited: (exit) => this.#exited(exit),
      received: (node, message) => {
        if (message.type === 'node') this.share.joined(node);
        if (message.type === 'rekey' || message.type === 'rekeyed')
          this.share.rekeyed(node, message);
        this.#datasets.received(node, message);
      },
    });
  }

  #createDatasets(): LabDatasets {
    const { userFolder: home, listener } = this.#parts;
    return new LabDatasets({
      catalogue: this.#catalogue,
      folder: datasetsFolder(home),
      codeFolder: (content) => SnapshotStore.own(home).placeOf(content),
      send: (node, message) => this.#transport.nodes.send(node, message),
      sendData: (node, frames) => this.share.sendData(node, frames),
      keyOf: (node) => this.share.keyOf(node),
      shared: () => this.share.sharing.on,
      lacks: (node, what, reason) => listener.nodeLacks?.(node, what, reason),
      packages: (node, study, found) => {
        notePackages(new LanFolder(home), { node, study: study.name, found });
        void this.#packages.answered(node, study, found);
      },
      unfinished: () => this.#unfinished(),
    });
  }

  async #open(existed: boolean): Promise<void> {
    const { file, resources, userFolder: home, listener, energyBetween } = this.#parts;
    const { checkAfterMs = 0 } = this.#parts;
    const received = new ReceivedOutput(home);
    const coordinator = await Coordinator.open({
      storage: this.#storage,
      transport: this.#transport,
      clock: systemClock(),
      listener: {
        ...listener,
        show: (study, change) => this.#show(study, change),
        showLab: (change) => {
          this.share.labChanged(change);
          if (change.kind === 'nodePresence' && change.presence === 'absent')
            this.#datasets.gone(change.node);
          listener.showLab(change);
        },
      },
      options: this.#options(),
      datasetOf: this.#referenceOf,
      output: (attempt, from, bytes) => {
        const study = this.#opened?.lab.studies.get(attempt.study);
        if (study !== undefined) received.add(attempt, study.spec.objective, from, bytes);
      },
      ...(energyBetween === undefined ? {} : { energyBetween }),
      host: {
        spawn: (slot, incarnation, afterMs) => this.#hostOf(slot).spawn(slot, incarnation, afterMs),
        kill: (slot, incarnation, afterMs) => this.#hostOf(slot).kill(slot, incarnation, afterMs),
      },
      nodes: this.#remote,
    });
    this.#opened = coordinator;
    for (const study of coordinator.lab.studies.values()) noteSnapshot(home, resolve(file), study);
    if (existed)
      this.#check = new LabCheck(file, checkAfterMs, (damage) => listener.damaged?.(damage));
    const checkObjective = objectiveCheck({ resources, userFolder: home });
    const takeEdits = (): void => {
      takeEditRequests(coordinator, this.#storage, checkObjective).catch((error: unknown) =>
        coordinator.fail(error),
      );
    };
    takeEdits();
    this.#verifying = setInterval(() => {
      coordinator.verifyStorage();
      coordinator.takeEnqueued();
      takeEdits();
    }, VERIFY_EVERY_MS).unref();
  }

  /** Facts about studies and machines that the scheduler asks for. */
  #options(): Partial<LabOptions> {
    const shapeOf = shapeKeys(this.#catalogue);
    const workers = this.#workers;
    return {
      // Lanes of one trial each have nothing to agree on.
      shapeKey: (spec, params) => (workers.lanes > 1 ? shapeOf(spec, params) : null),
      runsOn: devicesOfStudies(),
      demandOf: demandsOfStudies(),
      offerOf: (node) =>
        node === THIS_NODE
          ? { cores: availableCores(), memoryBytes: memoryBytes() }
          : offerOfNode(this.#remote.nodes.get(node)),
      sideBySide: ({ objective }) => objectiveKind(objective.kind)?.sideBySide(objective) ?? false,
      mostLanes: ({ objective }) => objectiveKind(objective.kind)?.mostLanes ?? Infinity,
      auditSeedOf: (study) => auditSeedOf(this.#storage.lab.uid, study),
      timingsOf,
      modelOf: (slot) => workers.modelOf(slot),
      contentOf: ({ objective }) =>
        (this.#referenceOf(objective) ?? codeOf(objective))?.content ?? null,
      ...this.#parts.options,
    };
  }

  #show(study: string, change: Change): void {
    const { file, userFolder: home, listener } = this.#parts;
    if (change.kind === 'study' && change.state === 'running') this.#workers.startNow();
    if (change.kind === 'study') this.#datasets.changed();
    if (change.kind === 'studyRemoved') this.#remote.removed(study);
    const of = this.#opened?.lab.studies.get(study);
    if (of !== undefined) this.#checkpointFolders.changed(of, change);
    this.#failing.changed(study, change);
    if (of !== undefined && change.kind === 'study') noteSnapshot(home, resolve(file), of);
    listener.show(study, change);
  }

  #exited(exit: WorkerExit): void {
    this.#parts.listener.workerExited(exit);
    this.coordinator.exited(exit);
  }

  #hostOf(slot: string): WorkerHost {
    return isOnThisNode(slot) ? this.#workers : this.#remote;
  }

  #unfinished(): StudySpec[] {
    return [...this.coordinator.lab.studies.values()]
      .filter(({ state }) => state !== 'finished')
      .map(({ spec }) => spec);
  }
}

/** Name of a lab, for people. */
function nameOf(file: string): string {
  return basename(file, extname(file));
}
