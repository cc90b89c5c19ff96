/**
 * The devices of a machine and the executors that work on them: `galapagos devices --json`, format
 * `galapagos-devices/1`. Telemetry shows windows the same parts.
 */
import { z } from 'zod';
import { strict } from './problems.ts';

const text = z.string().min(1);

export const deviceExecutor = z.discriminatedUnion('usable', [
  strict({
    name: text,
    usable: z.literal(true),
    label: text.describe('What attempts record, as far as it is known before a worker runs.'),
  }),
  strict({
    name: text,
    usable: z.literal(false),
    reason: text,
    remedy: text.nullable().describe('What to do; null: nothing helps.'),
  }),
]);
/** State of an executor on a device: it works, or the reason why not and what to do. */
export type DeviceExecutor = z.output<typeof deviceExecutor>;

/** Use of a graphics card by executors. */
export const cardUse = {
  memoryBytes: z.number().min(1).nullable().describe('Memory of the card; null: unknown.'),
  partitions: z
    .array(strict({ name: text, uuid: text }))
    .describe('Instances that NVIDIA’s MIG mode divides the card into; empty: undivided.'),
  twins: z.array(text).describe('Ids of the cards of the same model.'),
  pin: z
    .enum(['name', 'layer', 'hidden', 'shared'])
    .nullable()
    .describe(
      'How a worker is restricted to the card for WebGPU. name: by the adapter’s name. layer: by ' +
        'Mesa’s device-select layer. hidden: it does not see the device files of the twins. Both ' +
        'were verified by the load of the cards. shared: its twins cannot be told apart, so one ' +
        'worker uses one of them. null: no adapter.',
    ),
  deviceFiles: z.array(text).describe('Device files of this card alone; empty: unknown.'),
  pinFailed: z.array(text).describe('Why other ways to restrict a worker to the card fail.'),
  adapter: text.nullable().describe('Name of the card’s WebGPU adapter; null: none.'),
  executors: z.array(deviceExecutor).describe('Empty: not checked yet.'),
};

const figure = z.number().nullable();
const figures = strict({
  load: figure.describe('Per cent.'),
  memoryBytes: figure.describe('In use.'),
  memoryTotalBytes: figure,
  temperature: figure.describe('°C.'),
  power: figure.describe('W.'),
  powerLimit: figure.describe('W.'),
});
const measured = {
  figures,
  unknown: z.record(z.string(), z.string()).describe('Why a figure is null, by its name.'),
};

const listedCpu = strict({
  id: z.literal('cpu'),
  kind: z.literal('cpu'),
  name: text.nullable(),
  cores: z.int().min(1).describe('Usable by programs.'),
  memoryBytes: z.number().min(1),
  executors: z.array(deviceExecutor),
  ...measured,
});

const listedCard = strict({
  id: text.describe('gpu/0 and so on, in the order of the bus.'),
  kind: z.literal('gpu'),
  vendor: z.string(),
  name: text.nullable(),
  address: text.nullable().describe('On the PCI bus.'),
  uuid: text.nullable().describe('NVIDIA’s unique id.'),
  driver: text.nullable(),
  powerDefault: figure.describe('Power limit that the maker set, in W.'),
  ...cardUse,
  ...measured,
});
export type ListedCard = z.output<typeof listedCard>;

export const deviceList = strict({
  format: z.literal('galapagos-devices/1'),
  machine: strict({ host: z.string(), platform: z.string() }),
  devices: z.array(z.discriminatedUnion('kind', [listedCpu, listedCard])),
  devicesUnknown: z
    .string()
    .nullable()
    .describe('Why graphics cards may be missing; null: the list is complete.'),
  unmatched: strict({
    adapters: z
      .array(strict({ backend: z.string(), name: z.string(), software: z.boolean() }))
      .describe('WebGPU adapters that belong to none of the cards.'),
    cards: z.array(z.string()).describe('Ids of the cards without an adapter.'),
  }),
});
export type DeviceList = z.output<typeof deviceList>;
export type ListedDevice = DeviceList['devices'][number];
