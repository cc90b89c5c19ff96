/**
 * Assembles one lab in one process: file, sockets, this machine's workers and the coordinator
 * between them. Contains no decisions and no user interface.
 */
import { existsSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../coordinator/clock.ts';
import { Coordinator } from '../coordinator/coordinator.ts';
import { takeEditRequests } from '../coordinator/search-edits.ts';
import type { CoordinatorListener, CoordinatorParts } from '../coordinator/coordinator.ts';
import { THIS_NODE, isOnThisNode, parseSlot, slotsOf } from '../core/device.ts';
import type { Device } from '../core/device.ts';
import type { LabOptions } from '../core/scheduling/index.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { catalogueIn } from '../datasets/catalogue.ts';
import { datasetsFolder } from '../datasets/places.ts';
import type { UseSources } from '../node/courtesy/machine-courtesy.ts';
import { CPU_PIN } from '../node/devices/pin.ts';
import type { StartableDevice } from '../node/devices/pin.ts';
import { LanFolder } from '../node/keys/lan-folder.ts';
import { notePackages } from '../node/keys/packages.ts';
import { memoryLimitBytes, workerCount } from '../node/workers/slots.ts';
import { WorkerProcesses } from '../node/workers/worker-processes.ts';
import type { WorkerExit } from '../node/workers/worker-processes.ts';
import { objectiveCheck } from '../objectives/objective-check.ts';
import { objectiveKind } from '../objectives/registry.ts';
import type { PackageDifference } from '../objectives/command/python/package-differences.ts';
import { allOrNothing } from '../runtime/all-or-nothing.ts';
import { availableCores } from '../runtime/confinement.ts';
import { cpuDevice, memoryBytes } from '../runtime/cpu-device.ts';
import { builtForSources } from '../runtime/start-thread.ts';
import { userFolder } from '../runtime/user-folder.ts';
import { openLab } from '../storage/sqlite.ts';
import { auditSeedOf } from './audit-seed.ts';
import { LabTransport } from '../transport/lab-transport.ts';
import { ZeromqCoordinator } from '../transport/zeromq.ts';
import { CheckpointFolders } from './checkpoint-folders.ts';
import { Checkpoints } from './checkpoints.ts';
import { FailingStudies } from './failing-studies.ts';
import { goneStudies, labIdOf } from './gone-studies.ts';
import { LabCheck } from './lab-check.ts';
import { LocalCourtesy } from './local-courtesy.ts';
import type { Damage } from './lab-check.ts';
import { LabDatasets } from './lab-datasets.ts';
import { offerOfNode } from './node-facts.ts';
import { NodePackages } from './node-packages.ts';
import { RemoteHost } from './remote-host.ts';
import { LabShare } from './share.ts';
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
/** Milliseconds that workers have to exit by themselves when the lab closes. */
const CLOSE_GRACE_MS = 500;

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

export interface WorkerProgram {
  /** Absolute path of the worker's entry. */
  readonly entry: string;
  /** A plain Node; default: this process's own. */
  readonly execPath?: string;
  readonly execArgv?: readonly string[];
}

export interface WorkersWanted {
  /**
   * CPU workers, 0 for none; null: one for each core that no card's worker needs. Within this
   * machine's limits.
   */
  readonly count: number | null;
  /** Cards, which get a worker each. Default: none. */
  readonly cards?: readonly StartableDevice[];
  /** Milliseconds after which processes start if no study runs; they start as soon as one does. */
  readonly laterMs?: number;
}

export interface RunningLab {
  readonly coordinator: Coordinator;
  /** Absolute path of the folder with the files of its studies. */
  readonly userFolder: string;
  /** Starts this machine's workers. @returns their slots */
  readonly startWorkers: (workers: WorkersWanted) => readonly string[];
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
  return allOrNothing((onFailure) => start(parts, onFailure));
}

async function start(
  {
    file,
    resources,
    userFolder: home = userFolder(),
    listener,
    options,
    energyBetween,
    takeOver = false,
    worker = workerProgram(),
    device = cpuDevice(),
    held,
    checkAfterMs = 0,
    use,
  }: LabParts,
  onFailure: (undo: () => unknown) => void,
): Promise<RunningLab> {
  const existed = existsSync(file);
  const storage = openLab(file, { create: true, takeOver, checkpoints: 'beside' });
  onFailure(() => storage.close());
  const checkpoints = new Checkpoints(file);
  onFailure(() => checkpoints.close());
  held?.();
  const local = await ZeromqCoordinator.bind();
  const transport = new LabTransport(local);
  onFailure(() => transport.close());
  const catalogue = catalogueIn(home);
  const shapeOf = shapeKeys(catalogue);
  const referenceOf = datasetReferences(catalogue);
  let lanes = device.lanes;
  let devices: readonly Device[] = [device];
  let workers: WorkerProcesses | null = null;
  const remote = new RemoteHost({
    channels: transport.nodes,
    lab: () => basename(file, extname(file)),
    labId: labIdOf(storage.lab.uid, file),
    unknown: (studies) =>
      opened === null || !storage.holds() ? null : goneStudies(opened.lab.studies, studies),
    take: (event) => coordinator.node(event),
    fetch: (_, version) => datasets.orders(version),
    nameOf: (node) => share.nameOf(node),
    paused: (node, reason) => share.paused(node, reason),
    exited: (exit) => {
      listener.workerExited(exit);
      coordinator.exited(exit);
    },
    received: (node, message) => {
      if (message.type === 'node') share.joined(node);
      if (message.type === 'rekey' || message.type === 'rekeyed') share.rekeyed(node, message);
      datasets.received(node, message);
    },
  });
  const unfinished = (): StudySpec[] =>
    [...coordinator.lab.studies.values()]
      .filter(({ state }) => state !== 'finished')
      .map(({ spec }) => spec);
  const packages = new NodePackages({
    changed: (node, study, differences) => {
      share.nodesChanged();
      listener.nodePackages?.(node, study, differences);
    },
  });
  const share: LabShare = new LabShare({
    transport,
    remote,
    userFolder: home,
    lab: basename(file, extname(file)),
    coordinator: () => coordinator,
    transfers: (node) => datasets.transfers(node),
    unsent: (node) => datasets.unsentTo(node),
    packages: (node) => packages.of(node, unfinished),
    data: (node, frames) => datasets.frames(node, frames),
  });
  const datasets: LabDatasets = new LabDatasets({
    catalogue,
    folder: datasetsFolder(home),
    codeFolder: (content) => SnapshotStore.own(home).placeOf(content),
    send: (node, message) => transport.nodes.send(node, message),
    sendData: (node, frames) => share.sendData(node, frames),
    keyOf: (node) => share.keyOf(node),
    shared: () => share.sharing.on,
    lacks: (node, what, reason) => listener.nodeLacks?.(node, what, reason),
    packages: (node, study, found) => {
      notePackages(new LanFolder(home), { node, study: study.name, found });
      void packages.answered(node, study, found);
    },
    unfinished,
  });
  share.listen(() => datasets.changed());
  const courtesy = new LocalCourtesy({
    userFolder: home,
    coordinator: () => coordinator,
    transport: local,
    ...(use === undefined ? {} : { use }),
  });
  // Changes are shown already while it opens.
  let opened: Coordinator | null = null;
  const checkpointFolders = new CheckpointFolders(home, (discarded) => {
    opened?.discard(discarded);
  });
  const failing = new FailingStudies((study, reason) => {
    opened?.command({ type: 'studyPaused', study, graceMs: 0, reason });
  });
  const received = new ReceivedOutput(home);
  const coordinator: Coordinator = await Coordinator.open({
    storage,
    transport,
    clock: systemClock(),
    listener: {
      ...listener,
      show: (study, change) => {
        if (change.kind === 'study' && change.state === 'running') workers?.startNow();
        if (change.kind === 'study') datasets.changed();
        if (change.kind === 'studyRemoved') remote.removed(study);
        const of = opened?.lab.studies.get(study);
        if (of !== undefined) checkpointFolders.changed(of, change);
        failing.changed(study, change);
        if (of !== undefined && change.kind === 'study') noteSnapshot(home, resolve(file), of);
        listener.show(study, change);
      },
      showLab: (change) => {
        share.labChanged(change);
        if (change.kind === 'nodePresence' && change.presence === 'absent')
          datasets.gone(change.node);
        listener.showLab(change);
      },
    },
    options: {
      // Lanes of one trial each have nothing to agree on.
      shapeKey: (spec, params) => (lanes > 1 ? shapeOf(spec, params) : null),
      runsOn: devicesOfStudies(),
      demandOf: demandsOfStudies(),
      offerOf: (node) =>
        node === THIS_NODE
          ? { cores: availableCores(), memoryBytes: memoryBytes() }
          : offerOfNode(remote.nodes.get(node)),
      sideBySide: ({ objective }) => objectiveKind(objective.kind)?.sideBySide(objective) ?? false,
      mostLanes: ({ objective }) => objectiveKind(objective.kind)?.mostLanes ?? Infinity,
      auditSeedOf: (study) => auditSeedOf(storage.lab.uid, study),
      timingsOf,
      modelOf: (slot) => devices.find(({ id }) => id === parseSlot(slot).device)?.name ?? '',
      contentOf: ({ objective }) => (referenceOf(objective) ?? codeOf(objective))?.content ?? null,
      ...options,
    },
    datasetOf: referenceOf,
    output: (attempt, from, bytes) => {
      const study = opened?.lab.studies.get(attempt.study);
      if (study !== undefined) received.add(attempt, study.spec.objective, from, bytes);
    },
    ...(energyBetween === undefined ? {} : { energyBetween }),
    host: {
      spawn: (slot, incarnation, afterMs) => {
        (isOnThisNode(slot) ? workers : remote)?.spawn(slot, incarnation, afterMs);
        if (isOnThisNode(slot)) courtesy.started();
      },
      kill: (slot, incarnation, afterMs) =>
        (isOnThisNode(slot) ? workers : remote)?.kill(slot, incarnation, afterMs),
    },
    nodes: remote,
  });
  opened = coordinator;
  for (const study of coordinator.lab.studies.values()) noteSnapshot(home, resolve(file), study);
  const check = existed
    ? new LabCheck(file, checkAfterMs, (damage) => listener.damaged?.(damage))
    : null;
  const checkObjective = objectiveCheck({ resources, userFolder: home });
  const takeEdits = (): void => {
    takeEditRequests(coordinator, storage, checkObjective).catch((error: unknown) =>
      coordinator.fail(error),
    );
  };
  takeEdits();
  const verifying = setInterval(() => {
    coordinator.verifyStorage();
    coordinator.takeEnqueued();
    takeEdits();
  }, VERIFY_EVERY_MS).unref();
  return {
    coordinator,
    userFolder: home,
    startWorkers({ count, cards = [], laterMs = 0 }) {
      const cpus = workerCount(count ?? Math.max(1, availableCores() - cards.length)).workers;
      const slots = [
        ...(count === 0 ? [] : slotsOf(THIS_NODE, device, cpus)),
        ...cards.flatMap((card) => slotsOf(THIS_NODE, card.device, 1)),
      ];
      devices = [device, ...cards.map((card) => card.device)];
      lanes = Math.max(lanes, ...cards.map((card) => card.device.lanes));
      workers = new WorkerProcesses({
        ...worker,
        controlEndpoint: local.controlEndpoint,
        token: local.token,
        resources,
        userFolder: home,
        devices,
        pinOf: ({ id }) => cards.find((card) => card.device.id === id) ?? CPU_PIN,
        memoryLimitBytes: memoryLimitBytes(slots.length),
        threads: Math.max(1, Math.floor(availableCores() / Math.max(1, slots.length))),
        onExit: (exit) => {
          listener.workerExited(exit);
          coordinator.exited(exit);
        },
      });
      const runs = [...coordinator.lab.studies.values()].some(({ state }) => state === 'running');
      if (laterMs > 0 && !runs) workers.holdStarts(laterMs);
      coordinator.offerSlots(slots);
      courtesy.start(slots, cards, workers);
      return slots;
    },
    get workers() {
      return workers?.running ?? [];
    },
    share,
    courtesy,
    close: once(async () => {
      clearInterval(verifying);
      datasets.close();
      courtesy.close();
      await share.close();
      await coordinator.close();
      await workers?.close(CLOSE_GRACE_MS);
      await checkpoints.close();
      await check?.close();
      storage.close();
    }),
  };
}

/** Returns the same promise for every call. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}

/**
 * Returns the built worker beside the built entries; when this module itself runs from source, the
 * worker's source run through tsx, unless built entries are named (`builtForSources`).
 */
export function workerProgram(): WorkerProgram {
  const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  if (import.meta.url.endsWith('.ts')) {
    const built = builtForSources('worker');
    if (built !== null) return { entry: fileURLToPath(built) };
    return { entry: beside('../worker/index.ts'), execArgv: ['--import', 'tsx'] };
  }
  // Code shared by several entries is built into a folder below them.
  return {
    entry:
      ['./worker.js', '../worker.js'].map(beside).find((path) => existsSync(path)) ??
      beside('./worker.js'),
  };
}
