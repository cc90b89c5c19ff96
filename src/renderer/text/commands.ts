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
  rename: 'Rename the study',
  duplicate: 'Duplicate the study',
  delete: 'Delete the study',
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

export const keys = {
  title: 'Keyboard shortcuts',
  window: 'Everywhere',
  /** Keys of the focused part of the window. */
  places: [
    {
      title: 'Trials table',
      rows: [
        { shown: '↑ ↓', label: 'Previous or next row' },
        { shown: 'Page Up, Page Down', label: 'One page up or down' },
        { shown: 'Home, End', label: 'First or last row' },
      ],
    },
    {
      title: 'Charts and timeline',
      rows: [
        { shown: '← → ↑ ↓', label: 'Move between marks, or rotate in 3-D' },
        { shown: 'Enter', label: 'Select the mark' },
        { shown: 'Esc', label: 'Leave the chart' },
      ],
    },
    {
      title: 'Parallel coordinates',
      rows: [
        { shown: '↑ ↓', label: 'Move the selected range of an axis' },
        { shown: 'Shift ↑ ↓', label: 'Widen or narrow the range' },
        { shown: '← →', label: 'Reorder an axis, from its name' },
        { shown: 'Esc', label: 'Clear the range' },
      ],
    },
    {
      title: 'Name and note of a study',
      rows: [
        { shown: 'Enter', label: 'Save the name' },
        { shown: 'Ctrl Enter', label: 'Save the note' },
        { shown: 'Esc', label: 'Cancel' },
      ],
    },
    { title: 'New study', rows: [{ shown: 'Ctrl Enter', label: 'Start the study' }] },
    {
      title: 'Lists, tabs and dividers',
      rows: [
        { shown: '← → ↑ ↓', label: 'Previous or next entry; size of a pane' },
        { shown: 'Enter, Space', label: 'Activate the entry' },
        { shown: 'Ctrl click', label: 'Add a study to the comparison' },
      ],
    },
  ],
};
