/**
 * Utilisation of the lab's nodes, once a second. Unknown is null with its reason beside it, never
 * 0.
 */
import { z } from 'zod';
import { cardUse, deviceExecutor } from '../device-list.ts';
import { strict } from '../problems.ts';

const figure = z.number().nullable();

export const deviceSample = strict({
  /** `gpu/0`; the processor is part of the node. */
  device: z.string(),
  name: z.string(),
  /** Per cent. */
  load: figure,
  memoryBytes: figure,
  memoryTotalBytes: figure,
  /** °C. */
  temperature: figure,
  /** W. */
  power: figure,
  powerLimit: figure,
  /** Reason why a figure is unknown, by its name. */
  unknown: z.record(z.string(), z.string()),
});

export type DeviceSample = z.output<typeof deviceSample>;

/** Resources used by a worker's process. */
export const workerLoad = strict({
  pid: z.int().min(1),
  /** Per cent of one core. */
  load: figure,
  memoryBytes: figure,
  unknown: z.record(z.string(), z.string()),
});
export type WorkerLoad = z.output<typeof workerLoad>;

export const nodeSample = strict({
  node: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** Per cent, one for each core; empty: unknown. */
  cores: z.array(z.number()),
  memoryBytes: z.number(),
  memoryTotalBytes: z.number(),
  /** Of the processor, °C. */
  temperature: figure,
  /** Empty with a reason under `devices`: the devices are unknown. */
  devices: z.array(deviceSample),
  workers: z.array(workerLoad),
  /** Reason why a figure is unknown, by its name. */
  unknown: z.record(z.string(), z.string()),
});
export type NodeSample = z.output<typeof nodeSample>;

export const nodeInventory = strict({
  node: z.string(),
  /** Host name. */
  name: z.string(),
  thisMachine: z.boolean(),
  system: z.string(),
  processor: z.string().nullable(),
  /** Cores available to programs; hardware threads count. */
  cores: z.int().min(1),
  memoryBytes: z.number(),
  /** Executors on its processor; empty: not checked yet. */
  executors: z.array(deviceExecutor),
  /** Its graphics cards. */
  devices: z.array(
    strict({
      /** `gpu/0`. */
      device: z.string(),
      vendor: z.string(),
      model: z.string().nullable(),
      driver: z.string().nullable(),
      /** NVIDIA's unique id of the card, as CUDA accepts it. */
      uuid: z.string().nullable(),
      /** On the PCI bus. */
      address: z.string().nullable(),
      /** Power limit that the maker set, in watts. */
      powerDefault: z.number().nullable(),
      ...cardUse,
    }),
  ),
  /** Reason why `devices` may be incomplete; null: it is complete. */
  devicesUnknown: z.string().nullable(),
});
export type NodeInventory = z.output<typeof nodeInventory>;

/** Samples are new to the window, oldest first; at most the last 60 s. */
export const telemetryBody = strict({
  nodes: z.array(nodeInventory).optional(),
  samples: z.array(nodeSample),
});
export type TelemetryBody = z.output<typeof telemetryBody>;
