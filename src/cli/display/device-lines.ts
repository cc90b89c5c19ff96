/**
 * Formats the list of devices as text: a line for each device, indented lines for its executors.
 */
import { deviceName } from '../../core/device.ts';
import { cardConditions } from '../../node/devices/conditions.ts';
import type {
  DeviceExecutor,
  DeviceList,
  ListedCard,
  ListedDevice,
} from '../../protocol/device-list.ts';
import { count } from './format.ts';

const INDENT = ' '.repeat(7);

export function deviceLines({ devices, devicesUnknown, unmatched }: DeviceList): string[] {
  const software = unmatched.adapters.filter((adapter) => adapter.software);
  const others = unmatched.adapters.filter((adapter) => !adapter.software);
  return [
    ...devices.flatMap(linesOf),
    ...(devicesUnknown !== null
      ? [`GPUs   unknown: ${devicesUnknown}`]
      : devices.some(({ kind }) => kind === 'gpu')
        ? []
        : ['GPUs   none found']),
    ...(software.length === 0
      ? []
      : [`Adapters that compute on the CPU, not used: ${names(software)}`]),
    ...(others.length === 0 ? [] : [`Adapters that belong to no GPU above: ${names(others)}`]),
  ];
}

function names(adapters: readonly { readonly name: string }[]): string {
  return [...new Set(adapters.map(({ name }) => name))].join(', ');
}

function linesOf(device: ListedDevice): string[] {
  const width = Math.max(0, ...device.executors.map(({ name }) => name.length));
  return [
    `${deviceName(device.id).padEnd(INDENT.length - 1)} ${[title(device), ...figures(device)].join(', ')}`,
    ...device.executors.map(
      (executor) => `${INDENT}${executor.name.padEnd(width)}  ${state(executor)}`,
    ),
    ...(device.kind === 'gpu' ? notes(device).map((line) => `${INDENT}${line}`) : []),
    ...unknown(device).map((line) => `${INDENT}${line}`),
  ];
}

function title(device: ListedDevice): string {
  if (device.kind === 'cpu')
    return [device.name ?? 'unknown model', count(device.cores, 'core')].join(', ');
  const { name, vendor, address, driver } = device;
  return [
    name ?? `${vendor} graphics card of unknown model`,
    ...(address === null ? [] : [`at ${address}`]),
    ...(driver === null ? [] : [`driver ${driver}`]),
  ].join(', ');
}

function figures({ figures: all }: ListedDevice): string[] {
  const { load, memoryBytes, memoryTotalBytes, temperature, power, powerLimit } = all;
  return [
    ...(load === null ? [] : [`load ${Math.round(load)} %`]),
    ...(memoryTotalBytes === null
      ? memoryBytes === null
        ? []
        : [`${gigabytes(memoryBytes)} GB in use`]
      : memoryBytes === null
        ? [`${gigabytes(memoryTotalBytes)} GB`]
        : [`${gigabytes(memoryBytes)} of ${gigabytes(memoryTotalBytes)} GB in use`]),
    ...(temperature === null ? [] : [`${Math.round(temperature)} °C`]),
    ...(power === null
      ? []
      : [
          powerLimit === null
            ? `${Math.round(power)} W`
            : `${Math.round(power)} of ${Math.round(powerLimit)} W`,
        ]),
  ];
}

function state(executor: DeviceExecutor): string {
  if (executor.usable) return `works (${executor.label})`;
  const { reason, remedy } = executor;
  return `does not work: ${reason}${remedy === null ? '' : ` → ${remedy}`}`;
}

function notes(card: ListedCard): string[] {
  const { twins, pin, pinFailed, partitions } = card;
  const others = twins.map(deviceName).join(', ');
  return [
    ...cardConditions(card),
    ...(partitions.length === 0
      ? []
      : [
          `MIG instances: ${partitions.map(({ name }) => name).join(', ')}; a worker uses the first`,
        ]),
    ...(pin === 'shared'
      ? [
          `same model as ${others}, which WebGPU cannot tell apart: one worker uses one of them${because(pinFailed)} → make one of these ways work, or give each container one card`,
        ]
      : []),
    ...(pin === 'layer'
      ? [
          `same model as ${others}; Mesa’s device-select layer restricts each worker to one (verified)`,
        ]
      : []),
    ...(pin === 'hidden'
      ? [`same model as ${others}; each worker sees the device files of one card only (verified)`]
      : []),
  ];
}

function because(reasons: readonly string[]): string {
  return reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
}

const FIGURES: Readonly<Record<string, string>> = {
  load: 'load',
  memoryBytes: 'memory in use',
  memoryTotalBytes: 'memory',
  temperature: 'temperature',
  power: 'power',
  powerLimit: 'power limit',
};

/** Unknown figures, those with the same reason in one line. */
function unknown({ unknown: reasons }: ListedDevice): string[] {
  const byReason = new Map<string, string[]>();
  for (const [name, reason] of Object.entries(reasons))
    byReason.set(reason, [...(byReason.get(reason) ?? []), FIGURES[name] ?? name]);
  return [...byReason].map(([reason, figure]) => `unknown ${figure.join(', ')}: ${reason}`);
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
