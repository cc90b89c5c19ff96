/** relu, its gradient, and products with a mask: one vector at a time over a tile-layout buffer. */
import type { Body, Local } from '../instructions.ts';

/** to = relu(from); they may be the same. NaN becomes 0, as x > 0 is false. */
export function emitRelu(body: Body, from: number, to: number, count: number): void {
  map(body, [from, to], count, ([x = 0, y = 0]) => body.get(y).f32x4(0).get(x).load('v128').vector('f32x4.pmax').store('v128'));
}

/** to (+)= y > 0 ? g : 0. */
export function emitReluGradient(body: Body, g: number, y: number, to: number, count: number, add: boolean): void {
  map(body, [g, y, to], count, ([gradient = 0, output = 0, target = 0]) => {
    body.get(target).get(gradient).load('v128').get(output).load('v128').f32x4(0).vector('f32x4.gt').vector('v128.and');
    if (add) body.get(target).load('v128').vector('f32x4.add');
    body.store('v128');
  });
}

/** to (+)= from · mask. */
export function emitProduct(body: Body, from: number, mask: number, to: number, count: number, add: boolean): void {
  map(body, [from, mask, to], count, ([x = 0, m = 0, y = 0]) => {
    body.get(y).get(x).load('v128').get(m).load('v128').vector('f32x4.mul');
    if (add) body.get(y).load('v128').vector('f32x4.add');
    body.store('v128');
  });
}

function map(body: Body, addresses: readonly number[], count: number, element: (pointers: readonly Local[]) => void): void {
  const pointers = body.locals('i32', addresses.length);
  pointers.forEach((pointer, i) => body.i32(addresses[i] ?? 0).set(pointer));
  body.repeat(
    count,
    pointers.map((pointer) => [pointer, 16] as const),
    () => {
      element(pointers);
    },
  );
  body.release('i32', ...pointers);
}
