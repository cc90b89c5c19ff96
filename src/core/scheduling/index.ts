/** Re-exports: the scheduler's public interface. */
export type * from './words.ts';
export type * from './events.ts';
export type {
  Change,
  CohortTrial,
  Instruction,
  LabChange,
  NodeMessage,
  Write,
} from './instructions.ts';
export { passesBeforeCommit } from './instructions.ts';
export type { LabOptions } from './options.ts';
export { createLab } from './create-lab.ts';
export { endedOf, takingUp, trialsOf } from './dormant.ts';
export { findLive } from './find.ts';
export type { Cohort, LabState, Study } from './state.ts';
export { headOf } from './stored-head.ts';
export { step, stepOpening } from './step.ts';
export { answerAsk, answerOf, askedBecause, isAwaited } from './asking.ts';
export type { Ask, Proposals } from './asking.ts';
export { lanesForSearch, trialsAtOnce } from './packing.ts';
export { canResume } from './study-commands.ts';
export { isAtRest } from './study-descriptions.ts';
export { story } from './story.ts';
export { InvalidTransition } from './transitions.ts';
