/**
 * Inventory as far as it is known: from the operating system at once, completed as sources report.
 */
import { availableParallelism, release, totalmem, type } from 'node:os';
import type { NodeInventory } from '../../../protocol/window/telemetry.ts';
import { hostName } from '../machine.ts';
import type { Inventory } from '../machine.ts';
import type { NamedCard } from './cards.ts';

export function bareInventory(node: string, devicesUnknown: string): NodeInventory {
  return {
    node,
    name: hostName(),
    thisMachine: true,
    system: `${type()} ${release()}`,
    processor: null,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
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

/** Returns the same object if the cards are unchanged. */
export function withCards(inventory: NodeInventory, cards: readonly NamedCard[]): NodeInventory {
  const devices = cards.map(({ device, vendor, model, driver, uuid, address }) => ({
    device,
    vendor,
    model,
    driver,
    uuid,
    address,
  }));
  return JSON.stringify(devices) === JSON.stringify(inventory.devices)
    ? inventory
    : { ...inventory, devices };
}
