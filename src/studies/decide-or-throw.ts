/** Applies a command to the scheduler and throws if it is refused. */
import type { Coordinator } from '../coordinator/coordinator.ts';
import { GalapagosError } from '../core/errors.ts';

/** @throws GalapagosError with the reason of the refusal as its code */
export function decideOrThrow(
  coordinator: Coordinator,
  command: Parameters<Coordinator['decide']>[0],
): null {
  return orThrow(coordinator.decide(command));
}

/** @throws GalapagosError with the reason of the refusal as its code */
export function orThrow(refused: ReturnType<Coordinator['decide']>): null {
  if (refused === null) return null;
  throw new GalapagosError(refused.reason, refused.detail, {
    command: refused.command,
    study: refused.study,
  });
}
