/** Watches the devices of this machine with its own drivers, tools and installations. */
import { join } from 'node:path';
import { PinRecord } from '../node/devices/pin-record.ts';
import { tellApart } from '../node/devices/tell-apart.ts';
import { watchDevices } from '../node/devices/watch-devices.ts';
import type { DeviceWatch, DeviceWatchOptions } from '../node/devices/watch-devices.ts';
import { lookAtDevices } from './look-at-devices.ts';

export interface ThisMachineOptions extends Pick<DeviceWatchOptions, 'utilisation' | 'onChange'> {
  readonly userFolder: string;
  readonly env: NodeJS.ProcessEnv;
  /** A plain Node for child processes. */
  readonly execPath?: string | undefined;
}

export function watchThisMachine(options: ThisMachineOptions): DeviceWatch {
  const { utilisation, onChange, userFolder, env, execPath } = options;
  return watchDevices({
    utilisation,
    look: lookAtDevices({
      tensorflow: env['GALAPAGOS_TENSORFLOW'] ?? join(userFolder, 'tensorflow'),
      env,
      execPath,
    }),
    tellApart: tellApart({ record: new PinRecord(join(userFolder, 'pins')), execPath }),
    ...(onChange === undefined ? {} : { onChange }),
  });
}
