/**
 * Runs chunks of steps on the card: records, submissions, one read of the metrics. A chunk is
 * encoded and submitted while the one before it runs. The queue writes, computes and copies in
 * order, so that chunks share all buffers but those that the host reads.
 */
import { at, defined } from '../../../core/at.ts';
import type { Key } from '../../../core/random.ts';
import { bufferOf, type Buffers } from './buffers.ts';
import { mapped, type Card } from './device.ts';
import type { Dispatch } from './program.ts';
import { RECORD_BYTES, STAGING, TABLE_BYTES } from './sizes.ts';

/** Place of one step in the host's tables. */
export interface Step {
  /** Valid samples. */
  readonly n: number;
  /** Index of its first sample in `order`. */
  readonly first: number;
  readonly step: number;
  readonly epoch: number;
  /** Row of `hyper`. */
  readonly row: number;
}

export interface Chunk {
  readonly kernels: readonly Dispatch[];
  /** Steps that one dispatch computes. */
  readonly together: number;
  readonly steps: readonly Step[];
  /** Kernel after the last step; null: none. */
  readonly last: Dispatch | null;
  /** Distance in `order` from places of samples to their indices; see `prelude.ts`. */
  readonly apart: number;
  readonly key: Key;
  /** Philox counter of each lane of `begin`. */
  readonly trials: readonly number[];
  readonly live: readonly number[];
}

/** Live lanes of a segment that the same dispatches compute. */
interface Part {
  readonly group: GPUBindGroup;
  readonly lanes: number;
}

/** Longest duration of a dispatch in milliseconds: longer ones keep a desktop from drawing. */
const LONGEST_MS = 50;
/** Chunks that may be submitted before the first of them is read. */
export const IN_FLIGHT = STAGING.length;
/**
 * Command buffers of a chunk: at the start of a run, when no other chunk is under way, the card
 * starts after an eighth of the encoding.
 */
const PIECES = 8;
/** A chunk that takes longer than this and ten times its forecast is taken for a hang. */
const PATIENCE_MS = 5_000;
/** Time-out of the first chunk, which has no forecast. */
const FIRST_PATIENCE_MS = 60_000;

export class ChunkRunner {
  readonly #card: Card;
  /** Longest duration of a step so far, in milliseconds. */
  #stepMs = 0;
  /** Duration of a step of one lane in the last chunk, in milliseconds, by the step's kernels. */
  readonly #laneMs = new Map<readonly Dispatch[], number>();
  #chunks = 0;
  #endedAt = 0;
  /** Settles when the chunk that was submitted last has ended. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(card: Card) {
    this.#card = card;
  }

  /**
   * Runs a chunk, which is submitted before this returns. At most `IN_FLIGHT` at a time. Resolves
   * with rows of metrics, [row][lane]: row 0 is written by `last`, row 1 + k by step k.
   * @throws TrainingError `device-lost`, `timed-out`, `compile-failed`
   */
  run(chunk: Chunk, buffers: Buffers): Promise<Float32Array> {
    const began = performance.now();
    const { steps, trials } = chunk;
    const staging = buffers.shared(at(STAGING, this.#chunks++ % IN_FLIGHT));
    const bytes = 8 * trials.length * (steps.length + 1);
    this.#writeRecords(chunk, buffers);
    this.#submit(chunk, buffers, staging, bytes);
    const ended = this.#last.then(() => this.#read(began, chunk, staging, bytes));
    this.#last = ended.catch(() => undefined);
    return ended;
  }

  /** Waits for the metrics; called when all earlier chunks have ended. */
  async #read(
    submitted: number,
    { kernels, steps: { length: steps }, live }: Chunk,
    staging: GPUBuffer,
    bytes: number,
  ): Promise<Float32Array> {
    const began = Math.max(submitted, this.#endedAt);
    const metrics = await mapped(this.#card, staging, bytes, this.#patience(steps));
    this.#endedAt = performance.now();
    const stepMs = (this.#endedAt - began) / steps;
    this.#stepMs = Math.max(this.#stepMs, stepMs);
    this.#laneMs.set(kernels, stepMs / live.length);
    return new Float32Array(metrics);
  }

  /** Most lanes of one dispatch. */
  #lanesTogether({ kernels, together, steps, live }: Chunk): number {
    if (this.#card.software) return live.length;
    const share = Math.max(...kernels.map((kernel) => kernel.share));
    const laneMs = this.#laneMs.get(kernels) ?? 0;
    const stepsOfOne = Math.min(together, steps.length);
    return lanesTogether(live.length, share * laneMs * live.length * stepsOfOne);
  }

  #patience(steps: number): number {
    if (this.#card.software) return Infinity;
    if (this.#stepMs === 0) return FIRST_PATIENCE_MS;
    return Math.max(PATIENCE_MS, 10 * steps * this.#stepMs);
  }

  #writeRecords({ steps, together, apart, key, trials }: Chunk, buffers: Buffers): void {
    const records = new Uint32Array((steps.length * RECORD_BYTES) / 4);
    for (let k = 0; k < steps.length; k += together) {
      const { first, step, epoch, row } = at(steps, k);
      const own = steps.slice(k, k + together);
      const n = own.reduce((sum, each) => sum + each.n, 0);
      const rowStep = (own[1]?.row ?? row) - row;
      records.set(
        [
          ...[n, step, epoch, first, row, 1 + k, key.low, key.high],
          ...[trials.length, buffers.sizes.labelsAt, own.length, rowStep, apart],
        ],
        (k * RECORD_BYTES) / 4,
      );
    }
    buffers.upload(buffers.shared('records'), 0, records);
  }

  /**
   * Encodes and submits in pieces, so that the card computes a piece while the next one is encoded.
   * @param bytes of the metrics, which the last piece copies to `staging`
   */
  #submit(chunk: Chunk, buffers: Buffers, staging: GPUBuffer, bytes: number): void {
    const { device } = this.#card;
    const count = chunk.steps.length;
    const parts = partsOf(chunk, buffers, this.#lanesTogether(chunk));
    const piece = chunk.together * Math.ceil(count / (PIECES * chunk.together));
    for (let from = 0; from < count; from += piece) {
      const end = Math.min(count, from + piece);
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const part of parts) encodePart(pass, chunk, part, from, end);
      pass.end();
      if (end === count)
        encoder.copyBufferToBuffer(buffers.shared('metrics'), 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
    }
  }
}

/**
 * Lanes that one dispatch may compute, so that it takes at most 50 ms.
 * @param forecast of the longest dispatch if it computes all lanes, in milliseconds
 */
export function lanesTogether(lanes: number, forecast: number): number {
  return Math.max(1, Math.floor(lanes / Math.max(1, Math.ceil(forecast / LONGEST_MS))));
}

/** Encodes steps `from` … `end`−1 of some lanes. */
function encodePart(
  pass: GPUComputePassEncoder,
  { kernels, together, steps, last }: Chunk,
  { group, lanes }: Part,
  from: number,
  end: number,
): void {
  let current: GPUComputePipeline | undefined;
  const dispatch = (kernel: Dispatch, count: number): void => {
    const { pipeline, groups, perLane, perStep, values } = kernel;
    if (pipeline !== current) pass.setPipeline((current = pipeline));
    if (values !== null) pass.setImmediates(0, values);
    pass.dispatchWorkgroups(
      groups[0],
      perStep ? count * groups[1] : groups[1],
      perLane ? lanes : count,
    );
  };
  for (let k = from; k < end; k += together) {
    pass.setBindGroup(0, group, [k * RECORD_BYTES]);
    for (const kernel of kernels) dispatch(kernel, Math.min(together, steps.length - k));
  }
  if (end === steps.length && last !== null) dispatch(last, 1);
}

/**
 * Live lanes of each segment, in parts of at most `together`. Writes the table of each part's
 * lanes, one after another in the segment's buffer.
 */
function partsOf({ live, trials }: Chunk, buffers: Buffers, together: number): readonly Part[] {
  return buffers.segments.flatMap((segment) => {
    const own = live.filter((lane) => buffers.segmentOf(lane) === segment);
    return Array.from({ length: Math.ceil(own.length / together) }, (_, k): Part => {
      const lanes = own.slice(k * together, (k + 1) * together);
      const words = lanes.flatMap((lane) => [lane - segment.first, defined(trials[lane]), lane]);
      // A table of several lanes fits: tables of one lane are further apart than its words.
      const offset = k * together * TABLE_BYTES;
      buffers.upload(bufferOf(segment, 'lanes'), offset, Uint32Array.from(words));
      return { group: buffers.groupOf(segment, offset), lanes: lanes.length };
    });
  });
}
