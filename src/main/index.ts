/**
 * Electron's main process, as a list of setup calls. Electron is imported here and in `preload`
 * only, so that no module of the command line triggers its download.
 */
import { join } from 'node:path';
import { app, dialog } from 'electron';
import type { BrowserWindow } from 'electron';
import { userFolder } from '../runtime/user-folder.ts';
import { Acts } from './acts.ts';
import { containWindows, denyPermissions } from './containment.ts';
import { setupCrashRecovery } from './crash.ts';
import { setupEndNotice } from './end-notice.ts';
import { setupIpc } from './ipc.ts';
import { setupMenu } from './menu.ts';
import { nativeCalls } from './native-calls.ts';
import { openApplication } from './open-application.ts';
import { setupSingleInstance } from './opened-files.ts';
import { placesOf } from './places.ts';
import { showProgress } from './progress.ts';
import { setupQuit } from './quit.ts';
import { shareAgain } from './share-again.ts';
import { idleSeconds, setupSleepNotice } from './power.ts';
import { recall, remember } from './remembered.ts';
import { setupSleepBlock } from './sleep.ts';
import { text } from './text.ts';
import { setupTray } from './tray.ts';
import { registerWindowScheme, setupWindowProtocol } from './window-protocol.ts';
import { loadWindow, openWindow } from './window.ts';

const home = userFolder();
const notes = join(home, 'window.json');
const places = placesOf({
  entryFolder: import.meta.dirname,
  packaged: app.isPackaged,
  resourcesPath: process.resourcesPath,
  platform: process.platform,
  env: process.env,
});
const icon = join(places.resources, 'icons', 'window.png');
const acts = new Acts();
let remembered = recall(notes);
let window: BrowserWindow | null = null;
let started = false;

// Chromium's files go to their own folder. Electron's single-instance lock is taken on that folder.
app.setPath('userData', join(home, 'electron'));
app.enableSandbox();
registerWindowScheme();
containWindows();
const opened = (path: string): void => acts.ask({ act: 'opened', path });
// Electron emits `ready` only after the entry module has run, so the entry must not await it.
if (setupSingleInstance({ opened, show })) app.once('ready', () => void start());
else app.quit();

async function start(): Promise<void> {
  if (places.worker === null) {
    dialog.showErrorBox(text.noNode, text.noNodeHint);
    app.exit(1);
    return;
  }
  denyPermissions();
  setupWindowProtocol(places.window);
  const inputAge = idleSeconds();
  const application = await openApplication(
    {
      resources: places.resources,
      userFolder: home,
      lab: join(home, 'lab.db'),
      workers: null,
      host: 'electron',
      version: app.getVersion(),
      worker: places.worker,
      ...(inputAge === undefined ? {} : { idleSeconds: inputAge }),
    },
    remembered.lab,
  );
  if (application === null) {
    app.exit(1);
    return;
  }
  setupIpc(application.endpoints, {
    calls: nativeCalls(() => window, icon),
    subscriptions: { act: acts.subscribe },
  });
  setupMenu((act) => acts.ask(act));
  const listeners = [
    setupTray({ resources: places.resources, show, quit: () => app.quit() }),
    setupEndNotice(() => window?.isFocused() ?? false, show),
    setupSleepBlock(),
    (running: ReturnType<typeof application.runningStudies>) => showProgress(window, running),
  ];
  application.onChange(() => {
    const running = application.runningStudies();
    for (const notify of listeners) notify(running);
  });
  setupSleepNotice(application);
  if (remembered.share !== null) shareAgain(application, remembered.share);
  setupQuit(async () => {
    const { labFile, sharing } = application;
    remembered = {
      ...remembered,
      lab: labFile === join(home, 'lab.db') ? null : labFile,
      share: sharing.on ? sharing.port : null,
    };
    remember(notes, remembered);
    await application.close();
  });
  app.on('activate', show);
  started = true;
  show();
}

/** Brings the window to the front; creates it if it was closed. */
function show(): void {
  if (!started) return;
  if (window !== null) {
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    return;
  }
  const made = openWindow({
    preload: places.preload,
    icon,
    remembered,
    placed(screen, place) {
      remembered = { ...remembered, places: { ...remembered.places, [screen]: place } };
      remember(notes, remembered);
    },
  });
  window = made;
  made.on('closed', () => (window = null));
  setupCrashRecovery(made, () => void loadWindow(made));
  void loadWindow(made);
}
