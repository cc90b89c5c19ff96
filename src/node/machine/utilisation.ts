/**
 * Samples this machine's utilisation once a second and keeps its inventory. Combines the sources
 * under `utilisation/` and decides nothing. Never waits for a source: the figures of a late source
 * are unknown for that second, with the reason.
 */
import type {
  DeviceSample,
  NodeInventory,
  NodeSample,
  WorkerLoad,
} from '../../protocol/window/telemetry.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { Timer } from '../../runtime/timer.ts';
import { HistoryRing } from './history-ring.ts';
import { takeInventory } from './machine.ts';
import type { Inventory } from './machine.ts';
import type { NamedCard } from './utilisation/cards.ts';
import { CoreLoad } from './utilisation/core-load.ts';
import { CpuTemperature } from './utilisation/cpu-temperature.ts';
import { Unknown, withReasons } from './utilisation/figure.ts';
import { bareInventory, withCards, withParts } from './utilisation/known-inventory.ts';
import { memoryUse } from './utilisation/memory.ts';
import { NvidiaSmi } from './utilisation/nvidia-smi.ts';
import type { StartSmi } from './utilisation/nvidia-smi.ts';
import { Patient } from './utilisation/patient.ts';
import { pciCards } from './utilisation/pci-cards.ts';
import { ProcessLoads } from './utilisation/process-load.ts';
import type { ProcessLoad } from './utilisation/process-load.ts';
import { WatchedCards } from './utilisation/watched-cards.ts';

export interface UtilisationOptions {
  /** Node name in this machine's slot names, for example `local`. */
  readonly node: string;
  readonly everyMs?: number;
  /** Time in milliseconds for which samples are kept. */
  readonly keptMs?: number;
  /** Returns the process ids of this machine's workers; called for each sample. */
  readonly workerPids?: () => readonly number[];
  readonly onSample?: (sample: NodeSample) => void;
  /** Milliseconds after which a process takes the inventory; by default at once. */
  readonly inventoryAfterMs?: number;
  /** The plain Node that takes the inventory, where this process's own is not one. */
  readonly execPath?: string;
  /** Replaces parts of the machine in tests. */
  readonly sources?: Partial<UtilisationSources>;
}

export interface UtilisationSources {
  readonly platform: NodeJS.Platform;
  readonly sys: string;
  readonly proc: string;
  readonly timer: Timer;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly startSmi: StartSmi;
  readonly inventory: () => Promise<Inventory>;
}

export interface Utilisation {
  readonly samples: HistoryRing<NodeSample>;
  /**
   * Resolves when the first readings are done and the inventory is taken or is known to be
   * unavailable. Samples do not wait for it.
   */
  readonly ready: Promise<void>;
  /** The inventory as far as it is known. A new object whenever it changes. */
  inventory(): NodeInventory;
  /** Stops sampling and ends all child processes. */
  stop(): Promise<void>;
}

export function watchUtilisation(options: UtilisationOptions): Utilisation {
  const { node, everyMs = 1000, keptMs = 60_000, onSample, workerPids = () => [] } = options;
  const { inventoryAfterMs = 0 } = options;
  const {
    platform = process.platform,
    sys = '/sys',
    proc = '/proc',
    timer = systemTimer,
    wallClock = Date.now,
    startSmi,
  } = options.sources ?? {};
  const ending = new AbortController();
  const take =
    options.sources?.inventory ?? (() => takeInventory(undefined, options.execPath, ending.signal));

  const samples = new HistoryRing<NodeSample>(Math.max(1, Math.round(keptMs / everyMs)));
  const coreLoad = new CoreLoad(platform, `${proc}/stat`);
  const cpuTemperature = new CpuTemperature(platform, sys);
  const processLoads = new ProcessLoads(() => timer.now(), platform, proc);
  const nvidia = new NvidiaSmi({ everyMs, timer, platform, start: startSmi });
  const cards = new WatchedCards(sys, timer, nvidia);
  let cardsUnknown: string | null = 'the inventory is being taken';
  let inventory = bareInventory(node, cardsUnknown);
  let forget: () => void = () => undefined;

  const cores = new Patient(() => coreLoad.read(), timer);
  const temperature = new Patient(() => cpuTemperature.read(), timer);
  const processes = new Patient(() => processLoads.read(workerPids()), timer);

  const sample = async (): Promise<NodeSample> => {
    const at = wallClock();
    const patience = everyMs / 2;
    const [coresNow, degrees, workersNow, amdNow] = await Promise.all([
      cores.within(patience),
      temperature.within(patience),
      processes.within(patience),
      cards.read(patience),
    ]);
    const named = cards.now(amdNow);
    inventory = withCards(inventory, named);
    const { usedBytes, totalBytes } = memoryUse();
    const { values, unknown } = withReasons({ temperature: degrees });
    if (coresNow instanceof Unknown) unknown['cores'] = coresNow.reason;
    if (workersNow instanceof Unknown) unknown['workers'] = workersNow.reason;
    if (cardsUnknown !== null) unknown['devices'] = cardsUnknown;
    return {
      node,
      at,
      cores: coresNow instanceof Unknown ? [] : [...coresNow],
      memoryBytes: usedBytes,
      memoryTotalBytes: totalBytes,
      temperature: values.temperature,
      devices: named.map(deviceSample),
      workers: workersNow instanceof Unknown ? [] : workersNow.map(workerLoad),
      unknown,
    };
  };

  /**
   * Schedules samples at fixed intervals from the due time of the previous one. Missed samples are
   * skipped.
   */
  const tickAt = (due: number): void => {
    forget = timer.after(Math.max(0, due - timer.now()), () => {
      void sample().then((taken) => {
        if (ending.signal.aborted) return;
        // A timer may fire a little early.
        const missed = Math.max(0, Math.floor((timer.now() - due) / everyMs));
        tickAt(due + (missed + 1) * everyMs);
        samples.push(taken);
        onSample?.(taken);
      });
    });
  };

  const look = async (): Promise<void> => {
    if (inventoryAfterMs > 0)
      await new Promise<void>((resolve) => {
        const endWait = timer.after(inventoryAfterMs, resolve);
        ending.signal.addEventListener('abort', () => {
          endWait();
          resolve();
        });
      });
    const bus = platform === 'linux' ? await pciCards(sys) : null;
    if (ending.signal.aborted) return;
    cards.found(bus);
    const taken = await take();
    const { graphics } = taken;
    cards.list(bus, graphics);
    cardsUnknown = bus !== null || graphics.known ? null : graphics.reason;
    inventory = withCards(
      { ...withParts(inventory, taken), devicesUnknown: cardsUnknown },
      cards.now(new Unknown('not sampled yet')),
    );
  };

  // Loads are differences, so the first reading only provides the base of the first sample.
  const first = [cores.within(everyMs / 2), processes.within(everyMs / 2)];
  const looked = look().catch((error: unknown) => (cardsUnknown = String(error)));
  tickAt(timer.now() + everyMs);

  return {
    samples,
    ready: Promise.all([...first, looked]).then(() => undefined),
    inventory: () => inventory,
    stop: async () => {
      ending.abort();
      forget();
      nvidia.stop();
      const closing = (): Promise<unknown> =>
        Promise.all(
          [coreLoad, cpuTemperature, processLoads, cards].map((source) => source.close()),
        );
      // Closing a file of a hanging driver does not return either.
      await new Patient(closing, timer).within(everyMs);
    },
  };
}

function deviceSample({ device, vendor, model, figures }: NamedCard): DeviceSample {
  const { values, unknown } = withReasons(figures);
  return { device, name: model ?? `${vendor} graphics card`, ...values, unknown };
}

function workerLoad({ pid, load, residentBytes }: ProcessLoad): WorkerLoad {
  const { values, unknown } = withReasons({ load, memoryBytes: residentBytes });
  return { pid, ...values, unknown };
}
