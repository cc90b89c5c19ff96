/** Names of the commands in the command palette and in the list of keyboard shortcuts. */
import { many } from './words.ts';

export const commands = {
  title: 'Commands',
  placeholder: 'Type a command, a study or a trial number',
  nothing: 'No command matches.',
  study: ({ name }: { name: string }) => `Go to ${name}`,
  trial: ({ trial }: { trial: number }) => `Select trial ${trial}`,
  newStudy: 'New study',
  openData: 'Import a dataset',
  openLab: 'Open a lab or a study',
  pause: 'Pause the study',
  resume: 'Resume the study',
  stop: 'Stop the study',
  add: ({ trials }: { trials: number }) => `Add ${many(trials, 'trial')}`,
  best: 'Select the best trial',
  next: 'Next trial',
  previous: 'Previous trial',
  parents: 'Go to the first parent',
  children: 'Go to the first offspring',
  lineageNext: 'Next in the lineage',
  lineagePrevious: 'Previous in the lineage',
  fit: 'Fit the view to the trials',
  table: 'Switch between chart and table',
  settings: 'Settings',
  datasets: 'Datasets',
  machines: 'Machines',
  strip: 'Show or hide the devices',
  keys: 'Keyboard shortcuts',
  commands: 'All commands',
  escape: 'Clear the selection or close',
  space: 'Pause or resume',
};

export const keys = { title: 'Keyboard', charts: 'In a chart: arrow keys move, Enter selects, Esc leaves.', close: 'Close' };
