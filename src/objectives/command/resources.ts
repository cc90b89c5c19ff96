/** Resources that trials of an objective `command` state, as the scheduler understands them. */
import type { DeviceKind } from '../../core/device.ts';
import { NO_DEMAND } from '../../core/demand.ts';
import type { Demand } from '../../core/demand.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';

export type Resources = NonNullable<CommandObjective['resources']>;

/** Returns whether a worker of such a device may start a trial. */
export function runsOn({ gpus }: Resources, device: DeviceKind): boolean {
  return gpus === undefined || (gpus === 0) === (device === 'cpu');
}

export function demandOf({ cpus = 0, memoryGb = 0 }: Resources): Demand {
  return cpus === 0 && memoryGb === 0 ? NO_DEMAND : { cores: cpus, memoryBytes: memoryGb * 1e9 };
}
