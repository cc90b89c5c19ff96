/** Fills a place with zeros. Parameter: its address. */
import { keyOf, type Kernel } from './kernel.ts';

export function zeros(shape: { readonly bytes: number }): Kernel {
  return {
    key: keyOf('zeros', shape),
    parameters: 1,
    emit: (body, [to = 0]) => {
      body.clearAt(to, shape.bytes);
    },
  };
}
