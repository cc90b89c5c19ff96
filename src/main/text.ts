/**
 * User-facing text of the main process: menus, dialogs, tray, notifications. The window's text is
 * in `src/renderer/text.ts`.
 */

export const text = {
  name: 'Galapagos',
  file: '&File',
  newStudy: 'New study',
  open: 'Open a lab or a study…',
  openData: 'Add data…',
  exportAll: 'Export…',
  exportBest: 'Export the best configurations…',
  settings: 'Settings',
  quit: 'Quit Galapagos',
  edit: '&Edit',
  view: '&View',
  tabs: ['Evolution', 'Space', 'Curves', 'Trials', 'Lab'],
  study: '&Study',
  pause: 'Pause or resume',
  addTrials: 'Add 32 trials',
  commands: 'Commands…',
  window: '&Window',
  help: '&Help',
  keys: 'Keys',
  show: 'Show Galapagos',
  chooseData: 'Choose data',
  chooseDataFolder: 'Choose a folder of data',
  chooseLab: 'Open a lab',
  chooseStudy: 'Open a study',
  labs: 'Lab files',
  studies: 'Studies',
  notOpened: 'The lab was not opened',
  noNode: 'Workers need Node, and none was found',
  noNodeHint: 'Put `node` on the path, or start Galapagos with `npm start`.',
  crashed: 'The window ended unexpectedly',
  crashedHint: 'Studies go on. Nothing was lost.',
  again: 'Show it again',
  progress: (name: string, ended: number, trials: number | null): string =>
    trials === null
      ? `${name}: ${grouped(ended)} trials`
      : `${name}: ${grouped(ended)} of ${grouped(trials)} trials`,
  several: (studies: number, ended: number): string =>
    `${studies} studies are running: ${grouped(ended)} trials have ended`,
  ended: (name: string): string => `${name} has ended`,
} as const;

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
