/**
 * Handles the exit of a worker's process as its supervisor reported it, and its consequences for
 * the attempts that ran in it.
 */
import type { Event } from './events.ts';
import { crash, die, lose, runOutOfMemory } from './outcomes.ts';
import { leaveSlot } from './sessions.ts';
import { compareIncarnations } from './slots.ts';
import { relaunch } from './spawning.ts';
import type { Attempt, LabState } from './state.ts';

type Exited = Extract<Event, { type: 'exited' }>;

/** Signals by which a process ends through its own fault. */
const FAULTS: readonly string[] = [
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
  'SIGSYS',
];

export function exited(lab: LabState, event: Exited): void {
  const slot = lab.slots.get(event.slot);
  if (slot === undefined) return;
  if (compareIncarnations(event.incarnation, slot.exited) > 0) slot.exited = event.incarnation;
  if (slot.session !== null && slot.incarnation === event.incarnation) {
    const reason = describe(event);
    leaveSlot(
      lab,
      slot,
      { reason, goodbye: false, fate: (attempt) => apply(lab, attempt, event, reason) },
      true,
    );
  } else if (slot.supervision?.launched === event.incarnation)
    relaunch(lab, slot, { incarnation: event.incarnation, exited: true });
}

function apply(lab: LabState, attempt: Attempt, event: Exited, reason: string): void {
  switch (judge(event)) {
    case 'lost':
      lose(lab, attempt, reason);
      return;
    case 'death':
      die(lab, attempt, reason);
      return;
    case 'crashed':
      crash(lab, attempt, null, reason);
      return;
    case 'outOfMemory':
      runOutOfMemory(lab, attempt, null, reason);
  }
}

function judge({
  by,
  code,
  signal,
  overMemory,
}: Exited): 'lost' | 'death' | 'crashed' | 'outOfMemory' {
  if (by === 'us') return 'lost';
  if (overMemory) return 'outOfMemory';
  if (signal !== null) return FAULTS.includes(signal) ? 'crashed' : 'death';
  return code === null || code === 0 ? 'lost' : 'crashed';
}

function describe({ by, code, signal }: Exited): string {
  if (by === 'us') return 'killed by us';
  return signal ?? `exit code ${code ?? 'unknown'}`;
}
