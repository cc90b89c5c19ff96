/**
 * Drops files on the window. The browser itself makes the drag, so that folders arrive as folders.
 */
import type { Page } from 'playwright-core';

/** @param paths files and folders of this machine, dropped together in the middle of the window */
export async function drop(page: Page, paths: readonly string[]): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  const at = { x: width / 2, y: height / 2, data };
  await session.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at });
  await session.send('Input.dispatchDragEvent', { type: 'dragOver', ...at });
  await session.send('Input.dispatchDragEvent', { type: 'drop', ...at });
  await session.detach();
}
