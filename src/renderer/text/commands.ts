/** Names of the commands in the command palette and in the list of keyboard shortcuts. */
import { many } from './words.ts';

export const commands = {
  title: 'Commands',
  placeholder: 'Type a command, a study or a trial number',
  nothing: 'No command of that name.',
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
  parents: 'First parent of the trial',
  children: 'First child of the trial',
  lineageNext: 'Next in the lineage',
  lineagePrevious: 'Previous in the lineage',
  fit: 'Fit the view to the trials',
  table: 'Chart as a table, and back',
  settings: 'Settings',
  datasets: 'Datasets',
  machines: 'Machines',
  strip: 'Show or fold the devices',
  keys: 'Keyboard shortcuts',
  commands: 'All commands',
  escape: 'Step out',
  space: 'Pause or resume',
};

export const keys = { title: 'Keyboard', charts: 'Inside a chart: arrows move, Enter selects, Esc steps out.', close: 'Close' };
