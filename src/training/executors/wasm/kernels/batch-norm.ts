/**
 * Batch norm. Training processes a whole batch of tiles one channel at a time, so that the second
 * and third pass find the channel in the cache; statistics are centred (first the mean, then the
 * squared differences) and use valid samples only. Evaluation processes single tiles.
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import { eachVector, storeVector, sumVectors } from './each-vector.ts';
import { FRAME, pushLaneSum } from './frame.ts';
import { keyOf, type Kernel } from './kernel.ts';

interface Planes {
  readonly channels: number;
  /** Elements per channel. */
  readonly plane: number;
}

export interface BatchNorm extends Planes {
  readonly momentum: number;
  readonly epsilon: number;
  /** True if the output passes through relu. */
  readonly relu: boolean;
}

interface BatchNormGradient extends Planes {
  /** True if g is masked to where y > 0. */
  readonly relu: boolean;
  /** True if x′ is computed. */
  readonly wants: boolean;
  readonly add: boolean;
}

type BatchNormEvaluation = Omit<BatchNorm, 'momentum'>;

const UNROLL = 4;

/**
 * μ, r = 1/√(v+ε), y = γ(x−μ)r + β, running ← (1−q)running + q·(μ; v·m/(m−1)); the running variance
 * is unchanged for m = 1. Parameters (x, weight, bias, runningMean, runningVar, y, mean, inverse,
 * tiles); y may be x's buffer.
 */
export function batchNorm(shape: BatchNorm): Kernel {
  const { channels, plane, momentum, epsilon, relu } = shape;
  return {
    key: keyOf('batch-norm', shape),
    parameters: 9,
    emit(
      body,
      [
        x = 0,
        weight = 0,
        bias = 0,
        runningMean = 0,
        runningVar = 0,
        y = 0,
        mean = 0,
        inverse = 0,
        tiles = 0,
      ],
    ) {
      const [m, scalar] = body.locals('f32', 2) as [Local, Local];
      const [total, centre, scale, shift, t] = body.locals('v128', 5) as [
        Local,
        Local,
        Local,
        Local,
        Local,
      ];
      pushElements(body, plane);
      body.set(m);
      const perChannel = [weight, bias, runningMean, runningVar, mean, inverse].map(
        (pointer) => [pointer, 4] as const,
      );
      const perPlane = [x, y].map((pointer) => [pointer, plane * 16] as const);
      const track = (running: Local, push: () => void): void => {
        body
          .get(running)
          .load('f32')
          .f32(1 - momentum)
          .plain('f32.mul')
          .f32(momentum);
        push();
        body.plain('f32.mul').plain('f32.add');
      };
      body.repeat(channels, [...perChannel, ...perPlane], () => {
        sumOverTiles(body, shape, tiles, [x], [total], ([from = 0], [sum = 0], offset) => {
          body.get(sum).get(from).load('v128', offset).vector('f32x4.add').set(sum);
        });
        pushLaneSum(body, total);
        body.get(m).plain('f32.div').tee(scalar).vector('f32x4.splat').set(centre);
        body.get(mean).get(scalar).store('f32').get(runningMean);
        track(runningMean, () => body.get(scalar));
        body.store('f32');
        sumOverTiles(body, shape, tiles, [x], [total], ([from = 0], [sum = 0], offset) => {
          body
            .get(from)
            .load('v128', offset)
            .get(centre)
            .vector('f32x4.sub')
            .set(t)
            .multiplyAdd(sum, t, t);
        });
        pushLaneSum(body, total);
        body.set(scalar).get(runningVar);
        track(runningVar, () => body.get(scalar).get(m).f32(1).plain('f32.sub').plain('f32.div'));
        body.get(runningVar).load('f32').get(m).f32(1).plain('f32.ne').plain('select').store('f32');
        body
          .get(inverse)
          .f32(1)
          .get(scalar)
          .get(m)
          .plain('f32.div')
          .f32(epsilon)
          .plain('f32.add')
          .plain('f32.sqrt')
          .plain('f32.div');
        body.tee(scalar).store('f32');
        body
          .get(weight)
          .load('f32')
          .get(scalar)
          .plain('f32.mul')
          .vector('f32x4.splat')
          .set(scale)
          .get(bias)
          .loadSplat()
          .set(shift);
        eachTile(body, shape, tiles, [x, y], ([from = 0, to = 0]) => {
          eachVector(body, plane, [from, to], UNROLL, (offset) => {
            body.get(from).load('v128', offset).get(centre).vector('f32x4.sub').set(total);
            body.get(shift).set(t).multiplyAdd(t, total, scale);
            storeActivated(body, to, offset, t, relu);
          });
        });
      });
      body.release('f32', m, scalar);
      body.release('v128', total, centre, scale, shift, t);
    },
  };
}

/**
 * γ′ += Σ g·x̂, β′ += Σ g, x′ (+)= γr(g − (β′ + x̂γ′)/m), and exactly 0 at positions without a
 * sample. Parameters (g, y, x, weight, mean, inverse, weight′, bias′, x′, tiles); x′ may be g's
 * buffer. y is read only with `relu`, x′ written only with `wants`.
 */
export function batchNormGradient(shape: BatchNormGradient): Kernel {
  const { channels, plane, relu, wants, add } = shape;
  return {
    key: keyOf('batch-norm-gradient', shape),
    parameters: 10,
    emit(
      body,
      [
        g = 0,
        y = 0,
        x = 0,
        weight = 0,
        mean = 0,
        inverse = 0,
        weightTo = 0,
        biasTo = 0,
        to = 0,
        tiles = 0,
      ],
    ) {
      const [m, r, forWeight, forBias] = body.locals('f32', 4) as [Local, Local, Local, Local];
      const [sum, dot, centre, t, u] = body.locals('v128', 5) as [
        Local,
        Local,
        Local,
        Local,
        Local,
      ];
      pushElements(body, plane);
      body.set(m);
      /** Sets t to the masked g and u to x − μ. */
      const load = (
        [gradient = 0, input = 0, output = 0]: readonly Local[],
        offset: number,
      ): void => {
        body.get(gradient).load('v128', offset);
        if (relu)
          body.get(output).load('v128', offset).f32x4(0).vector('f32x4.gt').vector('v128.and');
        body.set(t).get(input).load('v128', offset).get(centre).vector('f32x4.sub').set(u);
      };
      const reads = relu ? [g, x, y] : [g, x];
      const perChannel = [weight, mean, inverse, weightTo, biasTo].map(
        (pointer) => [pointer, 4] as const,
      );
      const perPlane = [...reads, ...(wants ? [to] : [])].map(
        (pointer) => [pointer, plane * 16] as const,
      );
      body.repeat(channels, [...perChannel, ...perPlane], () => {
        body.get(mean).loadSplat().set(centre).get(inverse).load('f32').set(r);
        sumOverTiles(body, shape, tiles, reads, [sum, dot], (from, [s = 0, d = 0], offset) => {
          load(from, offset);
          body.get(s).get(t).vector('f32x4.add').set(s).multiplyAdd(d, t, u);
        });
        pushLaneSum(body, sum);
        body.set(forBias);
        pushLaneSum(body, dot);
        body.get(r).plain('f32.mul').set(forWeight);
        body.get(weightTo).get(weightTo).load('f32').get(forWeight).plain('f32.add').store('f32');
        body.get(biasTo).get(biasTo).load('f32').get(forBias).plain('f32.add').store('f32');
        if (!wants) return;
        // A₁ = γr, A₂ = −γr²γ′/m (of x − μ), A₃ = −γrβ′/m
        const factors = body.locals('v128', 3) as [Local, Local, Local];
        const kept = body.locals('v128', 3) as [Local, Local, Local];
        const scale = body.local('f32');
        body
          .get(weight)
          .load('f32')
          .get(r)
          .plain('f32.mul')
          .tee(scale)
          .vector('f32x4.splat')
          .set(factors[0]);
        body
          .get(scale)
          .get(r)
          .plain('f32.mul')
          .get(forWeight)
          .get(m)
          .plain('f32.div')
          .plain('f32.mul');
        body.vector('f32x4.splat').vector('f32x4.neg').set(factors[1]);
        body
          .get(scale)
          .get(forBias)
          .get(m)
          .plain('f32.div')
          .plain('f32.mul')
          .vector('f32x4.splat')
          .vector('f32x4.neg')
          .set(factors[2]);
        eachTile(body, shape, tiles, [...reads, to], (pointers, gate) => {
          kept.forEach((factor, i) =>
            body.get(at(factors, i)).get(gate).vector('v128.and').set(factor),
          );
          eachVector(body, plane, pointers, UNROLL, (offset) => {
            load(pointers, offset);
            const target = at(pointers, reads.length);
            body.get(kept[2]).set(sum).multiplyAdd(sum, kept[1], u).multiplyAdd(sum, kept[0], t);
            body.get(target).get(sum);
            storeVector(body, target, offset, add);
          });
        });
        body.release('f32', scale);
        body.release('v128', ...factors, ...kept);
      });
      body.release('f32', m, r, forWeight, forBias);
      body.release('v128', sum, dot, centre, t, u);
    },
  };
}

/**
 * y = Ax + (β − A·μ), A = γ/√(v+ε), with the running statistics. Parameters (x, weight, bias,
 * runningMean, runningVar, y); y may be x's buffer.
 */
export function batchNormEvaluation(shape: BatchNormEvaluation): Kernel {
  const { channels, plane, epsilon, relu } = shape;
  return {
    key: keyOf('batch-norm-evaluation', shape),
    parameters: 6,
    emit(body, [x = 0, weight = 0, bias = 0, runningMean = 0, runningVar = 0, y = 0]) {
      const [scale, shift, t, value] = body.locals('v128', 4) as [Local, Local, Local, Local];
      const perChannel = [weight, bias, runningMean, runningVar].map(
        (pointer) => [pointer, 4] as const,
      );
      body.repeat(channels, perChannel, () => {
        body
          .get(weight)
          .loadSplat()
          .get(runningVar)
          .loadSplat()
          .f32x4(epsilon)
          .vector('f32x4.add')
          .vector('f32x4.sqrt');
        body.vector('f32x4.div').set(scale);
        body
          .get(bias)
          .loadSplat()
          .get(scale)
          .get(runningMean)
          .loadSplat()
          .vector('f32x4.mul')
          .vector('f32x4.sub')
          .set(shift);
        eachVector(body, plane, [x, y], UNROLL, (offset) => {
          body
            .get(shift)
            .set(t)
            .get(x)
            .load('v128', offset)
            .set(value)
            .multiplyAdd(t, value, scale);
          storeActivated(body, y, offset, t, relu);
        });
      });
      body.release('v128', scale, shift, t, value);
    },
  };
}

/** Pushes m, the number of elements in a channel's statistics, as f32. */
function pushElements(body: Body, plane: number): void {
  body.i32(FRAME.count).load('i32').i32(plane).plain('i32.mul').plain('f32.convert_i32_u');
}

function storeActivated(body: Body, to: Local, offset: number, value: Local, relu: boolean): void {
  body.get(to);
  if (relu) body.f32x4(0).get(value).vector('f32x4.pmax');
  else body.get(value);
  body.store('v128', offset);
}

/**
 * Emits `each` once, in a loop over the tiles.
 * @param starts addresses of the channel in the first tile; `each` receives pointers that it must
 *   advance by one plane
 */
function eachTile(
  body: Body,
  { channels, plane }: Planes,
  tiles: Local,
  starts: readonly Local[],
  each: (pointers: readonly Local[], gate: Local) => void,
): void {
  const pointers = body.locals('i32', starts.length);
  const [left, gate] = body.locals('v128', 2) as [Local, Local];
  pointers.forEach((pointer, i) => body.get(at(starts, i)).set(pointer));
  body.i32(FRAME.count).loadSplat().i32x4(0, 1, 2, 3).vector('i32x4.sub').set(left);
  body.times(
    tiles,
    pointers.map((pointer) => [pointer, (channels - 1) * plane * 16] as const),
    () => {
      // lanes of valid samples
      body.i32x4(0, 0, 0, 0).get(left).vector('i32x4.lt_s').set(gate);
      each(pointers, gate);
      body.get(left).i32x4(4, 4, 4, 4).vector('i32x4.sub').set(left);
    },
  );
  body.release('i32', ...pointers);
  body.release('v128', left, gate);
}

/**
 * Emits sums over a channel of all tiles, valid samples only. Each tile is summed separately first.
 */
function sumOverTiles(
  body: Body,
  planes: Planes,
  tiles: Local,
  starts: readonly Local[],
  totals: readonly Local[],
  add: (pointers: readonly Local[], sums: readonly Local[], offset: number) => void,
): void {
  const ofTile = body.locals('v128', totals.length);
  for (const total of totals) body.f32x4(0).set(total);
  eachTile(body, planes, tiles, starts, (pointers, gate) => {
    sumVectors(body, planes.plane, pointers, ofTile, (sums, offset) => add(pointers, sums, offset));
    totals.forEach((total, i) =>
      body
        .get(total)
        .get(at(ofTile, i))
        .get(gate)
        .vector('v128.and')
        .vector('f32x4.add')
        .set(total),
    );
  });
  body.release('v128', ...ofTile);
}
