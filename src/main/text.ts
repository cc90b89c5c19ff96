/**
 * User-facing text of the main process: menus, dialogs, tray, notifications. The window's text is
 * in `src/renderer/text.ts`.
 */

export const text = {
  name: 'Galapagos',
  file: '&File',
  newStudy: 'New study',
  open: 'Open a lab or a study…',
  openData: 'Import a dataset…',
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
  keys: 'Keyboard shortcuts',
  show: 'Show Galapagos',
  chooseData: 'Choose dataset files',
  chooseDataFolder: 'Choose a dataset folder',
  chooseLab: 'Open a lab',
  chooseStart: 'Choose a file with trials to start from',
  chooseStartFolder: 'Choose an NNI experiment or Ray Tune results',
  chooseStudy: 'Open a study',
  chooseScript: 'Choose a script',
  labs: 'Lab files',
  studies: 'Studies',
  notOpened: 'The lab could not be opened',
  noNode: 'Node.js was not found, but workers need it',
  noNodeHint: 'Add `node` to PATH, or start Galapagos with `npm start`.',
  crashed: 'The window crashed repeatedly',
  crashedHint: 'Running studies continue, and no result was lost.',
  again: 'Reload the window',
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
