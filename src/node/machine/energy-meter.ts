/**
 * Integrates the power of each device over time. Contains no allotment to trials. Power includes
 * that of an idle device.
 */
import type { NodeSample } from '../../protocol/window/telemetry.ts';

/** Milliseconds for which a reading of power holds; what lies beyond is unknown. */
const HOLDS_MS = 10_000;
/** Points per device above which those of the older half are thinned: some hours of samples. */
const MOST_POINTS = 16_384;

/** State of a device's integral at one time; `unknownMs` is the time without power until then. */
interface Point {
  readonly at: number;
  readonly joules: number;
  readonly unknownMs: number;
}

interface Course {
  points: Point[];
  /** Power of the newest reading, in watts. */
  power: number;
}

export class EnergyMeter {
  readonly #courses = new Map<string, Course>();

  /** Adds the readings of a sample; a device without power is skipped. */
  add({ at, devices }: Pick<NodeSample, 'at'> & { devices: readonly Reading[] }): void {
    for (const { device, power } of devices) if (power !== null) this.#add(device, at, power);
  }

  /**
   * Returns the energy that a device drew between two times.
   * @param device `gpu/0`
   * @param from milliseconds since 1970, likewise `to`
   * @returns joules; null where its power is unknown in a part of the time
   */
  between(device: string, from: number, to: number): number | null {
    const course = this.#courses.get(device);
    if (course === undefined) return null;
    const [start, end] = [stateAt(course, from), stateAt(course, to)];
    return end.unknownMs > start.unknownMs ? null : Math.max(0, end.joules - start.joules);
  }

  #add(device: string, at: number, power: number): void {
    const course = this.#courses.get(device);
    if (course === undefined) {
      this.#courses.set(device, { points: [{ at, joules: 0, unknownMs: 0 }], power });
      return;
    }
    const last = course.points.at(-1);
    // The wall clock was set back.
    if (last === undefined || at <= last.at) return;
    const ms = at - last.at;
    const known = ms <= HOLDS_MS;
    course.points.push({
      at,
      joules: last.joules + (known ? (ms / 1000) * ((course.power + power) / 2) : 0),
      unknownMs: last.unknownMs + (known ? 0 : ms),
    });
    course.power = power;
    if (course.points.length > MOST_POINTS) course.points = thinned(course.points);
  }
}

type Reading = Pick<NodeSample['devices'][number], 'device' | 'power'>;

/** Drops every second point of the older half, so that old intervals become coarser. */
function thinned(points: readonly Point[]): Point[] {
  const half = points.length >> 1;
  return points.filter((_, i) => i >= half || i % 2 === 0);
}

/** Interpolates; before the first and after the last point power holds for a while. */
function stateAt({ points, power }: Course, at: number): Point {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [points[low - 1], points[low]];
  if (before !== undefined && after !== undefined) {
    const share = (at - before.at) / (after.at - before.at);
    const part = (from: number, to: number): number => from + share * (to - from);
    return {
      at,
      joules: part(before.joules, after.joules),
      unknownMs: part(before.unknownMs, after.unknownMs),
    };
  }
  const edge = before ?? after ?? { at, joules: 0, unknownMs: 0 };
  const ms = at - edge.at;
  // Negative before the first point, as the difference of two states needs it.
  const held = Math.sign(ms) * Math.min(Math.abs(ms), HOLDS_MS);
  const firstPower = before === undefined ? slopeAfter(points) : null;
  return {
    at,
    joules: edge.joules + (held / 1000) * (firstPower ?? power),
    unknownMs: edge.unknownMs + (ms - held),
  };
}

/** Mean power between the first two points; null: there is one. */
function slopeAfter([first, second]: readonly Point[]): number | null {
  if (first === undefined || second === undefined || second.unknownMs > first.unknownMs)
    return null;
  return ((second.joules - first.joules) * 1000) / (second.at - first.at);
}
