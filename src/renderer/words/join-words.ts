/** Why joining a lab failed, in words. Pure. */
import type { OwnerBody } from '../../protocol/window/nodes.ts';
import { text } from '../text.ts';

export function joinFailure(reason: OwnerBody['reason'], host: string): string {
  if (reason === null) return text.nodes.joinFailedOther({ why: text.unknown });
  const known = text.nodes.joinFailed[reason.reason];
  if (known !== undefined) return known({ host });
  const { message } = reason.data;
  return text.nodes.joinFailedOther({
    why: typeof message === 'string' ? message : reason.reason,
  });
}
