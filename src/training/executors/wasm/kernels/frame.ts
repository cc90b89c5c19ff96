/**
 * The frame: inputs from the host to the kernels, as words at fixed addresses, and values per lane.
 */
import type { Body } from '../instructions.ts';

/** Byte addresses of the frame. */
export const FRAME = {
  /** Valid samples of the tile, 1 … 4. */
  valid: 16,
  /** Index of the tile's first sample in the batch. */
  position: 20,
  step: 24,
  /** Counter word c2 of the lane's random streams. */
  trial: 28,
  keyLow: 32,
  keyHigh: 36,
  /** 1/n as float32; n is the number of valid samples of the batch. */
  share: 40,
  /** Addresses of the tile's four samples in the dataset. */
  sources: 48,
  /** n: number of valid samples of the batch. */
  count: 64,
} as const;
/**
 * Table of 16 × 16 bytes: for each mask of four lanes, the byte shuffle that moves the selected
 * lanes to the front.
 */
export const PACKING = 128;
/** First address available for buffers. */
export const BUFFERS = 512;

/** Content of the table at PACKING. */
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

/** Pushes a mask with all bits set in the lanes of valid samples. */
export function pushValidMask(body: Body): void {
  body.i32x4(0, 1, 2, 3).i32(FRAME.valid).loadSplat().vector('i32x4.lt_s');
}

/** Pushes the lane sum (l₀+l₁)+(l₂+l₃) of a vector local as f32. */
export function pushLaneSum(body: Body, vector: number): void {
  body.get(vector).extract('f32', 0).get(vector).extract('f32', 1).plain('f32.add');
  body.get(vector).extract('f32', 2).get(vector).extract('f32', 3).plain('f32.add');
  body.plain('f32.add');
}
