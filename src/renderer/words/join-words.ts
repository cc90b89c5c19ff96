/** Reason why joining a lab failed, in words. Pure. */
import type { OwnerBody } from '../../protocol/window/nodes.ts';
import { text } from '../text.ts';
import { nodeText } from '../text/nodes.ts';

/** @param host null: it was not reached */
export function joinFailure(reason: OwnerBody['reason'], host: string | null): string {
  if (reason === null) return nodeText.joinFailedOther({ why: text.unknown });
  const known = nodeText.joinFailed[reason.reason];
  if (known !== undefined) {
    const words = known({ host: host ?? nodeText.theHost });
    return host === null ? text.lab.sentence({ words }) : words;
  }
  const { message } = reason.data;
  return nodeText.joinFailedOther({
    why: typeof message === 'string' ? message : reason.reason,
  });
}
