/** Text of what a user can change about a study: its name, its note, its deletion. */
import { many } from './words.ts';

export const studyChanges = {
  menu: 'Study',
  rename: 'Rename',
  renameLabel: 'Name of the study',
  renamed: ({ name }: { name: string }) => `Renamed to ${name}.`,
  nameWrong: 'A name has 1 to 512 characters, no control characters, and no space at its ends.',
  editSearch: 'Edit search…',
  editSearchTitle: 'Edit the search',
  notConfirmation: 'not a confirmation',
  duplicate: 'Duplicate',
  remove: 'Delete',
  stopFirst: 'stop it first',
  removed: ({ name }: { name: string }) => `Deleted ${name}.`,
  restored: ({ name }: { name: string }) => `Restored ${name}.`,
  restore: 'Restore',
  restoreNamed: ({ name }: { name: string }) => `Restore ${name}`,
  isDeleted: 'This study is deleted. Its trials are still in the lab file.',
  removeForGood: 'Delete for good',
  removeNamed: ({ name }: { name: string }) => `Delete for good: ${name}`,
  removeTitle: ({ name }: { name: string }) => `Delete ${name} for good?`,
  removeWhat: ({ trials }: { trials: number }) =>
    `${many(trials, 'trial')} and all confirmations of the study are removed from the lab file. This cannot be undone.`,
  removedForGood: ({ name }: { name: string }) => `${name} is no longer in the lab file.`,
  keep: 'Keep',
  deletedStudies: ({ count }: { count: number }) => `Deleted studies (${count})`,
  note: 'Note',
  addNote: 'Add a note',
  editNote: 'Edit the note',
  noteLabel: 'Note on the study',
  noteHint: 'Ctrl Enter saves, Esc cancels',
  noteLength: ({ length, most }: { length: number; most: number }) =>
    `${length} of at most ${most} characters`,
  edit: 'Edit',
  save: 'Save',
  noted: 'Note saved.',
};
