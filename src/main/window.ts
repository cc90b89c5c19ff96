/**
 * Creates the window: the built renderer in a sandboxed page, with the bounds of last time. Its
 * restrictions are in `containment.ts`.
 */
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { boundsFor, widthClassOf } from './remembered.ts';
import type { Place, Remembered, WidthClass } from './remembered.ts';
import { WINDOW_ORIGIN } from './window-protocol.ts';

/** Background colours of the renderer, so that the first frame does not flash. */
const GROUND = { light: '#F6F7F8', dark: '#0C0F12' };

export interface WindowParts {
  readonly preload: string;
  readonly icon: string;
  readonly remembered: Remembered;
  /** Called when the window was moved, resized or closed. */
  readonly placed: (screen: WidthClass, place: Place) => void;
}

export function openWindow({ preload, icon, remembered, placed }: WindowParts): BrowserWindow {
  const { workArea } = screen.getPrimaryDisplay();
  const place = remembered.places[widthClassOf(workArea.width)];
  const window = new BrowserWindow({
    ...boundsFor(place, workArea),
    minWidth: 640,
    minHeight: 480,
    show: false,
    icon,
    backgroundColor: nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light,
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  if (place?.maximised === true) window.maximize();
  window.once('ready-to-show', () => window.show());
  const notePlace = (): void => {
    const { workArea: area } = screen.getDisplayMatching(window.getBounds());
    placed(widthClassOf(area.width), {
      bounds: window.getNormalBounds(),
      maximised: window.isMaximized(),
    });
  };
  window.on('close', notePlace);
  return window;
}

/** Loads the page; load errors are printed to the console, never thrown. */
export async function loadWindow(window: BrowserWindow): Promise<void> {
  try {
    await window.loadURL(`${WINDOW_ORIGIN}/index.html`);
  } catch (error) {
    // A reload during loading ends the first load with an error; only the last load counts.
    console.error(error instanceof Error ? error.message : error);
  }
}
