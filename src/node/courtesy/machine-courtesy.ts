/** Courtesy over the sources of this machine. */
import { deviceKind, parseSlot } from '../../core/device.ts';
import type { NodeLimits } from '../../protocol/node-messages.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { StartableDevice } from '../devices/pin.ts';
import { Unknown } from '../machine/utilisation/figure.ts';
import { Courtesy, idleUnknown } from './courtesy.ts';
import type { CourtesyParts } from './courtesy.ts';
import { foreignLoads } from './foreign-load.ts';
import { idleSources } from './idle-sources.ts';
import { IdleTime } from './idle-time.ts';

export type UseSources = Pick<CourtesyParts, 'idle' | 'loads'>;

export interface MachineCourtesyParts extends Pick<CourtesyParts, 'hold' | 'free' | 'changed'> {
  /** Names of this machine's slots. */
  readonly slots: readonly string[];
  readonly cards: readonly StartableDevice[];
  /** The worker processes that run. */
  readonly running: () => readonly { readonly pid: number }[];
  /** The owner's limits at the start. */
  readonly owner: NodeLimits;
  /** Replaces sources of this machine's use. */
  readonly use?: Partial<UseSources>;
}

/** Time since the last input of this machine's desktop, from Electron before other sources. */
export function desktopIdleTime(electronSeconds: () => number): IdleTime {
  return new IdleTime(idleSources({ electronSeconds }), systemTimer);
}

/**
 * Checks that a source tells whether this machine is in use.
 * @throws GalapagosError `idle-unknown`
 */
export async function checkIdleKnown(): Promise<void> {
  const idle = new IdleTime(idleSources(), systemTimer);
  try {
    const read = await idle.read();
    if (read instanceof Unknown) throw idleUnknown(read.reason);
  } finally {
    idle.stop();
  }
}

export function machineCourtesy(parts: MachineCourtesyParts): Courtesy {
  const { slots: names, cards, running, hold, free, changed, owner, use = {} } = parts;
  const slots = names.map((slot) => ({ slot, device: parseSlot(slot).device }));
  const devices = [...new Set(slots.map(({ device }) => device))];
  const judged = cards.map(({ device, card }) => ({
    device: device.id,
    vendor: card?.vendor ?? device.name,
    uuid: card?.uuid ?? null,
    address: card?.address ?? null,
  }));
  const hasCpu = devices.some((device) => deviceKind(device) === 'cpu');
  return new Courtesy(
    {
      devices,
      slots: () => slots,
      works: () => running().length > 0,
      idle: use.idle ?? new IdleTime(idleSources(), systemTimer),
      loads:
        use.loads ??
        foreignLoads(hasCpu, judged, {
          ownPids: () => [process.pid, ...running().map(({ pid }) => pid)],
        }),
      timer: systemTimer,
      wallClock: Date.now,
      hold,
      free,
      changed,
    },
    owner,
  );
}
