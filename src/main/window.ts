/** Opens the one window, with nothing in it but the built renderer: no Node, no navigation, no further windows. */
import { join } from 'node:path';
import { BrowserWindow } from 'electron';

export async function openWindow(): Promise<void> {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    },
  });
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.webContents.on('will-navigate', (event) => event.preventDefault());
  await window.loadFile(join(import.meta.dirname, '../renderer/index.html'));
}
