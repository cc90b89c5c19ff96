/** Re-exports: the scheduler's public face. */
export type * from './words.ts';
export type * from './events.ts';
export type { Change, Instruction, LabChange, Lane, Write } from './instructions.ts';
export { passesBeforeCommit } from './instructions.ts';
