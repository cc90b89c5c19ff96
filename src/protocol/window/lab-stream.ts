/**
 * Stream of the lab's state to a window: studies, workers, attempts, running imports and failures.
 */
import { z } from 'zod';
import { strict } from '../problems.ts';
import { slotStates } from './codes.ts';
import { nodeRow, refusedRow, sharing } from './nodes.ts';
import { studyRow } from './study-stream.ts';

const count = z.int().min(0);
/** Milliseconds since 1970. */
const instant = z.number();

/**
 * Idle reason of a worker; the renderer has the wording. `data` as in `core/scheduling/idle.ts`.
 */
export const idle = strict({
  since: instant,
  reason: z.string(),
  data: z.record(z.string(), z.unknown()),
});

export const slotRow = strict({
  /** `node/device/i`. */
  slot: z.string(),
  node: z.string(),
  device: z.string(),
  state: z.enum(slotStates),
  /** Time of the next try; null: not quarantined. */
  until: instant.nullable(),
  reason: z.string().nullable(),
  /** 0: not known before the worker's first hello. */
  lanes: count,
  /** Most trials of the study that it trains together now; null: no study. */
  lanesTaken: count.nullable(),
  /** Number of trials of that study that fill its device; null: not measured yet. */
  lanesFull: count.nullable(),
  pid: count.nullable(),
  rssBytes: count.nullable(),
  executor: z.string().nullable(),
  /** Trials it runs now. */
  running: z.array(strict({ study: z.string(), trial: count, attemptNumber: count, lane: count })),
  /** Null: busy. */
  idle: idle.nullable(),
});
export type SlotRow = z.output<typeof slotRow>;

/** One attempt in the timeline; merged by `id`. */
export const attemptRow = strict({
  id: z.string(),
  study: z.string(),
  trial: count,
  attemptNumber: count,
  slot: z.string(),
  lane: count,
  from: instant,
  /** Null: still running. */
  to: instant.nullable(),
  /** An outcome; `superseded`: another attempt ended the trial; `trialCancelled`: a person did. */
  outcome: z.string().nullable(),
  value: z.number().nullable(),
});
export type AttemptRow = z.output<typeof attemptRow>;

/** A past period in which a worker was idle for one reason; as in `idle`. */
export const gapRow = strict({
  slot: z.string(),
  from: instant,
  to: instant,
  reason: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type GapRow = z.output<typeof gapRow>;

export const importRow = strict({
  id: z.string(),
  /** Name of the source, as the user knows it. */
  label: z.string(),
  /** Columns of a table that the import excludes. */
  dropped: z.array(z.string()),
  state: z.enum(['uploading', 'reading', 'ready', 'failed', 'cancelled']),
  phase: z.enum(['reading', 'sorting', 'writing']).nullable(),
  samples: count,
  /** Null: not known yet. */
  of: count.nullable(),
  bytes: count.nullable(),
  leftMs: z.number().nullable(),
  error: strict({ code: z.string(), data: z.record(z.string(), z.unknown()) }).nullable(),
});
export type ImportRow = z.output<typeof importRow>;

/**
 * A field that is present replaces the previous value, except `attempts`, merged by id, and `gaps`,
 * appended.
 */
export const labBody = strict({
  lab: strict({
    /** Null: none is open. */
    file: z.string().nullable(),
    name: z.string(),
    /** Studies that ran when the application quit and can be resumed. */
    interrupted: z.array(z.string()),
    /** Reason why nothing can be written; null: storage works. */
    stalled: z.string().nullable(),
    /** Reason why the coordinator has stopped; null: it works. */
    failed: z.string().nullable(),
    /** Invalid values in the lab file: their number, and the first in words. */
    damaged: strict({ count, first: z.string() }).nullable(),
    /** True if the lab is empty and no study was ever started on this machine. */
    untouched: z.boolean(),
  }).optional(),
  studies: z.array(studyRow).optional(),
  slots: z.array(slotRow).optional(),
  /** Machines of the lab, this one first. */
  nodes: z.array(nodeRow).optional(),
  sharing: sharing.optional(),
  /** Machines that were refused lately, newest last. */
  refused: z.array(refusedRow).optional(),
  attempts: z.array(attemptRow).optional(),
  /** In order of their ends, since the start of the application; the latest few thousand. */
  gaps: z.array(gapRow).optional(),
  imports: z.array(importRow).optional(),
  datasets: z.array(z.string()).optional(),
  /** Refusals, suspicions and anomalies of the coordinator; the latest few, newest last. */
  notes: z
    .array(
      strict({ id: count, at: instant, code: z.string(), data: z.record(z.string(), z.unknown()) }),
    )
    .optional(),
});
export type LabBody = z.output<typeof labBody>;
