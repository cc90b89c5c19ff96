/**
 * What a window hears of the lab: its studies, workers, what ran where, imports under way, and what
 * is wrong with it.
 */
import { z } from 'zod';
import { strict } from '../problems.ts';
import { studyRow } from './study-stream.ts';

const count = z.int().min(0);
/** Milliseconds since 1970. */
const instant = z.number();

/**
 * Why a worker does nothing; the words are the renderer's. `data` as `core/scheduling/idle.ts` says
 * it.
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
  state: z.enum(['starting', 'absent', 'ready', 'draining', 'quarantined', 'probation', 'drained']),
  /** When it is tried again; null: not quarantined. */
  until: instant.nullable(),
  reason: z.string().nullable(),
  lanes: count,
  pid: count.nullable(),
  rssBytes: count.nullable(),
  executor: z.string().nullable(),
  /** Trials it runs now. */
  running: z.array(strict({ study: z.string(), trial: count, k: count, lane: count })),
  /** Null: it works. */
  idle: idle.nullable(),
});
export type SlotRow = z.output<typeof slotRow>;

/** One run of a trial, as the timeline draws it; laid over by `id`. */
export const attemptRow = strict({
  id: z.string(),
  study: z.string(),
  trial: count,
  k: count,
  slot: z.string(),
  lane: count,
  from: instant,
  /** Null: it runs. */
  to: instant.nullable(),
  outcome: z.string().nullable(),
  value: z.number().nullable(),
});
export type AttemptRow = z.output<typeof attemptRow>;

/** A past stretch in which a worker had nothing to do, for one reason; as `idle` says it. */
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
  /** What was dropped, as the person knows it. */
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
 * Each field, where present, replaces what was held, except `attempts`, laid over by id, and
 * `gaps`, which are added.
 */
export const labBody = strict({
  lab: strict({
    /** Null: none is open. */
    file: z.string().nullable(),
    name: z.string(),
    /** Studies that ran when the application was left, and may go on. */
    interrupted: z.array(z.string()),
    /** Nothing can be written, and why. */
    stalled: z.string().nullable(),
    /** Nothing goes on, and why. */
    failed: z.string().nullable(),
    /** Values in the lab file that cannot be right: how many, and the first in words. */
    damaged: strict({ count, first: z.string() }).nullable(),
    /** The lab holds nothing and nothing was ever started here. */
    untouched: z.boolean(),
  }).optional(),
  studies: z.array(studyRow).optional(),
  slots: z.array(slotRow).optional(),
  attempts: z.array(attemptRow).optional(),
  /**
   * In the order they ended; of the time since the application was started, the latest few
   * thousand.
   */
  gaps: z.array(gapRow).optional(),
  imports: z.array(importRow).optional(),
  datasets: z.array(z.string()).optional(),
  /** Of the coordinator: refusals, suspicions, anomalies; the latest few, newest last. */
  notes: z
    .array(
      strict({ id: count, at: instant, code: z.string(), data: z.record(z.string(), z.unknown()) }),
    )
    .optional(),
});
export type LabBody = z.output<typeof labBody>;
