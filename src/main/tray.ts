/**
 * Shows a tray icon while a study runs, with the progress and an item that opens the window.
 */
import { join } from 'node:path';
import { Menu, Tray } from 'electron';
import type { RunningStudy } from '../endpoints/application.ts';
import { fractionOf, sentenceOf } from './progress.ts';
import { text } from './text.ts';

export interface TrayParts {
  /** Absolute path of `resources/`. */
  readonly resources: string;
  readonly show: () => void;
  readonly quit: () => void;
}

/** @returns a listener, to be called with the running studies whenever they change */
export function setupTray({
  resources,
  show,
  quit,
}: TrayParts): (running: readonly RunningStudy[]) => void {
  let tray: Tray | null = null;
  const open = (): Tray => {
    const name = process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png';
    const made = new Tray(join(resources, 'icons', name));
    made.setContextMenu(
      Menu.buildFromTemplate([
        { label: text.show, click: show },
        { type: 'separator' },
        { label: text.quit, click: quit },
      ]),
    );
    made.on('click', show);
    return made;
  };
  return (running) => {
    if (running.length === 0) {
      tray?.destroy();
      tray = null;
      return;
    }
    tray ??= open();
    tray.setToolTip(sentenceOf(running));
    const done = fractionOf(running);
    if (process.platform === 'darwin' && done !== null)
      tray.setTitle(`${Math.floor(100 * done)} %`);
  };
}
