/** Checks the devices that a study selects against those that have workers. */
import { deviceId, parseSlot } from '../core/device.ts';
import type { Problem } from '../core/errors.ts';
import type { LabState } from '../core/scheduling/index.ts';
import { didYouMean } from '../core/search-space/did-you-mean.ts';

/** Ids of the devices whose workers were offered to the lab; empty: workers are not known yet. */
export function devicesOf({ slots }: LabState): readonly string[] {
  return [...new Set([...slots.keys()].map((slot) => parseSlot(slot).device))];
}

/**
 * @param devices as entered by the user; anything but a list of names is left to the schema
 * @param known ids; empty: nothing is checked
 */
export function deviceProblems(devices: unknown, known: readonly string[]): Problem[] {
  if (!Array.isArray(devices) || known.length === 0) return [];
  const names = known.some((id) => id.startsWith('gpu')) ? [...known, 'gpu'] : known;
  return devices.flatMap((written: unknown, i) =>
    typeof written !== 'string' || !NAME.test(written) || names.includes(deviceId(written))
      ? []
      : [
          {
            code: 'unknown-device',
            path: `devices[${i}]`,
            expected: `a device of this machine that has a worker: ${known.join(', ')}`,
            found: JSON.stringify(written),
            hint: didYouMean(written, known),
          },
        ],
  );
}

/** Other names are problems of the schema. */
const NAME = /^(cpu|gpu([-/]?\d+)?)$/;
