/**
 * Assembles the node process: sockets for its workers, worker processes, relay and link. Contains
 * no user interface, and admits no machine: the host's key and this node's are parameters.
 */
import type { Device } from '../core/device.ts';
import { parseSlot, slotsOf } from '../core/device.ts';
import { ARITHMETIC } from '../core/arithmetic.ts';
import { MOST_STUDIES, NO_LIMITS } from '../protocol/node-messages.ts';
import type { FromNode, NodeLimits, NodeWelcome } from '../protocol/node-messages.ts';
import type { Discard, StudyMessage } from '../protocol/worker-messages.ts';
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
import type { CourtesyState } from './courtesy/courtesy.ts';
import { machineCourtesy } from './courtesy/machine-courtesy.ts';
import { CPU_PIN } from './devices/pin.ts';
import type { StartableDevice } from './devices/pin.ts';
import { HostLink } from './link/link.ts';
import type { LinkChange, LinkEnd, NodeOrder } from './link/link.ts';
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
import type { NodeInventory } from '../protocol/window/telemetry.ts';
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
/** Milliseconds between two reports of the machine's load where no worker runs. */
const IDLE_LOAD_MS = 10_000;

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

/** Files of the host's trials on this machine. None of these throws or rejects. */
export interface LabFiles {
  /** Deletes files of trials that the host names. */
  discard(what: Discard): void;
  /** Notes that the lab has the study, of which files may be kept here. @param lab its identity */
  note(lab: string, study: StudyMessage): void;
  /** Uids of the lab's studies that files may be kept of. */
  kept(lab: string): Promise<readonly string[]>;
  /**
   * Deletes files of studies that the lab no longer has.
   * @returns contents of fetched code that no study needs any more
   */
  forget(lab: string, studies: readonly string[]): Promise<readonly string[]>;
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
  return allOrNothing((onFailure) => start(parts, onFailure));
}

async function start(
  parts: NodeParts,
  onFailure: (undo: () => unknown) => void,
): Promise<RunningNode> {
  const { node, cpu, cpuWorkers, cards, listener } = parts;
  const devices = [cpu, ...cards.map(({ device }) => device)];
  const slots = [
    ...(cpuWorkers === 0 ? [] : slotsOf(node, cpu, workerCount(cpuWorkers).workers)),
    ...cards.flatMap(({ device }) => slotsOf(node, device, 1)),
  ];
  const memoryLimit = memoryLimitBytes(slots.length);
  const workers = await ZeromqCoordinator.bind();
  onFailure(() => workers.close());

  let end: NodeEnd | null = null;
  let utilisation: Utilisation | null = null;
  let drained: () => void = () => undefined;
  let sampledAt = -Infinity;
  /** The last one sent on this link. */
  let toldInventory: NodeInventory | null = null;
  /** Identity of the lab of the last link; null: none, or the host is of an earlier release. */
  let labId: string | null = null;
  let abandoning: NodeJS.Timeout | undefined;

  const processes = new WorkerProcesses({
    ...parts.worker,
    controlEndpoint: workers.controlEndpoint,
    token: workers.token,
    resources: parts.resources,
    userFolder: parts.userFolder,
    labPrograms: parts.labPrograms === true,
    devices,
    pinOf: ({ id }) => cards.find(({ device }) => device.id === id) ?? CPU_PIN,
    memoryLimitBytes: memoryLimit,
    onExit: (exit) => {
      relay.exited(exit);
      listener.workerExited(exit);
      listener.workers(relay.running);
    },
  });
  const link: HostLink = new HostLink({
    channels: {
      send: (message) => end?.send(message),
      sendResult: (message) => end?.sendResult(message),
      sendWorkerControl: (peer, line) => end?.sendWorkerControl(peer, line),
      sendWorkerResult: (peer, line) => end?.sendWorkerResult(peer, line),
      joinTasks: (number) => end?.joinTasks(number),
    },
    timer: systemTimer,
    wallClock: Date.now,
    describe: () => ({
      boot: parts.boot,
      name: parts.name,
      release: parts.release,
      system: parts.system,
      cores: parts.cores,
      arithmetic: ARITHMETIC,
      slots: [...relay.slots],
      has: data.has(),
      serves: data.serves,
      limits: courtesy.state.limits,
    }),
    pulse: () => {
      relay.tick();
      return { silent: relay.silent, held: [...courtesy.state.slots], works: relay.running > 0 };
    },
    stalled: (ms) => relay.stalled(ms),
    welcomed: (welcome) => welcomed(welcome),
    received: (message) => received(message),
    control: (peer, message) => relay.control(peer, message),
    task: (slot, message) => relay.task(slot, message),
    changed: (change) => {
      clearTimeout(abandoning);
      if (change.kind === 'down') {
        if (change.reason === 'shutdown') relay.end();
        else abandoning = setTimeout(() => relay.end(), ABANDON_MS).unref();
      }
      listener.changed(change);
    },
    drained: () => drained(),
    ended: (why) => listener.ended(why),
    warn: (text) => listener.warn(text),
  });
  const relay: Relay = new Relay({
    workers,
    processes,
    host: link,
    slots: slots.map((slot) => offered(slot, devices, memoryLimit)),
    timer: systemTimer,
    discard: (what) => parts.labFiles.discard(what),
    sideBySide: parts.sideBySide,
    studySent: (study) => {
      if (labId !== null) parts.labFiles.note(labId, study);
    },
    warn: (text) => listener.warn(text),
  });

  let toldLimits = '';
  const courtesy = machineCourtesy({
    slots,
    cards,
    running: () => processes.running,
    owner: parts.limits ?? NO_LIMITS,
    hold: (slot, forMs) => relay.hold(slot, forMs),
    free: (slot) => relay.free(slot),
    changed: (state) => {
      tellCourtesy(state);
      listener.courtesy?.(state, courtesy.owner);
    },
  });
  onFailure(() => courtesy.close());

  function tellCourtesy({ limits, hoursFrom, held, idleSource, idleUnknown }: CourtesyState): void {
    const told = JSON.stringify(limits);
    if (told !== toldLimits) link.send({ type: 'limits', limits });
    toldLimits = told;
    link.send({ type: 'courtesy', hoursFrom, held, idleSource, idleUnknown });
  }

  const rotation =
    parts.rotates === undefined
      ? null
      : new NodeRotation({
          ...parts.rotates,
          send: (message) => link.send(message),
          expect: (hostKey) => end?.expectHost(hostKey),
          use: (pair) => {
            end?.useKeys(hexKeys(pair));
            data.useKeys(hexKeys(pair));
          },
        });
  const rotating = setInterval(() => {
    if (link.isUp) rotation?.announce();
    else rotation?.tryOther();
  }, ROTATE_MS).unref();
  onFailure(() => clearInterval(rotating));

  function welcomed({ run, fetch, labId: lab }: NodeWelcome): void {
    labId = lab ?? null;
    rotation?.connected();
    relay.welcomed(run);
    data.want(fetch);
    void tellKept();
    tellCourtesy(courtesy.state);
    listener.workers(relay.running);
    toldInventory = null;
    tellInventory();
  }

  /** Tells what the machine contains, on each link and after each change. */
  function tellInventory(): void {
    const inventory = utilisation?.inventory() ?? null;
    if (inventory === null || inventory === toldInventory || !link.isUp) return;
    toldInventory = inventory;
    link.send({ type: 'inventory', inventory });
  }

  /** Asks which of the studies that files are kept of are still in the lab. */
  async function tellKept(): Promise<void> {
    const lab = labId;
    if (lab === null) return;
    const kept = await parts.labFiles.kept(lab);
    for (let from = 0; from < kept.length && lab === labId; from += MOST_STUDIES)
      link.send({ type: 'keeps', labId: lab, studies: kept.slice(from, from + MOST_STUDIES) });
  }

  /** Ignores what concerns the lab of an earlier link. */
  async function forget(lab: string, studies: readonly string[]): Promise<void> {
    if (lab !== labId) return;
    try {
      await data.unneeded(await parts.labFiles.forget(lab, studies));
    } catch (error) {
      listener.warn(`cannot delete code of removed studies: ${String(error)}`);
    }
  }

  function received(message: NodeOrder): void {
    if (message.type === 'spawn') {
      relay.spawn(message.slot, message.incarnation, message.afterMs);
      courtesy.started();
      listener.workers(relay.running);
    } else if (message.type === 'kill')
      relay.kill(message.slot, message.incarnation, message.afterMs);
    else if (message.type === 'noted') relay.noted(message.slot, message.incarnation);
    // The host applies its own pause and drain.
    else if (message.type === 'limits')
      courtesy.setWish({ ...message.limits, paused: false, draining: null });
    else if (message.type === 'fetch') data.want(message.fetch);
    else if (message.type === 'forget') void forget(message.labId, message.studies);
    else if (message.type === 'introduce') data.introduce(message);
    else rotation?.received(message);
  }

  const data = await NodeData.open({
    node,
    keys: parts.keys,
    host: parts.host.name,
    folders: parts.datasets,
    serves: parts.serves,
    addresses: () =>
      externalAddresses()
        .map(({ address }) => address)
        .filter((address) => !isLinkLocal(address)),
    report: (report) => link.send(report),
    packages: (report) => link.send(report),
    sendData: async (frames) => {
      if (end === null) throw new Error('not connected yet');
      await end.sendData(frames);
    },
    warn: (text) => listener.warn(text),
  });
  onFailure(() => data.close());

  utilisation = watchUtilisation({
    node,
    workerPids: () => processes.running.map(({ pid }) => pid),
    onSample: (sample) => {
      tellInventory();
      const now = performance.now();
      if (relay.running === 0 && now - sampledAt < IDLE_LOAD_MS) return;
      sampledAt = now;
      link.send({ type: 'load', sample });
    },
    ...(parts.worker.execPath === undefined ? {} : { execPath: parts.worker.execPath }),
  });
  onFailure(() => utilisation.stop());
  end = await NodeEnd.open({
    node,
    keys: parts.keys,
    hostKey: parts.host.key,
    addresses: parts.host.addresses,
    listener: {
      state: (state) => {
        if (state.is === 'connected') data.connected();
        else data.lost();
        link.state(state);
      },
      message: (message) => link.message(message),
      control: (peer, lines) => link.control(peer, lines),
      tasks: (peer, lines) => link.tasks(peer, lines),
      data: (frames) => {
        try {
          data.frames(frames);
        } catch (error) {
          link.malformed(explained(error));
        }
      },
      malformed: (error) => link.malformed(error),
    },
  });

  const endSearch = searchHost({
    hostId: hostIdOf(Buffer.from(parts.host.key, 'hex')),
    isLinked: () => link.isUp,
    found: (addresses) => end.setAddresses([...parts.host.addresses, ...addresses]),
    timer: systemTimer,
  });

  let closing: Promise<void> | null = null;
  const close = (reason: Extract<FromNode, { type: 'leaving' }>['reason']): Promise<void> =>
    (closing ??= (async () => {
      clearInterval(rotating);
      endSearch();
      link.leave(reason);
      courtesy.close();
      await data.close();
      await end.close();
      await processes.close(CLOSE_GRACE_MS);
      await workers.close();
      await utilisation.stop();
    })());
  return {
    slots,
    link,
    get trials() {
      return relay.trials;
    },
    async drain(graceMs) {
      if (link.isUp && relay.running > 0) {
        const draining = { graceMs };
        const done = new Promise<void>((resolve) => (drained = resolve));
        link.send({ type: 'limits', limits: { ...courtesy.state.limits, draining } });
        void courtesy.setOwner({ ...courtesy.owner, draining });
        const timer = setTimeout(() => drained(), graceMs + DRAINED_MS);
        await done;
        clearTimeout(timer);
      }
      await close('drained');
    },
    limit: (limits) => courtesy.setOwner(limits),
    asleep: (now) => {
      if (now) link.sleep();
      else link.wake();
    },
    close: () => close('shutdown'),
  };
}

function offered(slot: string, devices: readonly Device[], memoryBytes: number): OfferedSlot {
  const place = parseSlot(slot);
  const device = devices.find(({ id }) => id === place.device);
  if (device === undefined) throw new Error(`slot ${slot} is on no device of this machine`);
  return { slot, device: device.id, model: device.name, lanes: device.lanes, memoryBytes };
}
