/**
 * Runs the command of a study once, outside of any study: with default values, for a bounded time,
 * in a folder that is deleted afterwards. Shows what it printed and what the rules found.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../core/scheduling/index.ts';
import { isActive } from '../../core/search-space/activity.ts';
import { axesOf, encodeValue } from '../../core/search-space/axis.ts';
import type { Params } from '../../core/search-space/distribution.ts';
import { toParams } from '../../core/search-space/params.ts';
import { fromUnit } from '../../core/search-space/unit-cube.ts';
import { AttemptFolderPool, ownRuns } from '../../objectives/command/attempt/attempt-folders.ts';
import { championLine } from '../../objectives/command/champion-line.ts';
import { Guardian } from '../../objectives/command/attempt/guardian.ts';
import { Lines } from '../../objectives/command/values/lines.ts';
import {
  endOfOutput,
  outputFolder,
  readOutput,
} from '../../objectives/command/output/output-log.ts';
import { runAttempt } from '../../objectives/command/attempt/run-attempt.ts';
import type { LaneEnd } from '../../objectives/evaluate.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';
import type { StudyFile } from '../../protocol/study-file.ts';
import type { ScriptTry } from '../../protocol/window/script.ts';
import { availableCores } from '../../runtime/confinement.ts';
import { Gate } from '../../runtime/gate.ts';

/** Longest duration of a try. */
const MOST_MS = 5 * 60_000;
/** Seconds between the request to end and the end by force. */
const GRACE_SECONDS = 3;
/** Bytes of the output that are shown. */
const SHOWN_BYTES = 64 * 1024;
const ATTEMPT = { study: 'try', number: 0, attemptNumber: 1 } as const;

export interface TryRequest {
  readonly study: Pick<StudyFile, 'name' | 'searchSpace' | 'seed'>;
  readonly objective: CommandObjective;
  /** Values of parameters where the search space contains them. */
  readonly values: Params;
  /** Shorter than the default in tests. */
  readonly mostMs?: number;
}

export class CommandTry {
  readonly #stop = new AbortController();
  readonly #folder: string;
  readonly #command: string;
  readonly #started = performance.now();
  readonly #mostMs: number;
  readonly #reports: Report[] = [];
  #elapsedMs: number | null = null;
  #end: ScriptTry['end'] = null;
  #printed: Pick<ScriptTry, 'lines' | 'omitted'> = { lines: [], omitted: 0 };
  /** Resolves when the program and its processes are gone, and its folder is deleted. */
  readonly ended: Promise<void>;

  constructor({ study, objective, values, mostMs = MOST_MS }: TryRequest) {
    const limit = objective.timeoutMinutes;
    this.#mostMs = Math.min(mostMs, limit === undefined ? Infinity : limit * 60_000);
    const params = pointOf(study, values);
    this.#command = championLine(objective, params, { seed: study.seed, trial: 0 });
    this.#folder = mkdtempSync(join(tmpdir(), 'galapagos-try-'));
    this.ended = this.#run(study, bounded(objective, this.#mostMs), params);
  }

  state(): ScriptTry {
    const printed = this.#elapsedMs === null ? this.#readPrinted() : this.#printed;
    const values = this.#reports.map(({ value }) => value);
    return {
      running: this.#elapsedMs === null,
      elapsedMs: this.#elapsedMs ?? performance.now() - this.#started,
      mostMs: this.#mostMs,
      command: this.#command,
      ...printed,
      reports: values.length,
      first: values[0] ?? null,
      last: values.at(-1) ?? null,
      end: this.#end,
    };
  }

  /** Ends the program; `ended` resolves when it is gone. */
  stop(): void {
    this.#stop.abort('cancelled');
  }

  async #run(
    study: TryRequest['study'],
    objective: CommandObjective,
    params: Params,
  ): Promise<void> {
    const guardian = new Guardian(ownRuns(this.#folder));
    try {
      const end = await runAttempt({
        objective,
        own: process.env,
        place: { folder: objective.folder, project: objective.folder },
        study: { study: ATTEMPT.study, name: study.name, seed: study.seed },
        lane: { attempt: ATTEMPT, params, signal: this.#stop.signal },
        userFolder: this.#folder,
        guardian,
        pool: new AttemptFolderPool(this.#folder),
        gate: new Gate(),
        threads: availableCores(),
        report: (report) => this.#reports.push(report),
      });
      this.#end = endOf(end);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.#end = { outcome: 'failed', error: words };
    } finally {
      this.#printed = this.#readPrinted();
      this.#elapsedMs = performance.now() - this.#started;
      guardian.close();
      rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  #readPrinted(): Pick<ScriptTry, 'lines' | 'omitted'> {
    const folder = outputFolder(this.#folder, ATTEMPT.study, ATTEMPT.number);
    const { attemptNumber } = ATTEMPT;
    const from = Math.max(0, endOfOutput(folder, attemptNumber) - SHOWN_BYTES);
    const parts = readOutput(folder, attemptNumber, from, SHOWN_BYTES);
    const lines: string[] = [];
    const split = new Lines((line) => lines.push(line));
    for (const { bytes } of parts) split.add(bytes);
    split.end();
    // A line that begins before the shown bytes is not shown in part.
    return { lines: from > 0 ? lines.slice(1) : lines, omitted: from };
  }
}

/**
 * The given values where the search space contains them, and the middle of their ranges for the
 * others. Parameters whose condition is not met are absent.
 */
function pointOf({ searchSpace }: TryRequest['study'], values: Params): Params {
  const axes = axesOf(searchSpace);
  const point = new Float64Array(axes.length).fill(NaN);
  for (const axis of axes) {
    if (!isActive(axis, point)) continue;
    const given = Object.hasOwn(values, axis.name) ? values[axis.name] : undefined;
    const encoded = given === undefined ? NaN : encodeValue(axis, given);
    point[axis.index] = Number.isNaN(encoded) ? fromUnit(axis, 0.5) : encoded;
  }
  return toParams(axes, point);
}

/**
 * Counts matches of the rule for the result as reports where nothing else is reported, so that a
 * try that is ended shows whether the rule matches.
 */
function bounded(objective: CommandObjective, mostMs: number): CommandObjective {
  const { result, reports, epochs, ...rest } = objective;
  const counted = reports ?? (epochs === undefined ? result : undefined);
  return {
    ...rest,
    ...(result === undefined ? {} : { result }),
    ...(counted === undefined ? {} : { reports: counted }),
    ...(epochs === undefined ? {} : { epochs }),
    timeoutMinutes: mostMs / 60_000,
    graceSeconds: Math.min(objective.graceSeconds, GRACE_SECONDS),
  };
}

function endOf(end: LaneEnd): NonNullable<ScriptTry['end']> {
  switch (end.outcome) {
    case 'finished':
    case 'pruned':
      return { outcome: 'value', value: Number.isFinite(end.value) ? end.value : null };
    case 'failed':
      return end.as === 'timedOut'
        ? { outcome: 'timedOut' }
        : { outcome: 'failed', error: end.error };
    case 'stopped':
      return { outcome: 'cancelled' };
    default:
      return end satisfies never;
  }
}
