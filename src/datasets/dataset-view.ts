/** A dataset as executors read it: samples and labels in one buffer each. */

export interface DatasetShape {
  readonly samples: number;
  readonly shape: readonly number[];
  /** 0: the labels are numeric targets (regression). */
  readonly classes: number;
  /** Numbers a sample's label has, where labels are numeric targets. */
  readonly targets?: number;
  readonly sampleType: 'u8' | 'f32';
}

export interface DatasetView extends DatasetShape {
  /** [samples, C, H, W]; may view a SharedArrayBuffer. */
  readonly x: Uint8Array | Float32Array;
  readonly y: Uint8Array | Uint16Array | Float32Array;
}
