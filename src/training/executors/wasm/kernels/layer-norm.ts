/**
 * Layer norm of a tile, per sample. Over channels: the channels of each pixel share a mean. Over
 * all elements: treated as the channels of a single pixel.
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import { eachPart, storeVector, sumVectors } from './each-vector.ts';
import { pushLaneSum } from './frame.ts';
import { keyOf, type Kernel } from './kernel.ts';

interface Normalised {
  /** [C,H,W] or [F]. */
  readonly shape: readonly number[];
  readonly over: 'all' | 'channels';
}

type LayerNorm = Normalised & { readonly epsilon: number };

interface LayerNormGradient extends Normalised {
  /** True if x′ is computed. */
  readonly wants: boolean;
  readonly add: boolean;
}

interface Planes {
  /** Number of elements that share one mean. */
  readonly channels: number;
  /** Elements per channel, which is the number of means. */
  readonly plane: number;
}

/** Number of pixels normalised together: they share the loads of the weights and a cache line. */
const BLOCK = 4;

/**
 * μ, r = 1/√(v+ε), y = γ(x−μ)r + β. Parameters (x, weight, bias, y, mean, inverse). mean and
 * inverse are in tile layout, one per pixel, or a single one. y may be x's buffer.
 */
export function layerNorm(shape: LayerNorm): Kernel {
  const planes = planesOf(shape);
  return {
    key: keyOf('layer-norm', shape),
    parameters: 6,
    emit(body, [x = 0, weight = 0, bias = 0, y = 0, mean = 0, inverse = 0]) {
      const [from, to, gamma, beta] = body.locals('i32', 4) as [Local, Local, Local, Local];
      const [t, u, scale, shift] = body.locals('v128', 4) as [Local, Local, Local, Local];
      eachBlock(body, planes, [x, y, mean, inverse], (width) => {
        const [centres, spreads] = [body.locals('v128', width), body.locals('v128', width)];
        body.get(x).set(from);
        sumOverChannels(body, planes, [from], [centres], (_, [sum = 0], offset) => {
          body.get(sum).get(from).load('v128', offset).vector('f32x4.add').set(sum);
        });
        centres.forEach((centre, k) => {
          body.get(centre).f32x4(planes.channels).vector('f32x4.div').set(centre);
          body
            .get(mean)
            .get(centre)
            .store('v128', 16 * k);
        });
        body.get(x).set(from);
        sumOverChannels(body, planes, [from], [spreads], (pixel, [sum = 0], offset) => {
          body
            .get(from)
            .load('v128', offset)
            .get(at(centres, pixel))
            .vector('f32x4.sub')
            .set(t)
            .multiplyAdd(sum, t, t);
        });
        spreads.forEach((spread, k) => {
          body.f32x4(1).get(spread).f32x4(planes.channels).vector('f32x4.div');
          body
            .f32x4(shape.epsilon)
            .vector('f32x4.add')
            .vector('f32x4.sqrt')
            .vector('f32x4.div')
            .set(spread);
          body
            .get(inverse)
            .get(spread)
            .store('v128', 16 * k);
        });
        body.get(x).set(from).get(y).set(to).get(weight).set(gamma).get(bias).set(beta);
        eachChannel(body, planes, [from, to], [gamma, beta], () => {
          body.get(gamma).loadSplat().set(scale).get(beta).loadSplat().set(shift);
          for (let k = 0; k < width; k++) {
            body
              .get(from)
              .load('v128', 16 * k)
              .get(at(centres, k))
              .vector('f32x4.sub')
              .get(at(spreads, k))
              .vector('f32x4.mul')
              .set(u);
            body
              .get(shift)
              .set(t)
              .multiplyAdd(t, u, scale)
              .get(to)
              .get(t)
              .store('v128', 16 * k);
          }
        });
        body.release('v128', ...centres, ...spreads);
      });
      body.release('i32', from, to, gamma, beta);
      body.release('v128', t, u, scale, shift);
    },
  };
}

/**
 * γ′ += Σ g·x̂, β′ += Σ g, x′ (+)= r(h − mean h − x̂·mean(h·x̂)), h = γg. Parameters (g, x, weight,
 * mean, inverse, weight′, bias′, x′). x′ may be g's buffer and is written only with `wants`.
 */
export function layerNormGradient(shape: LayerNormGradient): Kernel {
  const planes = planesOf(shape);
  return {
    key: keyOf('layer-norm-gradient', shape),
    parameters: 8,
    emit(
      body,
      [g = 0, x = 0, weight = 0, mean = 0, inverse = 0, weightTo = 0, biasTo = 0, to = 0],
    ) {
      weightGradients(body, planes, { g, x, mean, inverse, weightTo, biasTo });
      if (shape.wants) inputGradient(body, shape, planes, { g, x, weight, mean, inverse, to });
    },
  };
}

function weightGradients(
  body: Body,
  { channels, plane }: Planes,
  at: Record<'g' | 'x' | 'mean' | 'inverse' | 'weightTo' | 'biasTo', Local>,
): void {
  const pointers = body.locals('i32', 4) as [Local, Local, Local, Local];
  const [g, x, mean, inverse] = pointers;
  const [dot, sum, t, u] = body.locals('v128', 4) as [Local, Local, Local, Local];
  body.get(at.g).set(g).get(at.x).set(x);
  const targets = [
    [at.weightTo, dot],
    [at.biasTo, sum],
  ] as const;
  body.repeat(
    channels,
    [
      [at.weightTo, 4],
      [at.biasTo, 4],
    ],
    () => {
      body.get(at.mean).set(mean).get(at.inverse).set(inverse);
      sumVectors(body, plane, pointers, [dot, sum], ([d = 0, s = 0], offset) => {
        body.get(g).load('v128', offset).set(t).get(s).get(t).vector('f32x4.add').set(s);
        body.get(x).load('v128', offset).get(mean).load('v128', offset).vector('f32x4.sub');
        body.get(inverse).load('v128', offset).vector('f32x4.mul').set(u).multiplyAdd(d, t, u);
      });
      for (const [target, total] of targets) {
        body.get(target).get(target).load('f32');
        pushLaneSum(body, total);
        body.plain('f32.add').store('f32');
      }
    },
  );
  body.release('i32', ...pointers);
  body.release('v128', dot, sum, t, u);
}

function inputGradient(
  body: Body,
  { add }: LayerNormGradient,
  planes: Planes,
  operands: Record<'g' | 'x' | 'weight' | 'mean' | 'inverse' | 'to', Local>,
): void {
  const [g, x, gamma, to] = body.locals('i32', 4) as [Local, Local, Local, Local];
  const [h, d, t] = body.locals('v128', 3) as [Local, Local, Local];
  eachBlock(
    body,
    planes,
    [operands.g, operands.x, operands.mean, operands.inverse, operands.to],
    (width) => {
      const of = (): Local[] => body.locals('v128', width);
      const [centres, spreads, sums, dots] = [of(), of(), of(), of()];
      const start = (): void => {
        body
          .get(operands.g)
          .set(g)
          .get(operands.x)
          .set(x)
          .get(operands.weight)
          .set(gamma)
          .get(operands.to)
          .set(to);
      };
      /** Sets h = γg and d = x − μ. */
      const load = (pixel: number, offset: number): void => {
        body.get(g).load('v128', offset).get(gamma).loadSplat().vector('f32x4.mul').set(h);
        body.get(x).load('v128', offset).get(at(centres, pixel)).vector('f32x4.sub').set(d);
      };
      for (let k = 0; k < width; k++) {
        body
          .get(operands.mean)
          .load('v128', 16 * k)
          .set(at(centres, k));
        body
          .get(operands.inverse)
          .load('v128', 16 * k)
          .set(at(spreads, k));
      }
      start();
      sumOverChannels(
        body,
        planes,
        [g, x],
        [sums, dots],
        (pixel, [s = 0, p = 0], offset) => {
          load(pixel, offset);
          body.get(s).get(h).vector('f32x4.add').set(s).multiplyAdd(p, h, d);
        },
        gamma,
      );
      // mean h, and the factor r²·mean(h(x − μ)), because x̂·mean(h·x̂) = (x − μ) times that factor
      sums.forEach((sum, k) => {
        const [dot, spread] = [at(dots, k), at(spreads, k)];
        body.get(sum).f32x4(planes.channels).vector('f32x4.div').set(sum);
        body
          .get(dot)
          .f32x4(planes.channels)
          .vector('f32x4.div')
          .get(spread)
          .vector('f32x4.mul')
          .get(spread)
          .vector('f32x4.mul')
          .set(dot);
      });
      start();
      eachChannel(body, planes, [g, x, to], [gamma], () => {
        for (let k = 0; k < width; k++) {
          load(k, 16 * k);
          body
            .get(h)
            .get(at(sums, k))
            .vector('f32x4.sub')
            .get(d)
            .get(at(dots, k))
            .vector('f32x4.mul')
            .vector('f32x4.sub');
          body.get(at(spreads, k)).vector('f32x4.mul').set(t).get(to).get(t);
          storeVector(body, to, 16 * k, add);
        }
      });
      body.release('v128', ...centres, ...spreads, ...sums, ...dots);
    },
  );
  body.release('i32', g, x, gamma, to);
  body.release('v128', h, d, t);
}

function planesOf({ shape, over }: Normalised): Planes {
  const elements = shape.reduce((a, b) => a * b, 1);
  const channels = over === 'channels' ? at(shape, 0) : elements;
  return { channels, plane: elements / channels };
}

/**
 * Emits `block` for BLOCK pixels at a time, then for the remaining pixels; advances the pointers.
 */
function eachBlock(
  body: Body,
  { plane }: Planes,
  pointers: readonly Local[],
  block: (width: number) => void,
): void {
  const moving = (width: number) => pointers.map((pointer) => [pointer, 16 * width] as const);
  const rest = plane % BLOCK;
  body.repeat(Math.floor(plane / BLOCK), moving(BLOCK), () => block(BLOCK));
  if (rest > 0) body.repeat(1, moving(rest), () => block(rest));
}

/**
 * Emits a loop over the channels: data pointers advance by a plane, weight pointers by one float.
 */
function eachChannel(
  body: Body,
  { channels, plane }: Planes,
  data: readonly Local[],
  weights: readonly Local[],
  each: () => void,
): void {
  const moving = [
    ...data.map((pointer) => [pointer, 16 * plane] as const),
    ...weights.map((pointer) => [pointer, 4] as const),
  ];
  body.repeat(channels, moving, each);
}

/**
 * Emits sums over the channels of a block of pixels. Advances the pointers.
 * @param totals one local per sum and pixel; set, not added to
 * @param add adds the element at this offset to a pixel's sums
 * @param weights a pointer that advances by one float per channel
 */
function sumOverChannels(
  body: Body,
  { channels, plane }: Planes,
  data: readonly Local[],
  totals: readonly (readonly Local[])[],
  add: (pixel: number, sums: readonly Local[], offset: number) => void,
  weights?: Local,
): void {
  const width = totals[0]?.length ?? 0;
  const moving = [
    ...data.map((pointer) => [pointer, 16 * plane] as const),
    ...(weights === undefined ? [] : [[weights, 4] as const]),
  ];
  const parts = totals.map(() => body.locals('v128', width));
  for (const total of totals.flat()) body.f32x4(0).set(total);
  eachPart(channels, (terms) => {
    for (const part of parts.flat()) body.f32x4(0).set(part);
    body.repeat(terms, moving, () => {
      for (let k = 0; k < width; k++)
        add(
          k,
          parts.map((part) => at(part, k)),
          16 * k,
        );
    });
    totals
      .flat()
      .forEach((total, i) =>
        body.get(total).get(at(parts.flat(), i)).vector('f32x4.add').set(total),
      );
  });
  body.release('v128', ...parts.flat());
}
