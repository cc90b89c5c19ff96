/** Schemas of the set-up page of a study of a person's own script: its proposal, and one try. */
import { z } from 'zod';
import { strict } from '../problems.ts';
import { problem } from './set-up.ts';

const count = z.int().min(0);
const literal = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Answer of `proposeScript`. */
export const proposedScript = strict({
  /** Absolute path. */
  script: z.string(),
  /** The study file's content; its folder is absolute. */
  study: z.record(z.string(), z.unknown()),
  /** The interpreter, and where it comes from; null: the script is not in Python. */
  python: strict({ program: z.string(), origin: z.string() }).nullable(),
  /** Source of the parameters, as a phrase; null: none were found. */
  source: z.string().nullable(),
  /** Defaults of the searched parameters in the script; null: none, or unknown. */
  defaults: z.record(z.string(), literal),
  /** Options that stay as they are although their meaning is unknown. */
  unknown: z.array(z.string()),
  /** Options that stay as they are on purpose. */
  fixed: z.array(z.string()),
  /** Uncertain and missing findings, one sentence each. */
  notes: z.array(z.string()),
});
export type ProposedScript = z.output<typeof proposedScript>;

/** Answer of `examineProject`: what a copy of a project folder would contain. */
export const examinedProject = strict({
  /** Absolute path. */
  project: z.string(),
  files: count,
  bytes: count,
  /** Entries that are not copied, to which the copy has links. */
  leftOut: z.array(
    strict({ path: z.string(), why: z.enum(['ignored', 'environment', 'outside']) }),
  ),
  /** Number of further such entries. */
  more: count,
  /** Problems for which no copy can be taken; paths are `project` and `objective.folder`. */
  problems: z.array(problem),
});
export type ExaminedProject = z.output<typeof examinedProject>;

/** One run of a study's command outside of any study. */
export const scriptTry = strict({
  running: z.boolean(),
  /** Milliseconds since the start, or that it took. */
  elapsedMs: z.number(),
  /** Milliseconds after which it is ended. */
  mostMs: z.number(),
  /** The command line, for a person. */
  command: z.string(),
  /** The last of what it printed. */
  lines: z.array(z.string()),
  /** Bytes printed before those lines. */
  omitted: count,
  /** Number of reports, or of matches of the rule for the result where nothing is reported. */
  reports: count,
  /** The first and the latest of their values; null: there is none. */
  first: z.number().nullable(),
  last: z.number().nullable(),
  /** Null: it runs. */
  end: z
    .discriminatedUnion('outcome', [
      /** `value` null: not a finite number. */
      strict({ outcome: z.literal('value'), value: z.number().nullable() }),
      strict({ outcome: z.literal('failed'), error: z.string() }),
      /** After `mostMs`. */
      strict({ outcome: z.literal('timedOut') }),
      strict({ outcome: z.literal('cancelled') }),
    ])
    .nullable(),
});
export type ScriptTry = z.output<typeof scriptTry>;
