/**
 * Access control: the main process accepts messages only from the main frame of a window that shows
 * the app's own page.
 */
import type { WebFrameMain } from 'electron';
import { WINDOW_ORIGIN } from './window-protocol.ts';

export interface Sender {
  /** Null when the frame was destroyed or has navigated away. */
  readonly senderFrame: Pick<WebFrameMain, 'url' | 'parent'> | null;
}

export function isOurPage({ senderFrame }: Sender): boolean {
  return (
    senderFrame !== null &&
    senderFrame.parent === null &&
    senderFrame.url.startsWith(`${WINDOW_ORIGIN}/`)
  );
}
