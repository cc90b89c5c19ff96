/** Stands where an endpoint's answer is still being written. */
import { GalapagosError } from '../core/errors.ts';

export function notReady(): never {
  throw new GalapagosError('not-ready', 'this is not answered yet');
}
