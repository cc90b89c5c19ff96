/** Who may speak to the main process: the page of ours in a window's main frame, nobody else. */
import type { WebFrameMain } from 'electron';
import { WINDOW_ORIGIN } from './window-protocol.ts';

export interface Sender {
  /** Null: the frame is gone, or has gone elsewhere. */
  readonly senderFrame: Pick<WebFrameMain, 'url' | 'parent'> | null;
}

export function isOurPage({ senderFrame }: Sender): boolean {
  return (
    senderFrame !== null &&
    senderFrame.parent === null &&
    senderFrame.url.startsWith(`${WINDOW_ORIGIN}/`)
  );
}
