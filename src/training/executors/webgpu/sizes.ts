/**
 * Bytes of every buffer of an executable, before any is made. Lanes lie in segments of whole lanes,
 * because a kernel sees at most `bindingBytes` of a buffer.
 */
import type { DatasetShape } from '../../../datasets/dataset-view.ts';
import { elements, type Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import { mib } from './card-memory.ts';
import type { Layout } from './places.ts';
import type { BindingName } from './prelude.ts';

/** Steps of one submission at most: there are records and rows of metrics for as many. */
export const MOST_STEPS = 512;
/** Distance of two records in bytes: an alignment that every card allows. */
export const RECORD_BYTES = 256;
/** Distance of two tables of lanes in bytes, where each has one lane; see `Buffers.groupOf`. */
export const TABLE_BYTES = 256;
/** Rows of hyper-parameters that fit at first; a run with more enlarges the buffer. */
const HYPER_ROWS = 512;
/** Bytes of samples that are copied to the card for a chunk at most, if a step has no more. */
const STREAMED_BYTES = 32 * 2 ** 20;
/** Share of the card's memory that a dataset may fill. */
const DATASET_SHARE = 0.5;
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

/** Limits of the sizes of buffers. */
export interface Room {
  /** Bytes that a kernel sees of a buffer. */
  readonly bindingBytes: number;
  /** Memory of the card; null: unknown. */
  readonly memoryBytes: number | null;
  /** True if the dataset stays on the host in any case. */
  readonly streams?: boolean;
}

export interface Sizes {
  /**
   * Steps whose samples are copied to the card for each chunk; 0: the whole dataset lies there.
   */
  readonly streamedSteps: number;
  /** Lanes of a full segment. */
  readonly perSegment: number;
  /** Words of `data` before the labels. */
  readonly labelsAt: number;
  readonly shared: Readonly<Record<SharedName, number>>;
  readonly segments: readonly SegmentSizes[];
}

/** @throws TrainingError `unsupported` if a lane, or a batch, exceeds what a kernel sees */
export function sizesOf(
  plan: Plan,
  places: Layout,
  lanes: number,
  dataset: DatasetShape,
  room: Room,
): Sizes {
  const { state, scratch, arena } = places;
  const { bindingBytes } = room;
  const { samples, ...of } = samplesOf(plan, dataset, room);
  const metrics = bytesOf(2 * lanes * (MOST_STEPS + 1));
  const shared = {
    data: bytesOf(of.labelsAt + samples * labelWords(dataset)),
    // Of streamed samples, places and indices.
    order: bytesOf(of.streamedSteps > 0 ? 2 * samples : samples),
    hyper: bytesOf(lanes * plan.hyper.length * HYPER_ROWS),
    metrics,
    'staging-0': metrics,
    'staging-1': metrics,
    records: RECORD_BYTES * (MOST_STEPS + 1),
  };
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
      lanes: own * TABLE_BYTES,
    };
    return { lanes: own, bytes };
  });
  return { perSegment, ...of, shared, segments };
}

/** Samples that lie on the card at a time. */
function samplesOf(
  { batch }: Plan,
  dataset: DatasetShape,
  { bindingBytes, memoryBytes, streams = false }: Room,
): Pick<Sizes, 'labelsAt' | 'streamedSteps'> & { readonly samples: number } {
  const sampleBytes = elements(dataset.shape) * (dataset.sampleType === 'u8' ? 1 : 4);
  const wordsOf = (samples: number): number => Math.ceil((samples * sampleBytes) / 4);
  const bytes = (samples: number): number => 4 * (wordsOf(samples) + samples * labelWords(dataset));
  const most = Math.min(bindingBytes, DATASET_SHARE * (memoryBytes ?? Infinity));
  if (!streams && Math.max(bytes(dataset.samples), 4 * dataset.samples) <= most)
    return { samples: dataset.samples, labelsAt: wordsOf(dataset.samples), streamedSteps: 0 };
  const ofStep = bytes(batch);
  if (ofStep > bindingBytes) throw tooLarge('a batch of samples', ofStep, bindingBytes);
  const fitting = Math.floor(Math.min(bindingBytes, STREAMED_BYTES) / ofStep);
  const needed = Math.ceil(dataset.samples / batch);
  const streamedSteps = Math.max(1, Math.min(fitting, needed, MOST_STEPS));
  const samples = streamedSteps * batch;
  return { samples, labelsAt: wordsOf(samples), streamedSteps };
}

/** Words of a sample's label. */
function labelWords({ classes, targets }: DatasetShape): number {
  return classes === 0 ? (targets ?? 1) : 1;
}

/** Bytes that one more lane takes. */
export function laneBytesOf(plan: Plan, { state, scratch, arena }: Layout): number {
  const metrics = 2 * (1 + STAGING.length) * (MOST_STEPS + 1);
  const words = state + scratch + arena + plan.hyper.length * HYPER_ROWS + metrics;
  return 4 * words + TABLE_BYTES;
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
  const text = `${what} needs ${mib(needed)} MiB in one buffer; the card allows ${mib(most)} MiB`;
  return new TrainingError('unsupported', `webgpu: ${text}`);
}
