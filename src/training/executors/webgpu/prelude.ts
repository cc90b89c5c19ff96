/** WGSL that kernels begin with: bindings, the record of a step, Philox, exp, log, tanh, erf. */

/** Storage buffers in the order of their bindings, from binding 1; one layout for all kernels. */
export const BINDINGS = [
  'state',
  'scratch',
  'arena',
  'data',
  'order',
  'hyper',
  'lanes',
  'metrics',
] as const;
export type BindingName = (typeof BINDINGS)[number];

const READ_ONLY: ReadonlySet<BindingName> = new Set(['data', 'order', 'hyper', 'lanes']);

export function bindingType(name: BindingName): GPUBufferBindingType {
  return READ_ONLY.has(name) ? 'read-only-storage' : 'storage';
}

/** Words of a step's record, in the order of `Step`. */
export const RECORD_WORDS = 16;
/** Words of a live lane in `lanes`: index in its segment, Philox counter, index in `begin`. */
export const LANE_WORDS = 3;

function binding(name: BindingName, i: number): string {
  const access = READ_ONLY.has(name) ? 'read' : 'read_write';
  const type = READ_ONLY.has(name) ? 'u32' : 'f32';
  return `@group(0) @binding(${String(i + 1)}) var<storage, ${access}> ${name}: array<${type}>;`;
}

/**
 * `n`: valid samples of all steps of the dispatch; `first`: index into `order`; `row` of `hyper`;
 * `slot`: row of `metrics`; `count`: lanes of `begin`; `labels`: words before the labels in `data`;
 * `steps` of the dispatch; `rowStep`: distance of the rows of two steps; `apart`: distance in
 * `order` from the place of a sample in `data` to its index in the dataset, 0 where both are equal.
 */
export const PRELUDE = `struct Step {
  n: u32, step: u32, epoch: u32, first: u32, row: u32, slot: u32, keyLow: u32, keyHigh: u32,
  count: u32, labels: u32, steps: u32, rowStep: u32,
  apart: u32, spare0: u32, spare1: u32, spare2: u32
}
@group(0) @binding(0) var<uniform> at: Step;
${BINDINGS.map(binding).join('\n')}
`;

/** Philox4x32-10. `high`: high word of a product, by halves: WGSL has no 64-bit integers. */
export const PHILOX = `fn high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu; let ah = a >> 16u; let bl = b & 0xffffu; let bh = b >> 16u;
  let mid = ah * bl + ((al * bl) >> 16u);
  return ah * bh + (mid >> 16u) + (((mid & 0xffffu) + al * bh) >> 16u);
}
fn philox(c0: u32, c1: u32, c2: u32, c3: u32) -> vec4<u32> {
  var c = vec4<u32>(c0, c1, c2, c3); var k = vec2<u32>(at.keyLow, at.keyHigh);
  for (var r = 0; r < 10; r++) {
    c = vec4<u32>(
      high(0xcd9e8d57u, c.z) ^ c.y ^ k.x, 0xcd9e8d57u * c.z,
      high(0xd2511f53u, c.x) ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k = k + vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
`;

/** Polynomials of relative error 1.1e-7: WGSL's own exp may be off by 3 + 2|x| units. */
export const ELEMENTARY = `fn expOf(v: f32) -> f32 {
  let x = clamp(v, -87.3, 88.7); let n = round(x * 1.44269504);
  let r = fma(n, 2.12194440e-4, fma(n, -0.693359375, x));
  var p = 0.00138367270; p = fma(p, r, 0.00837478880); p = fma(p, r, 0.04166822508);
  p = fma(p, r, 0.16666419804); p = fma(p, r, 0.49999991059); p = fma(p, r, 1.0); p = fma(p, r, 1.0);
  let h = i32(n) / 2; let k = i32(n) - h;
  return p * bitcast<f32>(u32(h + 127) << 23u) * bitcast<f32>(u32(k + 127) << 23u);
}
fn logOf(x: f32) -> f32 {
  let bits = bitcast<i32>(x) - 0x3f3504f3; let k = bits >> 23u;
  let m = bitcast<f32>((bits & 0x7fffff) + 0x3f3504f3); let s = (m - 1.0) / (m + 1.0); let z = s * s;
  let p = fma(fma(0.295838773, z, 0.399878889), z, 0.666666985);
  return fma(f32(k), 0.693359375, fma(f32(k), -2.12194440e-4, fma(s * z, p, 2.0 * s)));
}
fn sigmoidOf(x: f32) -> f32 {
  let e = expOf(-abs(x)); return select(e, 1.0, x >= 0.0) / (1.0 + e);
}
fn tanhOf(x: f32) -> f32 {
  let z = x * x;
  var p = fma(z, 0.021869488536155203, -0.05396825396825397);
  p = fma(z, p, 0.13333333333333333); p = fma(z, p, -0.33333333333333333);
  let odd = x * fma(z, p, 1.0);
  let e = expOf(-2.0 * abs(x)); let y = (1.0 - e) / (1.0 + e);
  return select(select(y, -y, x < 0.0), odd, abs(x) < 0.3);
}
fn erfOf(v: f32) -> f32 {
  let x = abs(v); let t = 1.0 / fma(0.3275911, x, 1.0);
  var p = fma(t, 1.061405429, -1.453152027); p = fma(t, p, 1.421413741);
  p = fma(t, p, -0.284496736); p = t * fma(t, p, 0.254829592);
  let y = 1.0 - p * expOf(-x * x); return select(y, -y, v < 0.0);
}
fn normalOf(x: f32) -> f32 { return 0.5 * (1.0 + erfOf(x * 0.70710678)); }
`;

/** The parts of the prelude that a kernel's text uses. */
export function preludeFor(code: string): string {
  const elementary = /\b(?:exp|log|sigmoid|tanh|erf|normal)Of\(/.test(code) ? ELEMENTARY : '';
  return `${PRELUDE}${/\b(?:philox|high)\(/.test(code) ? PHILOX : ''}${elementary}`;
}
