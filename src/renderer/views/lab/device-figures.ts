/**
 * Figures of a device over the last minute: name, course, and number or why it is unknown. Pure.
 */
import type { NodeRow } from '../../../protocol/window/nodes.ts';
import type { DeviceSample, NodeSample } from '../../../protocol/window/telemetry.ts';
import { bytesOf, clockTime, percent, unit } from '../../format.ts';
import { text } from '../../text.ts';

export interface Figure {
  readonly label: string;
  /** Oldest first; null where unknown. */
  readonly values: readonly (number | null)[];
  readonly low: number;
  /** Upper end of the axis; null for the largest value. */
  readonly high: number | null;
  /** Formatted value; null when unknown. */
  readonly shown: string | null;
  /** Reason why the value is unknown; null when there is none. */
  readonly unknown: string | null;
}

/** Returns why a machine has no current figures; null: it is this machine, or present. */
export function whyNoFigures(row: Pick<NodeRow, 'presence' | 'since'> | null): string | null {
  if (row === null || row.presence === 'present') return null;
  return row.since === null
    ? text.lab.notConnected
    : text.lab.awaySince({ clock: clockTime(row.since) });
}

/** Returns the figures as unknown for the reason given; null: as they are. */
export function unlessAway(figures: readonly Figure[], away: string | null): readonly Figure[] {
  if (away === null) return figures;
  return figures.map((figure) => ({ ...figure, values: [], shown: null, unknown: away }));
}

/** Upper end of the temperature axis, in °C. */
const HOT = 100;

export function deviceFigures(device: string, samples: readonly NodeSample[]): readonly Figure[] {
  const courses = samples.map(
    ({ devices }) => devices.find((each) => each.device === device) ?? null,
  );
  const last = courses.at(-1) ?? null;
  const course = (of: (sample: DeviceSample) => number | null): (number | null)[] =>
    courses.map((sample) => (sample === null ? null : of(sample)));
  const why = (name: string): string | null =>
    last?.unknown[name] ?? (last === null ? text.lab.notRead : null);
  const { load, memoryBytes, memoryTotalBytes, temperature, power, powerLimit } = last ?? {
    load: null,
    memoryBytes: null,
    memoryTotalBytes: null,
    temperature: null,
    power: null,
    powerLimit: null,
  };
  return [
    {
      label: text.lab.load,
      values: course((sample) => sample.load),
      low: 0,
      high: 100,
      shown: load === null ? null : percent(load / 100),
      unknown: why('load'),
    },
    {
      label: text.lab.memory,
      values: course((sample) => sample.memoryBytes),
      low: 0,
      high: memoryTotalBytes,
      shown:
        memoryBytes === null || memoryTotalBytes === null
          ? null
          : bytesOf(memoryBytes, memoryTotalBytes),
      unknown: why('memoryBytes') ?? why('memoryTotalBytes'),
    },
    degrees(
      course((sample) => sample.temperature),
      temperature,
      why('temperature'),
    ),
    {
      label: text.lab.power,
      values: course((sample) => sample.power),
      low: 0,
      high: powerLimit,
      shown:
        power === null
          ? null
          : text.lab.powerOf({
              power: watts(power),
              limit: powerLimit === null ? null : watts(powerLimit),
            }),
      unknown: why('power'),
    },
  ];
}

/** Mean load of all cores, for the table; the card draws a bar for each core. */
export function coresFigure(samples: readonly NodeSample[]): Figure {
  const mean = ({ cores }: NodeSample): number | null =>
    cores.length === 0 ? null : cores.reduce((sum, load) => sum + load, 0) / cores.length;
  const last = samples.at(-1);
  const now = last === undefined ? null : mean(last);
  return {
    label: text.lab.load,
    values: samples.map(mean),
    low: 0,
    high: 100,
    shown: now === null ? null : percent(now / 100),
    unknown: last === undefined ? text.lab.notRead : (last.unknown['cores'] ?? null),
  };
}

/** Memory and temperature of the node; its cores are drawn as bars. */
export function nodeFigures(samples: readonly NodeSample[]): readonly Figure[] {
  const last = samples.at(-1);
  return [
    {
      label: text.lab.memory,
      values: samples.map(({ memoryBytes }) => memoryBytes),
      low: 0,
      high: last?.memoryTotalBytes ?? null,
      shown: last === undefined ? null : bytesOf(last.memoryBytes, last.memoryTotalBytes),
      unknown: text.lab.notRead,
    },
    degrees(
      samples.map(({ temperature }) => temperature),
      last?.temperature ?? null,
      last === undefined ? text.lab.notRead : (last.unknown['temperature'] ?? null),
    ),
  ];
}

function degrees(
  values: readonly (number | null)[],
  now: number | null,
  unknown: string | null,
): Figure {
  const shown = now === null ? null : unit(now.toFixed(0), '°C');
  return { label: text.lab.temperature, values, low: 0, high: HOT, shown, unknown };
}

function watts(power: number): string {
  return unit(power.toFixed(0), 'W');
}
