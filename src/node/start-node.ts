/**
 * Assembles the node process: sockets for its workers, worker processes, relay and link. Contains
 * no user interface, and admits no machine: the host's key and this node's are parameters.
 */
import type { Device } from '../core/device.ts';
import { parseSlot, slotsOf } from '../core/device.ts';
import { ARITHMETIC } from '../core/arithmetic.ts';
import { NO_LIMITS } from '../protocol/node-messages.ts';
import type { FromNode, NodeLimits, NodeWelcome } from '../protocol/node-messages.ts';
import type { StudyMessage } from '../protocol/worker-messages.ts';
import { allOrNothing } from '../runtime/all-or-nothing.ts';
import { systemTimer } from '../runtime/timer.ts';
import type { DoorAddress } from '../transport/door/lobby.ts';
import type { KeyPair } from '../transport/keys.ts';
import { NodeEnd } from '../transport/nodes/node-end.ts';
import { ZeromqCoordinator } from '../transport/zeromq.ts';
import { explained } from '../transport/reading.ts';
import { externalAddresses, isLinkLocal } from './discovery/addresses.ts';
import { NodeData } from './data/node-data.ts';
import type { DatasetFolders } from './data/node-store.ts';
import type { Courtesy, CourtesyState } from './courtesy/courtesy.ts';
import { machineCourtesy } from './courtesy/machine-courtesy.ts';
import { CPU_PIN } from './devices/pin.ts';
import type { StartableDevice } from './devices/pin.ts';
import { KeptStudies } from './link/kept-studies.ts';
import type { LabFiles } from './link/kept-studies.ts';
import { HostLink } from './link/link.ts';
import type { LinkChange, LinkEnd, NodeOrder } from './link/link.ts';
import { LoadReports } from './machine/load-reports.ts';
import { watchUtilisation } from './machine/utilisation.ts';
import type { Utilisation } from './machine/utilisation.ts';
import { searchHost } from './discovery/host-search.ts';
import { hexKeys, hostIdOf } from './keys/key-pair.ts';
import { NodeRotation } from './keys/rotation.ts';
import type { NodeRotationParts } from './keys/rotation.ts';
import { Relay } from './link/relay.ts';
import type { OfferedSlot } from './link/relay.ts';
import { memoryLimitBytes, workerCount } from './workers/slots.ts';
import { WorkerProcesses } from './workers/worker-processes.ts';
import type { WorkerExit, WorkerProcessesOptions } from './workers/worker-processes.ts';

/** Milliseconds that workers have to exit by themselves when the node closes. */
const CLOSE_GRACE_MS = 500;
/** Milliseconds after a drain's grace within which the host says goodbye. */
const DRAINED_MS = 3_000;
/**
 * Milliseconds between two looks at the keys: for a new one of this node, and without a link for
 * another one of the host.
 */
const ROTATE_MS = 10_000;
/** Milliseconds without a link after which workers end: the host has given their trials up. */
const ABANDON_MS = 15 * 60_000;

export interface NodeParts {
  /** Id of this node at its host. */
  readonly node: string;
  readonly keys: KeyPair;
  readonly host: {
    /** Its name, for people. */
    readonly name: string;
    readonly key: string;
    readonly addresses: readonly DoorAddress[];
  };
  /** Keys that may be rotated; default: they stay. */
  readonly rotates?: Pick<NodeRotationParts, 'identity' | 'host' | 'store'>;
  /** Number of starts of the node process. */
  readonly boot: number;
  /** Name of this machine, for people. */
  readonly name: string;
  readonly release: string;
  readonly system: string;
  readonly cores: number;
  /** This machine's processor. */
  readonly cpu: Device;
  /** CPU workers, 0 for none. */
  readonly cpuWorkers: number;
  /** Cards, which get a worker each. */
  readonly cards: readonly StartableDevice[];
  readonly worker: Pick<WorkerProcessesOptions, 'entry' | 'execPath' | 'execArgv'>;
  /** Absolute path of the folder `resources/`. */
  readonly resources: string;
  /** Absolute path of this user's folder. */
  readonly userFolder: string;
  /** Folders of this machine's datasets. */
  readonly datasets: DatasetFolders;
  /** True if the owner permits programs of this host; default: false. */
  readonly labPrograms?: boolean;
  readonly labFiles: LabFiles;
  /** Returns whether cohorts of the study run beside each other. */
  readonly sideBySide: (study: StudyMessage) => boolean;
  /** True if other nodes may fetch datasets from this one. */
  readonly serves: boolean;
  /** The owner's limits at the start; default: none. */
  readonly limits?: NodeLimits;
  readonly listener: NodeListener;
}

export interface NodeListener {
  changed(change: LinkChange): void;
  /** The node has left, or its host does not let it stay. Called once. */
  ended(end: LinkEnd): void;
  /** Number of worker processes that run, after each change. */
  workers(count: number): void;
  workerExited(exit: WorkerExit): void;
  /** Limits in force, held slots and their reason, and the owner's limits, after each change. */
  courtesy?(state: CourtesyState, owner: NodeLimits): void;
  warn(text: string): void;
}

export interface RunningNode {
  /** Names of this machine's slots. */
  readonly slots: readonly string[];
  /** The link to the host. */
  readonly link: Pick<HostLink, 'isUp' | 'clock'>;
  /** Number of trials that workers hold, and number of results that the host has accepted. */
  readonly trials: Relay['trials'];
  /**
   * Finishes what runs for a time, takes nothing more, and leaves. Resolves when the node has left.
   */
  drain(graceMs: number): Promise<void>;
  /**
   * Sets the owner's limits.
   * @throws GalapagosError `idle-unknown`: no source tells whether the machine is in use
   */
  limit(limits: NodeLimits): Promise<void>;
  /** The machine goes to sleep, or has woken: the host is told, and the workers stay. */
  asleep(now: boolean): void;
  /** Leaves at once and ends the workers. */
  close(): Promise<void>;
}

export function startNode(parts: NodeParts): Promise<RunningNode> {
  return allOrNothing((onFailure) => NodeProcess.start(parts, onFailure));
}

/** The parts of a node, what each tells the others, and their end. */
class NodeProcess implements RunningNode {
  readonly slots: readonly string[];
  readonly link: HostLink;
  readonly #parts: NodeParts;
  readonly #devices: readonly Device[];
  /** Sockets of this machine's workers. */
  readonly #workers: ZeromqCoordinator;
  readonly #processes: WorkerProcesses;
  readonly #relay: Relay;
  readonly #kept: KeptStudies;
  readonly #courtesy: Courtesy;
  readonly #data: NodeData;
  readonly #reports: LoadReports;
  readonly #rotation: NodeRotation | null;
  readonly #rotating: NodeJS.Timeout;
  #utilisation: Utilisation | null = null;
  /** Sockets to the host; null: not opened yet. */
  #end: NodeEnd | null = null;
  #endSearch: () => void = () => undefined;
  /** Ends the workers a time after the link was cut. */
  #abandoning: NodeJS.Timeout | undefined;
  /** The limits that the host was last told, as JSON. */
  #toldLimits = '';
  /** Called when the host has given this node no more work. */
  #drained: () => void = () => undefined;
  #closing: Promise<void> | null = null;

  /** Creates all parts but those that {@link start} opens. */
  private constructor(parts: NodeParts, workers: ZeromqCoordinator) {
    const { node, cpu, cpuWorkers, cards } = parts;
    this.#parts = parts;
    this.#workers = workers;
    this.#devices = [cpu, ...cards.map(({ device }) => device)];
    this.slots = [
      ...(cpuWorkers === 0 ? [] : slotsOf(node, cpu, workerCount(cpuWorkers).workers)),
      ...cards.flatMap(({ device }) => slotsOf(node, device, 1)),
    ];
    const memoryLimit = memoryLimitBytes(this.slots.length);
    this.#processes = this.#createProcesses(memoryLimit);
    this.link = this.#createLink();
    this.#relay = this.#createRelay(memoryLimit);
    this.#kept = new KeptStudies({
      files: parts.labFiles,
      host: this.link,
      unneeded: (contents) => this.#data.unneeded(contents),
      warn: (text) => parts.listener.warn(text),
    });
    this.#reports = new LoadReports({
      host: this.link,
      works: () => this.#relay.running > 0,
      timer: systemTimer,
    });
    this.#data = this.#createData();
    this.#courtesy = machineCourtesy({
      slots: this.slots,
      cards,
      running: () => this.#processes.running,
      owner: parts.limits ?? NO_LIMITS,
      hold: (slot, forMs) => this.#relay.hold(slot, forMs),
      free: (slot) => this.#relay.free(slot),
      changed: (state) => {
        this.#tellCourtesy(state);
        parts.listener.courtesy?.(state, this.#courtesy.owner);
      },
    });
    this.#rotation = parts.rotates === undefined ? null : this.#createRotation(parts.rotates);
    this.#rotating = setInterval(() => {
      if (this.link.isUp) this.#rotation?.announce();
      else this.#rotation?.tryOther();
    }, ROTATE_MS).unref();
  }

  static async start(
    parts: NodeParts,
    onFailure: (undo: () => unknown) => void,
  ): Promise<NodeProcess> {
    const workers = await ZeromqCoordinator.bind();
    onFailure(() => workers.close());
    const started = new NodeProcess(parts, workers);
    onFailure(() => {
      clearInterval(started.#rotating);
      started.#courtesy.close();
    });
    await started.#data.open();
    onFailure(() => started.#data.close());
    const utilisation = started.#watchUtilisation();
    started.#utilisation = utilisation;
    onFailure(() => utilisation.stop());
    const end = await started.#connect();
    started.#end = end;
    started.#endSearch = searchHost({
      hostId: hostIdOf(Buffer.from(parts.host.key, 'hex')),
      isLinked: () => started.link.isUp,
      found: (addresses) => end.setAddresses([...parts.host.addresses, ...addresses]),
      timer: systemTimer,
    });
    return started;
  }

  get trials(): Relay['trials'] {
    return this.#relay.trials;
  }

  async drain(graceMs: number): Promise<void> {
    if (this.link.isUp && this.#relay.running > 0) {
      const draining = { graceMs };
      const done = new Promise<void>((resolve) => (this.#drained = resolve));
      this.link.send({ type: 'limits', limits: { ...this.#courtesy.state.limits, draining } });
      void this.#courtesy.setOwner({ ...this.#courtesy.owner, draining });
      const timer = setTimeout(() => this.#drained(), graceMs + DRAINED_MS);
      await done;
      clearTimeout(timer);
    }
    await this.#leave('drained');
  }

  limit(limits: NodeLimits): Promise<void> {
    return this.#courtesy.setOwner(limits);
  }

  asleep(now: boolean): void {
    if (now) this.link.sleep();
    else this.link.wake();
  }

  close(): Promise<void> {
    return this.#leave('shutdown');
  }

  #leave(reason: Extract<FromNode, { type: 'leaving' }>['reason']): Promise<void> {
    return (this.#closing ??= (async () => {
      clearInterval(this.#rotating);
      this.#endSearch();
      this.link.leave(reason);
      this.#courtesy.close();
      await this.#data.close();
      await this.#end?.close();
      await this.#processes.close(CLOSE_GRACE_MS);
      await this.#workers.close();
      await this.#utilisation?.stop();
    })());
  }

  #createProcesses(memoryLimit: number): WorkerProcesses {
    const { worker, resources, userFolder, labPrograms, cards, listener } = this.#parts;
    return new WorkerProcesses({
      ...worker,
      controlEndpoint: this.#workers.controlEndpoint,
      token: this.#workers.token,
      resources,
      userFolder,
      labPrograms: labPrograms === true,
      devices: this.#devices,
      pinOf: ({ id }) => cards.find(({ device }) => device.id === id) ?? CPU_PIN,
      memoryLimitBytes: memoryLimit,
      onExit: (exit) => {
        this.#relay.exited(exit);
        listener.workerExited(exit);
        listener.workers(this.#relay.running);
      },
    });
  }

  #createLink(): HostLink {
    const { boot, name, release, system, cores, listener } = this.#parts;
    return new HostLink({
      channels: {
        send: (message) => this.#end?.send(message),
        sendResult: (message) => this.#end?.sendResult(message),
        sendWorkerControl: (peer, line) => this.#end?.sendWorkerControl(peer, line),
        sendWorkerResult: (peer, line) => this.#end?.sendWorkerResult(peer, line),
        joinTasks: (number) => this.#end?.joinTasks(number),
      },
      timer: systemTimer,
      wallClock: Date.now,
      describe: () => ({
        boot,
        name,
        release,
        system,
        cores,
        arithmetic: ARITHMETIC,
        slots: [...this.#relay.slots],
        has: this.#data.has(),
        serves: this.#data.serves,
        limits: this.#courtesy.state.limits,
      }),
      pulse: () => {
        this.#relay.tick();
        const { silent, running } = this.#relay;
        return { silent, held: [...this.#courtesy.state.slots], works: running > 0 };
      },
      stalled: (ms) => this.#relay.stalled(ms),
      welcomed: (welcome) => this.#welcomed(welcome),
      received: (message) => this.#received(message),
      control: (peer, message) => this.#relay.control(peer, message),
      task: (slot, message) => this.#relay.task(slot, message),
      changed: (change) => this.#linkChanged(change),
      drained: () => this.#drained(),
      ended: (why) => listener.ended(why),
      warn: (text) => listener.warn(text),
    });
  }

  #createRelay(memoryLimit: number): Relay {
    const { labFiles, sideBySide, listener } = this.#parts;
    return new Relay({
      workers: this.#workers,
      processes: this.#processes,
      host: this.link,
      slots: this.slots.map((slot) => offered(slot, this.#devices, memoryLimit)),
      timer: systemTimer,
      discard: (what) => labFiles.discard(what),
      sideBySide,
      studySent: (study) => this.#kept.sent(study),
      warn: (text) => listener.warn(text),
    });
  }

  #createRotation(rotates: NonNullable<NodeParts['rotates']>): NodeRotation {
    return new NodeRotation({
      ...rotates,
      send: (message) => this.link.send(message),
      expect: (hostKey) => this.#end?.expectHost(hostKey),
      use: (pair) => {
        this.#end?.useKeys(hexKeys(pair));
        this.#data.useKeys(hexKeys(pair));
      },
    });
  }

  #createData(): NodeData {
    const { node, keys, host, datasets, serves, listener } = this.#parts;
    return new NodeData({
      node,
      keys,
      host: host.name,
      folders: datasets,
      serves,
      addresses: () =>
        externalAddresses()
          .map(({ address }) => address)
          .filter((address) => !isLinkLocal(address)),
      report: (report) => this.link.send(report),
      packages: (report) => this.link.send(report),
      sendData: async (frames) => {
        if (this.#end === null) throw new Error('not connected yet');
        await this.#end.sendData(frames);
      },
      warn: (text) => listener.warn(text),
    });
  }

  #watchUtilisation(): Utilisation {
    const { node, worker } = this.#parts;
    const utilisation = watchUtilisation({
      node,
      workerPids: () => this.#processes.running.map(({ pid }) => pid),
      onSample: (sample) => this.#reports.sampled(sample, utilisation.inventory()),
      ...(worker.execPath === undefined ? {} : { execPath: worker.execPath }),
    });
    return utilisation;
  }

  /** Begins to connect to the host, and goes on doing so. */
  #connect(): Promise<NodeEnd> {
    const { node, keys, host } = this.#parts;
    const { link } = this;
    return NodeEnd.open({
      node,
      keys,
      hostKey: host.key,
      addresses: host.addresses,
      listener: {
        state: (state) => {
          if (state.is === 'connected') this.#data.connected();
          else this.#data.lost();
          link.state(state);
        },
        message: (message) => link.message(message),
        control: (peer, lines) => link.control(peer, lines),
        tasks: (peer, lines) => link.tasks(peer, lines),
        data: (frames) => {
          try {
            this.#data.frames(frames);
          } catch (error) {
            link.malformed(explained(error));
          }
        },
        malformed: (error) => link.malformed(error),
      },
    });
  }

  #linkChanged(change: LinkChange): void {
    clearTimeout(this.#abandoning);
    if (change.kind === 'down') {
      if (change.reason === 'shutdown') this.#relay.end();
      else this.#abandoning = setTimeout(() => this.#relay.end(), ABANDON_MS).unref();
    }
    this.#parts.listener.changed(change);
  }

  #welcomed({ run, fetch, labId }: NodeWelcome): void {
    this.#rotation?.connected();
    this.#relay.welcomed(run);
    this.#data.want(fetch);
    void this.#kept.welcomed(labId ?? null);
    this.#tellCourtesy(this.#courtesy.state);
    this.#parts.listener.workers(this.#relay.running);
    this.#reports.connected(this.#utilisation?.inventory() ?? null);
  }

  #received(message: NodeOrder): void {
    switch (message.type) {
      case 'spawn':
        this.#relay.spawn(message.slot, message.incarnation, message.afterMs);
        this.#courtesy.started();
        this.#parts.listener.workers(this.#relay.running);
        break;
      case 'kill':
        this.#relay.kill(message.slot, message.incarnation, message.afterMs);
        break;
      case 'noted':
        this.#relay.noted(message.slot, message.incarnation);
        break;
      case 'limits':
        // The host applies its own pause and drain.
        this.#courtesy.setWish({ ...message.limits, paused: false, draining: null });
        break;
      case 'fetch':
        this.#data.want(message.fetch);
        break;
      case 'forget':
        void this.#kept.forget(message.labId, message.studies);
        break;
      case 'introduce':
        this.#data.introduce(message);
        break;
      case 'rekey':
      case 'rekeyed':
        this.#rotation?.received(message);
        break;
      default:
        message satisfies never;
    }
  }

  #tellCourtesy({ limits, hoursFrom, held, idleSource, idleUnknown }: CourtesyState): void {
    const told = JSON.stringify(limits);
    if (told !== this.#toldLimits) this.link.send({ type: 'limits', limits });
    this.#toldLimits = told;
    this.link.send({ type: 'courtesy', hoursFrom, held, idleSource, idleUnknown });
  }
}

function offered(slot: string, devices: readonly Device[], memoryBytes: number): OfferedSlot {
  const place = parseSlot(slot);
  const device = devices.find(({ id }) => id === place.device);
  if (device === undefined) throw new Error(`slot ${slot} is on no device of this machine`);
  return { slot, device: device.id, model: device.name, lanes: device.lanes, memoryBytes };
}
