/** Limits that the owner of this machine set for the lab, in `courtesy.json`. */
import { NO_LIMITS, nodeLimits } from '../../protocol/node-messages.ts';
import type { NodeLimits } from '../../protocol/node-messages.ts';
import { strict } from '../../protocol/problems.ts';
import type { LanFolder } from '../keys/lan-folder.ts';

export const COURTESY_FILE = 'courtesy.json';

/** Draining lasts as long as the process that drains, so that it is not kept. */
const schema = strict(
  nodeLimits.pick({ devices: true, hours: true, whenIdle: true, paused: true }).shape,
);

/**
 * Returns no limits where none were set.
 * @throws InvalidInput naming the file and the field
 */
export function readCourtesy(folder: LanFolder): NodeLimits {
  return { ...NO_LIMITS, ...folder.read(COURTESY_FILE, schema) };
}

export function writeCourtesy(folder: LanFolder, limits: NodeLimits): void {
  const { devices, hours, whenIdle, paused } = limits;
  folder.exclusively(() => folder.write(COURTESY_FILE, { devices, hours, whenIdle, paused }));
}
