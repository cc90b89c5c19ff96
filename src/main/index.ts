/**
 * Electron's main process: a readable list of setup calls. Electron is imported here and in preload only, so that nothing
 * the command line loads can start its download.
 */
import { app } from 'electron';
import { openWindow } from './window.ts';

if (!app.requestSingleInstanceLock()) app.quit();
app.enableSandbox();
app.on('window-all-closed', () => app.quit());
await app.whenReady();
await openWindow();
