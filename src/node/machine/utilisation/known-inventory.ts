/**
 * What this machine is made of, as far as it is known by now: from the operating system at once,
 * more as sources tell it.
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

/** The same object where the cards are the same. */
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
