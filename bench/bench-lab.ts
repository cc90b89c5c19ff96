/** A durable lab with real worker processes, for benchmarks: studies one after another, each to its end or until a signal. */
import { fileURLToPath } from 'node:url';
import type { Change } from '../src/core/scheduling/index.ts';
import type { Limits, StudySpec } from '../src/core/study/study-spec.ts';
import { startLab } from '../src/lab/start-lab.ts';
import type { RunningLab } from '../src/lab/start-lab.ts';

/** Absolute path of the folder `resources/`. */
export const RESOURCES = fileURLToPath(new URL('../resources', import.meta.url));

export type TrialEnd = Extract<Change, { kind: 'trialEnded' }>;

export interface Watch {
  /** Ends the study early: what runs is put back. */
  readonly signal?: AbortSignal;
  readonly onTrial?: (trial: TrialEnd) => void;
}

interface Running extends Watch {
  readonly uid: string;
  readonly end: (how: 'finished' | 'paused') => void;
}

export class BenchLab {
  readonly #workers: number;
  readonly #failed: Promise<never>;
  readonly #ready: Promise<void>;
  #lab: RunningLab | null = null;
  #started = false;
  #running: Running | null = null;
  #closing = false;
  #fail: (error: Error) => void = () => undefined;
  #allReady: () => void = () => undefined;

  /** @throws StorageError when the file is no lab, or another process holds it */
  static async open(file: string, workers: number): Promise<BenchLab> {
    const bench = new BenchLab(workers);
    await bench.#start(file);
    return bench;
  }

  private constructor(workers: number) {
    this.#workers = workers;
    this.#failed = new Promise((_, reject) => (this.#fail = reject));
    // Whoever waits for something hears of it; nobody waits between two studies.
    this.#failed.catch(() => undefined);
    this.#ready = new Promise((resolve) => (this.#allReady = resolve));
  }

  /**
   * Runs a study, its name being its uid, from where the file left it.
   * @returns how it ended, and how long it took from when all workers were ready to its last result
   * @throws Error when a worker ends by itself, or the lab cannot go on
   */
  async run(
    spec: StudySpec,
    limits: Limits,
    watch: Watch = {},
  ): Promise<{ readonly how: 'finished' | 'paused'; readonly seconds: number }> {
    const lab = this.#opened();
    if (!this.#started) lab.startWorkers(this.#workers);
    this.#started = true;
    await Promise.race([this.#ready, this.#failed]);
    const uid = spec.name;
    const pause = (): void => lab.coordinator.command({ type: 'studyPaused', study: uid, graceMs: 0 });
    const ended = new Promise<'finished' | 'paused'>((end) => (this.#running = { ...watch, uid, end }));
    const started = performance.now();
    this.#begin(spec, limits);
    watch.signal?.addEventListener('abort', pause);
    if (watch.signal?.aborted === true) pause();
    try {
      const how = await Promise.race([ended, this.#failed]);
      return { how, seconds: (performance.now() - started) / 1000 };
    } finally {
      watch.signal?.removeEventListener('abort', pause);
      this.#running = null;
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#lab?.close();
  }

  #opened(): RunningLab {
    if (this.#lab === null) throw new Error('the lab is not open');
    return this.#lab;
  }

  #begin(spec: StudySpec, limits: Limits): void {
    const { coordinator } = this.#opened();
    // One that a killed run left running would take part.
    for (const { uid, state } of coordinator.lab.studies.values())
      if (uid !== spec.name && state === 'running') coordinator.command({ type: 'studyPaused', study: uid, graceMs: 0 });
    const study = coordinator.lab.studies.get(spec.name);
    if (study === undefined) coordinator.createStudy(spec.name, spec, limits);
    else if (study.state !== 'running') coordinator.command({ type: 'studyResumed', study: spec.name });
  }

  async #start(file: string): Promise<void> {
    let ready = 0;
    this.#lab = await startLab({
      file,
      resources: RESOURCES,
      listener: {
        show: (study, change) => {
          if (study !== this.#running?.uid) return;
          if (change.kind === 'trialEnded') this.#running.onTrial?.(change);
          if (change.kind === 'study' && change.state === 'paused') this.#running.end('paused');
        },
        showLab: (change) => {
          if (change.kind === 'slotReady' && ++ready === this.#workers) this.#allReady();
          if (change.kind === 'commandRefused') this.#fail(new Error(`${change.command}: ${change.reason}: ${change.detail}`));
        },
        finished: (study) => {
          if (study === this.#running?.uid) this.#running.end('finished');
        },
        fatal: (error) => this.#fail(error),
        workerExited: ({ by, lastWords }) => {
          if (by === 'itself' && !this.#closing) this.#fail(new Error(`a worker ended: ${lastWords}`));
        },
      },
    });
  }
}
