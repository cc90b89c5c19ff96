/** This machine's processor as a device. */
import { cpus, totalmem } from 'node:os';
import type { Device } from '../core/device.ts';
import { availableCores, confinement } from './confinement.ts';

/** A worker on the processor trains one trial at a time, on one core. */
const LANES = 1;

export function cpuDevice(): Device {
  return {
    id: 'cpu',
    kind: 'cpu',
    name: cpus()[0]?.model.trim() ?? 'unknown processor',
    lanes: LANES,
    memoryBytes: memoryBytes(),
  };
}

/** Memory of this machine, or the part that this process is confined to, in bytes. */
export function memoryBytes(): number {
  // Node knows the limit of this process's own group, and of systems other than Linux.
  const own = process.constrainedMemory();
  return Math.min(own > 0 ? own : Infinity, confinement().memoryBytes, totalmem());
}

/** Cache key of timings on a device: its model, driver, cores, the runtime. */
export function timingKey({ kind, name, driver }: Device): string {
  const parallel = kind === 'cpu' ? ` × ${String(availableCores())}` : '';
  const version = driver === undefined ? '' : `, driver ${driver}`;
  return `${name}${parallel}${version}, Node ${process.version}, ${process.arch}`;
}
