/** The face of a machine that cannot join another lab, with the reason. */
import { GalapagosError } from '../core/errors.ts';
import { NO_LIMITS } from '../protocol/node-messages.ts';
import type { NodeFace } from './shared-lab.ts';

export function withoutNode(why: string): NodeFace {
  const refuse = (): Promise<never> => Promise.reject(new GalapagosError('cannot-join', why));
  return {
    listen: () => () => undefined,
    state: {
      cannotJoin: why,
      phase: 'none',
      address: null,
      host: null,
      lab: null,
      digits: null,
      reason: null,
      link: null,
      running: 0,
      limits: NO_LIMITS,
      devices: [],
      idleSource: null,
      idleUnknown: why,
    },
    seen: { labs: [], blind: why },
    look: () => () => undefined,
    start: refuse,
    agree: refuse,
    leave: refuse,
    limit: refuse,
    close: () => Promise.resolve(),
  };
}
