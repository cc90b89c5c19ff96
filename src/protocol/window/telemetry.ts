/** Utilisation of the lab's nodes, once a second. Unknown is null with its reason beside it, never 0. */
import { z } from 'zod';
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
  /** Why a figure is unknown, by its name. */
  unknown: z.record(z.string(), z.string()),
});

export const nodeSample = strict({
  node: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** Per cent, one a core. */
  cores: z.array(z.number()),
  memoryBytes: z.number(),
  memoryTotalBytes: z.number(),
  temperature: figure,
  devices: z.array(deviceSample),
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
  cores: z.int().min(1),
  memoryBytes: z.number(),
});

/** Samples are new to the window, oldest first; at most the last 60 s. */
export const telemetryBody = strict({ nodes: z.array(nodeInventory).optional(), samples: z.array(nodeSample) });
export type TelemetryBody = z.output<typeof telemetryBody>;
