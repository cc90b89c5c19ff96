/**
 * The application menu. Items send a request to the window and do nothing themselves. The window
 * prevents keys that it handles from reaching the menu, so each shortcut fires once.
 */
import { Menu } from 'electron';
import type { MenuItemConstructorOptions } from 'electron';
import type { Act } from './acts.ts';
import { text } from './text.ts';

type PlainAct = Exclude<Act['act'], 'opened' | 'tab'>;

export function setupMenu(ask: (act: Act) => void, isMac = process.platform === 'darwin'): void {
  const item = (
    label: string,
    act: PlainAct,
    accelerator?: string,
  ): MenuItemConstructorOptions => ({
    id: act,
    label,
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => ask({ act }),
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const settings = item(text.settings, 'settings', 'CmdOrCtrl+,');
  const template: MenuItemConstructorOptions[] = [
    {
      label: text.file,
      submenu: [
        item(text.newStudy, 'new-study', 'CmdOrCtrl+N'),
        item(text.openData, 'open-data', 'CmdOrCtrl+O'),
        item(text.open, 'open', 'CmdOrCtrl+Shift+O'),
        separator,
        item(text.exportBest, 'export-best', 'CmdOrCtrl+S'),
        item(text.exportAll, 'export'),
        ...(isMac
          ? []
          : [
              separator,
              settings,
              separator,
              { id: 'quit', label: text.quit, role: 'quit' as const },
            ]),
      ],
    },
    { label: text.edit, role: 'editMenu' },
    {
      label: text.view,
      submenu: [
        ...text.tabs.map((label, at) => ({
          id: `tab-${at + 1}`,
          label,
          click: () => ask({ act: 'tab', tab: at + 1 }),
        })),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
      ],
    },
    {
      label: text.study,
      submenu: [
        item(text.pause, 'pause'),
        item(text.addTrials, 'add-trials'),
        separator,
        item(text.commands, 'commands', 'CmdOrCtrl+K'),
      ],
    },
    { label: text.window, role: 'windowMenu' },
    { label: text.help, role: 'help', submenu: [item(text.keys, 'keys')] },
  ];
  if (isMac) {
    template.unshift({
      label: text.name,
      submenu: [
        { role: 'about' },
        separator,
        settings,
        separator,
        { role: 'hide' },
        { role: 'hideOthers' },
        { role: 'unhide' },
        separator,
        { role: 'quit' },
      ],
    });
  }
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
