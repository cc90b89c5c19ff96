/**
 * Bytes of every buffer of an executable, before any is made. Lanes lie in segments of whole lanes,
 * because a kernel sees at most `bindingBytes` of a buffer.
 */
import type { DatasetShape } from '../../../datasets/dataset-view.ts';
import { elements, type Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import type { Layout } from './places.ts';
import { LANE_WORDS, type BindingName } from './prelude.ts';

/** Steps of one submission at most: there are records and rows of metrics for as many. */
export const MOST_STEPS = 512;
/** Distance of two records in bytes: an alignment that every card allows. */
export const RECORD_BYTES = 256;
/** Rows of hyper-parameters that fit at first; a run with more enlarges the buffer. */
const HYPER_ROWS = 512;
/** Bytes of the smallest buffer. */
const SMALLEST = 16;

/** Buffers that each segment has. */
export type OwnName = 'state' | 'scratch' | 'arena' | 'lanes';
export const OWN: readonly OwnName[] = ['state', 'scratch', 'arena', 'lanes'];
/** Copies of the metrics for the host, one for each chunk in flight. */
export const STAGING = ['staging-0', 'staging-1'] as const;
export type StagingName = (typeof STAGING)[number];
export type SharedName = Exclude<BindingName, OwnName> | 'records' | StagingName;

export interface SegmentSizes {
  readonly lanes: number;
  readonly bytes: Readonly<Record<OwnName, number>>;
}

export interface Sizes {
  /** Lanes of a full segment. */
  readonly perSegment: number;
  /** Words of `data` before the labels. */
  readonly labelsAt: number;
  readonly shared: Readonly<Record<SharedName, number>>;
  readonly segments: readonly SegmentSizes[];
}

/** @throws TrainingError `unsupported` if a lane, or the dataset, exceeds what a kernel sees */
export function sizesOf(
  plan: Plan,
  places: Layout,
  lanes: number,
  dataset: DatasetShape,
  bindingBytes: number,
): Sizes {
  const { state, scratch, arena } = places;
  const labels = dataset.classes === 0 ? (dataset.targets ?? 1) : 1;
  const sampleBytes = elements(dataset.shape) * (dataset.sampleType === 'u8' ? 1 : 4);
  const labelsAt = Math.ceil((dataset.samples * sampleBytes) / 4);
  const metrics = bytesOf(2 * lanes * (MOST_STEPS + 1));
  const shared = {
    data: bytesOf(labelsAt + dataset.samples * labels),
    order: bytesOf(dataset.samples),
    hyper: bytesOf(lanes * plan.hyper.length * HYPER_ROWS),
    metrics,
    'staging-0': metrics,
    'staging-1': metrics,
    records: RECORD_BYTES * (MOST_STEPS + 1),
  };
  if (shared.data > bindingBytes) throw tooLarge('the dataset', shared.data, bindingBytes);
  const inArena = (bindingBytes - 4 * places.shared) / (4 * Math.max(1, arena));
  const inBlocks = bindingBytes / (4 * Math.max(state, scratch));
  const perSegment = Math.floor(Math.min(inArena, inBlocks));
  if (perSegment < 1) {
    const needed = 4 * Math.max(state, scratch, places.shared + arena);
    throw tooLarge('one network', needed, bindingBytes);
  }
  const segments = Array.from({ length: Math.ceil(lanes / perSegment) }, (_, i) => {
    const own = Math.min(perSegment, lanes - i * perSegment);
    const bytes = {
      state: bytesOf(own * state),
      scratch: bytesOf(own * scratch),
      arena: bytesOf(places.shared + own * arena),
      lanes: bytesOf(own * LANE_WORDS),
    };
    return { lanes: own, bytes };
  });
  return { perSegment, labelsAt, shared, segments };
}

/** Bytes that one more lane takes. */
export function laneBytesOf(plan: Plan, { state, scratch, arena }: Layout): number {
  const metrics = 2 * (1 + STAGING.length) * (MOST_STEPS + 1);
  return 4 * (state + scratch + arena + LANE_WORDS + plan.hyper.length * HYPER_ROWS + metrics);
}

export function totalBytes({ shared, segments }: Sizes): number {
  const of = (bytes: Readonly<Record<string, number>>): number =>
    Object.values(bytes).reduce((sum, size) => sum + size, 0);
  return segments.reduce((sum, { bytes }) => sum + of(bytes), of(shared));
}

function bytesOf(words: number): number {
  return Math.max(SMALLEST, 4 * words);
}

function tooLarge(what: string, needed: number, most: number): TrainingError {
  const mib = (bytes: number): string => String(Math.ceil(bytes / 2 ** 20));
  const text = `${what} needs ${mib(needed)} MiB in one buffer; the card allows ${mib(most)} MiB`;
  return new TrainingError('unsupported', `webgpu: ${text}`);
}
