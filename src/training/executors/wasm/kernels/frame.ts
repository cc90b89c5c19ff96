/** What the host tells the kernels, as words at fixed addresses, and their values by lane. */
import type { Body } from '../instructions.ts';

/** Byte addresses of the frame. */
export const FRAME = {
  /** Samples of the tile that count: 1 … 4. */
  valid: 16,
  /** Position of the tile's first sample in the batch. */
  position: 20,
  step: 24,
  /** c2 of the lane's streams. */
  trial: 28,
  keyLow: 32,
  keyHigh: 36,
  /** 1/n, n the valid samples of the batch, float32. */
  share: 40,
  /** Addresses of the tile's four samples in the dataset. */
  sources: 48,
  /** n: valid samples of the batch. */
  count: 64,
} as const;
/**
 * 16 × 16 bytes: for each mask of four lanes, the byte shuffle that packs the lanes set to the
 * front.
 */
export const PACKING = 128;
/** First address that buffers may use. */
export const BUFFERS = 512;

/** The value of PACKING. */
export function packingTable(): Uint8Array {
  const table = new Uint8Array(256).fill(0xff);
  for (let mask = 0; mask < 16; mask++) {
    let to = mask * 16;
    for (let lane = 0; lane < 4; lane++) {
      if ((mask & (1 << lane)) === 0) continue;
      for (let byte = 0; byte < 4; byte++) table[to++] = lane * 4 + byte;
    }
  }
  return table;
}

/** All ones in the lanes of samples that count. */
export function pushValidMask(body: Body): void {
  body.i32x4(0, 1, 2, 3).i32(FRAME.valid).loadSplat().vector('i32x4.lt_s');
}

/** (l₀+l₁)+(l₂+l₃) of the vector local, as f32 on the stack. */
export function pushLaneSum(body: Body, vector: number): void {
  body.get(vector).extract('f32', 0).get(vector).extract('f32', 1).plain('f32.add');
  body.get(vector).extract('f32', 2).get(vector).extract('f32', 3).plain('f32.add');
  body.plain('f32.add');
}
