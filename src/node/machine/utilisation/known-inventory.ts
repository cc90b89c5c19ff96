/**
 * Inventory as far as it is known: from the operating system at once, completed as sources report.
 */
import { release, type } from 'node:os';
import type { NodeInventory } from '../../../protocol/window/telemetry.ts';
import { availableCores } from '../../../runtime/confinement.ts';
import { memoryBytes } from '../../../runtime/cpu-device.ts';
import { hostName } from '../machine.ts';
import type { Inventory } from '../machine.ts';
import { Unknown } from './figure.ts';
import type { NamedCard } from './cards.ts';

export function bareInventory(node: string, devicesUnknown: string): NodeInventory {
  return {
    node,
    name: hostName(),
    thisMachine: true,
    system: `${type()} ${release()}`,
    processor: null,
    cores: availableCores(),
    memoryBytes: memoryBytes(),
    executors: [],
    devices: [],
    devicesUnknown,
  };
}

export function withParts(
  inventory: NodeInventory,
  { processor, system }: Inventory,
): NodeInventory {
  return {
    ...inventory,
    processor: processor.known ? processor.model : inventory.processor,
    system: system.known ? system.name : inventory.system,
  };
}

/**
 * Returns the same object if the cards are unchanged. Their use by executors is not checked here.
 */
export function withCards(inventory: NodeInventory, cards: readonly NamedCard[]): NodeInventory {
  const devices = cards.map(
    ({ device, vendor, model, driver, uuid, address, memoryBytes, powerDefault, figures }) => ({
      device,
      vendor,
      model,
      driver,
      uuid,
      address,
      powerDefault,
      memoryBytes:
        figures.memoryTotalBytes instanceof Unknown ? memoryBytes : figures.memoryTotalBytes,
      partitions: [],
      twins: [],
      pin: null,
      pinFailed: [],
      deviceFiles: [],
      adapter: null,
      executors: [],
    }),
  );
  return JSON.stringify(devices) === JSON.stringify(inventory.devices)
    ? inventory
    : { ...inventory, devices };
}
