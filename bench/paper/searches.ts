/**
 * The searches of a paper benchmark, all in one lab file: each is run once and then read from the
 * file. An interrupted one continues.
 */
import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { UsageError } from '../../src/cli/process/exit-codes.ts';
import { resolveStudy } from '../../src/cli/run/resolve-study.ts';
import type { StudyFlags } from '../../src/cli/run/resolve-study.ts';
import type { Limits, StudySpec } from '../../src/core/study/study-spec.ts';
import type { TrialRecord } from '../../src/storage/lab-reader.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { BenchLab, RESOURCES } from '../bench-lab.ts';
import type { Progress } from './progress.ts';

export interface Search {
  readonly spec: StudySpec;
  readonly limits: Limits;
}

export interface SearchResult {
  /** The ended ones, in number order. */
  readonly trials: readonly TrialRecord[];
  /** From the first trial's start to the last one's end. */
  readonly seconds: number;
}

/** Ctrl-C: finished trials are in the file. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** A preset with its flags, under a unique name. */
export function presetSearch(
  preset: string,
  flags: StudyFlags & { readonly seed: number; readonly trials: number },
): Search {
  const { spec, limits } = resolveStudy(preset, flags, {
    cwd: process.cwd(),
    resources: RESOURCES,
  });
  return { spec: { ...spec, name: searchName(preset, flags) }, limits };
}

export function searchName(
  what: string,
  { seed, trials }: { readonly seed: number; readonly trials: number },
): string {
  return `${what}, seed ${seed}, ${trials} trials`;
}

export class Searches {
  readonly file: string;
  readonly workers: number;
  readonly progress: Progress;
  readonly #signal: AbortSignal;
  #lab: BenchLab | null = null;
  /** Number of searches whose trials were all in the file already. */
  found = 0;

  constructor(file: string, workers: number, signal: AbortSignal, progress: Progress) {
    this.file = file;
    this.workers = workers;
    this.#signal = signal;
    this.progress = progress;
  }

  /**
   * Runs every search in turn to its end.
   * @throws Interrupted; UsageError when the file contains another search of that name
   */
  async runAll(searches: readonly Search[]): Promise<readonly SearchResult[]> {
    const results: SearchResult[] = [];
    for (const [i, search] of searches.entries())
      results.push(await this.#run(search, `${i + 1} of ${searches.length}`));
    return results;
  }

  async close(): Promise<void> {
    await this.#lab?.close();
  }

  async #run({ spec, limits }: Search, place: string): Promise<SearchResult> {
    if (this.#signal.aborted) throw new Interrupted();
    const before = this.#read(spec);
    if (before?.finished === true) {
      this.found += 1;
      return before.result;
    }
    this.progress.begin(`${place}: ${spec.name}`, limits.trials, before?.result.trials ?? []);
    this.#lab ??= await BenchLab.open(this.file, this.workers);
    const { how } = await this.#lab.run(spec, limits, {
      signal: this.#signal,
      onTrial: ({ value }) => this.progress.trial(value),
    });
    this.progress.end();
    const after = this.#read(spec);
    if (how === 'paused' || after === null) throw new Interrupted();
    return after.result;
  }

  #read(spec: StudySpec): { readonly finished: boolean; readonly result: SearchResult } | null {
    if (!existsSync(this.file)) return null;
    const reader = readLab(this.file);
    try {
      const study = reader.study(spec.name);
      if (study === null) return null;
      if (!isDeepStrictEqual(asRead(study.spec), asRead(spec)))
        throw new UsageError(
          `${this.file} holds "${spec.name}" with other settings; remove the file, or name another with --lab`,
        );
      const trials = [...reader.trials(spec.name)].filter(({ complete }) => complete !== null);
      return {
        finished: study.state === 'finished',
        result: { trials, seconds: secondsOf(trials) },
      };
    } finally {
      reader.close();
    }
  }
}

/** As JSON represents it. */
function asRead(spec: StudySpec | null): unknown {
  return JSON.parse(JSON.stringify(spec)) as unknown;
}

function secondsOf(trials: readonly TrialRecord[]): number {
  const starts = trials.flatMap(({ start }) => (start === null ? [] : [start.getTime()]));
  const ends = trials.flatMap(({ complete }) => (complete === null ? [] : [complete.getTime()]));
  return (Math.max(...ends) - Math.min(...starts)) / 1000;
}
