/** Runs a chunk of steps on the card: records, submissions, one read of the metrics. */
import { defined } from '../../../core/at.ts';
import type { Key } from '../../../core/random.ts';
import { bufferOf, type Buffers, type Segment } from './buffers.ts';
import { mapped, type Card } from './device.ts';
import type { Dispatch } from './program.ts';
import { RECORD_BYTES } from './sizes.ts';

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
  readonly steps: readonly Step[];
  /** Kernel after the last step; null: none. */
  readonly last: Dispatch | null;
  readonly key: Key;
  /** Philox counter of each lane of `begin`. */
  readonly trials: readonly number[];
  readonly live: readonly number[];
}

interface Part {
  readonly segment: Segment;
  /** Number of its live lanes. */
  readonly lanes: number;
}

/** Command buffers of a chunk: the card starts after an eighth of the encoding. */
const PIECES = 8;
/** A chunk that takes longer than this and ten times its forecast is taken for a hang. */
const PATIENCE_MS = 5_000;
/** Time-out of the first chunk, which has no forecast. */
const FIRST_PATIENCE_MS = 60_000;

export class ChunkRunner {
  readonly #card: Card;
  /** Longest duration of a step so far, in milliseconds. */
  #stepMs = 0;

  constructor(card: Card) {
    this.#card = card;
  }

  /**
   * Runs a chunk. Returns rows of metrics, [row][lane]: row 0 is written by `last`, row 1 + k by
   * step k.
   * @throws TrainingError `device-lost`, `timed-out`, `compile-failed`
   */
  async run(chunk: Chunk, buffers: Buffers): Promise<Float32Array> {
    const began = performance.now();
    const { steps, trials } = chunk;
    this.#writeRecords(chunk, buffers);
    const bytes = 8 * trials.length * (steps.length + 1);
    this.#submit(chunk, buffers, bytes);
    const staging = buffers.shared('staging');
    const metrics = await mapped(this.#card, staging, bytes, this.#patience(steps.length));
    this.#stepMs = Math.max(this.#stepMs, (performance.now() - began) / steps.length);
    return new Float32Array(metrics);
  }

  #patience(steps: number): number {
    if (this.#card.software) return Infinity;
    if (this.#stepMs === 0) return FIRST_PATIENCE_MS;
    return Math.max(PATIENCE_MS, 10 * steps * this.#stepMs);
  }

  #writeRecords({ steps, key, trials }: Chunk, buffers: Buffers): void {
    const records = new Uint32Array((steps.length * RECORD_BYTES) / 4);
    for (const [k, { n, first, step, epoch, row }] of steps.entries()) {
      const own = [n, step, epoch, first, row, 1 + k, key.low, key.high];
      records.set([...own, trials.length, buffers.sizes.labelsAt], (k * RECORD_BYTES) / 4);
    }
    buffers.upload(buffers.shared('records'), 0, records);
  }

  /**
   * Encodes and submits in pieces, so that the card computes a piece while the next one is encoded.
   * @param bytes of the metrics, which the last piece copies to `staging`
   */
  #submit(chunk: Chunk, buffers: Buffers, bytes: number): void {
    const { device } = this.#card;
    const count = chunk.steps.length;
    const parts = partsOf(chunk, buffers);
    const piece = Math.ceil(count / PIECES);
    for (let from = 0; from < count; from += piece) {
      const end = Math.min(count, from + piece);
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const part of parts) encodePart(pass, chunk, part, from, end);
      pass.end();
      if (end === count) {
        const [metrics, staging] = [buffers.shared('metrics'), buffers.shared('staging')];
        encoder.copyBufferToBuffer(metrics, 0, staging, 0, bytes);
      }
      device.queue.submit([encoder.finish()]);
    }
  }
}

/** Encodes steps `from` … `end`−1 of a segment's lanes. */
function encodePart(
  pass: GPUComputePassEncoder,
  { kernels, steps, last }: Chunk,
  { segment, lanes }: Part,
  from: number,
  end: number,
): void {
  let current: GPUComputePipeline | undefined;
  const dispatch = ({ pipeline, groups, perLane, values }: Dispatch): void => {
    if (pipeline !== current) pass.setPipeline((current = pipeline));
    if (values !== null) pass.setImmediates(0, values);
    pass.dispatchWorkgroups(groups[0], groups[1], perLane ? lanes : 1);
  };
  for (let k = from; k < end; k++) {
    pass.setBindGroup(0, segment.group, [k * RECORD_BYTES]);
    for (const kernel of kernels) dispatch(kernel);
  }
  if (end === steps.length && last !== null) dispatch(last);
}

/** Segments with live lanes; writes the tables of their lanes. */
function partsOf({ live, trials }: Chunk, buffers: Buffers): readonly Part[] {
  return buffers.segments.flatMap((segment) => {
    const own = live.filter((lane) => buffers.segmentOf(lane) === segment);
    if (own.length === 0) return [];
    const words = own.flatMap((lane) => [lane - segment.first, defined(trials[lane]), lane]);
    buffers.upload(bufferOf(segment, 'lanes'), 0, Uint32Array.from(words));
    return [{ segment, lanes: own.length }];
  });
}
