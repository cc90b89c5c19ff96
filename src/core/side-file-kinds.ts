/**
 * Kinds of the files beside an open lab file, each named `<lab file>-<kind>`: SQLite's log, shared
 * memory and journal, and the lock of the lab's owner.
 */
export const SIDE_FILE_KINDS = ['wal', 'shm', 'journal', 'lock'] as const;
