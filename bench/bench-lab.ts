/**
 * A durable lab with real worker processes for benchmarks. Runs studies one after another, each to
 * its end or until a signal.
 */
import { fileURLToPath } from 'node:url';
import type { Change } from '../src/core/scheduling/index.ts';
import type { Limits, StudySpec } from '../src/core/study/study-spec.ts';
import { startLab } from '../src/lab/start-lab.ts';
import type { RunningLab } from '../src/lab/start-lab.ts';

/** Absolute path of the folder `resources/`. */
export const RESOURCES = fileURLToPath(new URL('../resources', import.meta.url));

export type TrialEnd = Extract<Change, { kind: 'trialEnded' }>;

export interface Watch {
  /** Ends the study early; running trials return to waiting. */
  readonly signal?: AbortSignal;
  readonly onTrial?: (trial: TrialEnd) => void;
}

export interface StudyRun {
  readonly how: 'finished' | 'paused';
  /** Seconds from when all workers were ready to the last result. */
  readonly seconds: number;
  /**
   * Number of attempts lost with their worker and run again: on an overloaded machine, workers miss
   * their leases.
   */
  readonly lost: number;
}

interface Running extends Watch {
  readonly uid: string;
  readonly end: (how: StudyRun['how']) => void;
  lost: number;
}

/**
 * Number of processes that exit before all were ready after which no worker is expected to start.
 */
const STILLBORN = 3;

export class BenchLab {
  readonly #workers: number;
  /** True if the workers are those of other machines, which start when a study runs. */
  readonly #remote: boolean;
  readonly #failed: Promise<never>;
  readonly #ready: Promise<void>;
  #lab: RunningLab | null = null;
  #started = false;
  #isReady = false;
  #running: Running | null = null;
  #fail: (error: Error) => void = () => undefined;
  #allReady: () => void = () => undefined;

  /** @throws StorageError when the file is not a lab, or another process holds it */
  static async open(file: string, workers: number): Promise<BenchLab> {
    const bench = new BenchLab(workers, false);
    await bench.#start(file);
    return bench;
  }

  /** Shares the lab on a port, without workers of this machine. @throws GalapagosError */
  static async share(file: string, workers: number, port: number): Promise<BenchLab> {
    const bench = new BenchLab(workers, true);
    await bench.#start(file);
    await bench.#opened().share.share(true, port);
    return bench;
  }

  private constructor(workers: number, remote: boolean) {
    this.#workers = workers;
    this.#remote = remote;
    this.#failed = new Promise((_, reject) => (this.#fail = reject));
    // Waiting callers get the error; between two studies nothing waits.
    this.#failed.catch(() => undefined);
    this.#ready = new Promise((resolve) => {
      this.#allReady = () => {
        this.#isReady = true;
        resolve();
      };
    });
  }

  /** Returns an invitation for any number of nodes. */
  async invite(): Promise<string> {
    const wanted = { uses: 100, forMs: 3_600_000, ephemeral: false };
    return (await this.#opened().share.invite(wanted)).invitation;
  }

  /** True if all workers have been ready. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Runs a study, whose name is its uid, from the state in the file.
   * @throws Error when no worker starts, or the lab cannot continue
   */
  async run(spec: StudySpec, limits: Limits, watch: Watch = {}): Promise<StudyRun> {
    const lab = this.#opened();
    if (!this.#started && !this.#remote) {
      const { length } = lab.startWorkers({ count: this.#workers });
      if (length < this.#workers)
        throw new Error(`this machine runs at most ${length} workers, not ${this.#workers}`);
    }
    this.#started = true;
    if (!this.#remote) await Promise.race([this.#ready, this.#failed]);
    const uid = spec.name;
    const pause = (): void =>
      lab.coordinator.command({ type: 'studyPaused', study: uid, graceMs: 0 });
    let end: Running['end'] = () => undefined;
    const ended = new Promise<StudyRun['how']>((resolve) => (end = resolve));
    const running: Running = { ...watch, uid, end, lost: 0 };
    this.#running = running;
    const started = performance.now();
    this.#begin(spec, limits);
    watch.signal?.addEventListener('abort', pause);
    if (watch.signal?.aborted === true) pause();
    try {
      const how = await Promise.race([ended, this.#failed]);
      return { how, seconds: (performance.now() - started) / 1000, lost: running.lost };
    } finally {
      watch.signal?.removeEventListener('abort', pause);
      this.#running = null;
    }
  }

  async close(): Promise<void> {
    await this.#lab?.close();
  }

  #opened(): RunningLab {
    if (this.#lab === null) throw new Error('the lab is not open');
    return this.#lab;
  }

  #begin(spec: StudySpec, limits: Limits): void {
    const { coordinator } = this.#opened();
    // A study that a killed run left running would take part.
    for (const { uid, state } of coordinator.lab.studies.values())
      if (uid !== spec.name && state === 'running')
        coordinator.command({ type: 'studyPaused', study: uid, graceMs: 0 });
    const study = coordinator.lab.studies.get(spec.name);
    if (study === undefined) coordinator.createStudy(spec.name, spec, limits);
    else if (study.state !== 'running')
      coordinator.command({ type: 'studyResumed', study: spec.name });
  }

  async #start(file: string): Promise<void> {
    let ready = 0;
    let stillborn = 0;
    this.#lab = await startLab({
      file,
      resources: RESOURCES,
      listener: {
        show: (study, change) => {
          if (study !== this.#running?.uid) return;
          if (change.kind === 'trialEnded') this.#running.onTrial?.(change);
          if (change.kind === 'trialBack' && change.outcome === 'lost') this.#running.lost += 1;
          if (change.kind === 'study' && change.state === 'paused') this.#running.end('paused');
        },
        showLab: (change) => {
          if (change.kind === 'slotReady' && ++ready === this.#workers) this.#allReady();
          if (change.kind === 'commandRefused')
            this.#fail(new Error(`${change.command}: ${change.reason}: ${change.detail}`));
        },
        finished: (study) => {
          if (study === this.#running?.uid) this.#running.end('finished');
        },
        fatal: (error) => this.#fail(error),
        workerExited: ({ by, lastWords }) => {
          if (by === 'us' || ready >= this.#workers) return;
          stillborn += 1;
          if (stillborn >= STILLBORN)
            this.#fail(
              new Error(`no worker starts: ${lastWords.trim() || 'it ended without a word'}`),
            );
        },
      },
    });
  }
}
