/**
 * Optimisers over a lane's block, one vector of weights at a time: float32 in the written order,
 * never fused. Clears the gradients. `plan/op-kinds.ts` defines their meaning.
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import { keyOf, type Kernel } from './kernel.ts';

export interface Update {
  readonly kind: 'sgd' | 'adam' | 'adamw' | 'rmsprop';
  /**
   * Runs of floats of the block with equal decay: index of the first float, count (a multiple of
   * 4).
   */
  readonly runs: readonly {
    readonly first: number;
    readonly count: number;
    readonly decay: boolean;
  }[];
  readonly momentum: boolean;
  readonly nesterov: boolean;
  /** Bytes of a lane's weights: offset of the first slot; the second is at twice that. */
  readonly slot: number;
  /** Byte offset of the gradients. */
  readonly gradient: number;
  /** Byte offsets of the op's columns in the lane's row, in the order of the op. */
  readonly columns: readonly number[];
}

/** Locals for one vector of weights: address, weight, gradient, temporary. */
interface Place {
  readonly at: Local;
  readonly w: Local;
  readonly g: Local;
  readonly t: Local;
}

/** Parameters (lane, row). */
export function update(shape: Update): Kernel {
  return {
    key: keyOf('update', shape),
    parameters: 2,
    emit(body, [lane = 0, row = 0]) {
      const columns = body.locals('v128', shape.columns.length);
      columns.forEach((column, i) => body.get(row).loadSplat(at(shape.columns, i)).set(column));
      const place = body.local('i32');
      const [w, g, t] = body.locals('v128', 3) as [Local, Local, Local];
      for (const run of shape.runs) {
        body
          .get(lane)
          .i32(run.first * 4)
          .plain('i32.add')
          .set(place);
        body.repeat(run.count / 4, [[place, 16]], () => {
          body.get(place).load('v128').set(w).get(place).load('v128', shape.gradient).set(g);
          body.get(place).f32x4(0).store('v128', shape.gradient);
          STEPS[shape.kind](body, shape, columns, { at: place, w, g, t }, run.decay);
        });
      }
      body.release('i32', place);
      body.release('v128', ...columns, w, g, t);
    },
  };
}

type UpdateRule = (
  body: Body,
  shape: Update,
  columns: readonly Local[],
  place: Place,
  decay: boolean,
) => void;

const STEPS: Record<Update['kind'], UpdateRule> = {
  sgd(body, { momentum, nesterov, slot }, [alpha = 0, mu = 0, lambda = 0], place, decay) {
    if (decay) addDecay(body, place, lambda);
    if (momentum) {
      moveSlot(body, place, slot, mu, () => body.get(place.g));
      // Nesterov: g + μv
      if (nesterov)
        body.get(place.g).get(mu).get(place.t).vector('f32x4.mul').vector('f32x4.add').set(place.t);
    } else body.get(place.g).set(place.t);
    descend(body, place, () => body.get(alpha).get(place.t).vector('f32x4.mul'));
  },
  adam(body, shape, columns, place, decay) {
    if (decay) addDecay(body, place, at(columns, 7));
    adamStep(body, shape, columns, place);
  },
  adamw(body, shape, columns, place, decay) {
    if (decay) body.get(place.w).get(at(columns, 7)).vector('f32x4.mul').set(place.w);
    adamStep(body, shape, columns, place);
  },
  rmsprop(
    body,
    { momentum, slot },
    [alpha = 0, rho = 0, rest = 0, epsilon = 0, mu = 0, lambda = 0],
    place,
    decay,
  ) {
    const { g, t } = place;
    if (decay) addDecay(body, place, lambda);
    moveSlot(body, place, slot, rho, () =>
      body.get(rest).get(g).get(g).vector('f32x4.mul').vector('f32x4.mul'),
    );
    body
      .get(g)
      .get(t)
      .vector('f32x4.sqrt')
      .get(epsilon)
      .vector('f32x4.add')
      .vector('f32x4.div')
      .set(g);
    if (momentum) moveSlot(body, place, 2 * slot, mu, () => body.get(g));
    else body.get(g).set(t);
    descend(body, place, () => body.get(alpha).get(t).vector('f32x4.mul'));
  },
};

/** m ← β₁m + (1−β₁)g; s ← β₂s + ((1−β₂)g)g; w ← w − a₁·m/(√s·a₂ + ε). */
function adamStep(
  body: Body,
  { slot }: Update,
  [
    size = 0,
    correction = 0,
    beta1 = 0,
    rest1 = 0,
    beta2 = 0,
    rest2 = 0,
    epsilon = 0,
  ]: readonly Local[],
  place: Place,
): void {
  const { g, t } = place;
  const first = body.local('v128');
  moveSlot(body, place, slot, beta1, () => body.get(rest1).get(g).vector('f32x4.mul'));
  body.get(t).set(first);
  moveSlot(body, place, 2 * slot, beta2, () =>
    body.get(rest2).get(g).vector('f32x4.mul').get(g).vector('f32x4.mul'),
  );
  descend(body, place, () => {
    body.get(size).get(first).vector('f32x4.mul');
    body
      .get(t)
      .vector('f32x4.sqrt')
      .get(correction)
      .vector('f32x4.mul')
      .get(epsilon)
      .vector('f32x4.add')
      .vector('f32x4.div');
  });
  body.release('v128', first);
}

/** g ← g + λw. */
function addDecay(body: Body, { w, g }: Place, lambda: Local): void {
  body.get(g).get(lambda).get(w).vector('f32x4.mul').vector('f32x4.add').set(g);
}

/** slot ← keep·slot + the pushed value; the result is also left in t. */
function moveSlot(body: Body, { at, t }: Place, slot: number, keep: Local, push: () => void): void {
  body.get(at).get(keep).get(at).load('v128', slot).vector('f32x4.mul');
  push();
  body.vector('f32x4.add').tee(t).store('v128', slot);
}

/** w ← w − the pushed value. */
function descend(body: Body, { at, w }: Place, push: () => void): void {
  body.get(at).get(w);
  push();
  body.vector('f32x4.sub').store('v128');
}
