/** Combines the owner's limits of a machine with the host's wishes: the stricter of both holds. */
import type { NodeLimits } from '../../protocol/node-messages.ts';
import { commonHours } from './hours.ts';

/** Limits in force. Hours without a common hour pause the machine. */
export function stricter(owner: NodeLimits, wish: NodeLimits): NodeLimits {
  const hours = commonHours(owner.hours, wish.hours);
  return {
    devices: commonDevices(owner.devices, wish.devices),
    hours: hours === 'never' ? owner.hours : hours,
    whenIdle: owner.whenIdle || wish.whenIdle,
    paused: owner.paused || wish.paused || hours === 'never',
    draining: sooner(owner.draining, wish.draining),
  };
}

function commonDevices(
  one: NodeLimits['devices'],
  other: NodeLimits['devices'],
): NodeLimits['devices'] {
  if (one === null || other === null) return one ?? other;
  return one.filter((device) => other.includes(device));
}

function sooner(
  one: NodeLimits['draining'],
  other: NodeLimits['draining'],
): NodeLimits['draining'] {
  if (one === null || other === null) return one ?? other;
  return one.graceMs <= other.graceMs ? one : other;
}
