/** Why joining a lab failed, in words. Pure. */
import type { OwnerBody } from '../../protocol/window/nodes.ts';
import { text } from '../text.ts';

/** @param host null: it was not reached */
export function joinFailure(reason: OwnerBody['reason'], host: string | null): string {
  if (reason === null) return text.nodes.joinFailedOther({ why: text.unknown });
  const known = text.nodes.joinFailed[reason.reason];
  if (known !== undefined) {
    const words = known({ host: host ?? text.nodes.theHost });
    return host === null ? text.lab.sentence({ words }) : words;
  }
  const { message } = reason.data;
  return text.nodes.joinFailedOther({
    why: typeof message === 'string' ? message : reason.reason,
  });
}
