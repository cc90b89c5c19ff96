/** Trains lanes on a dataset and reports their outcomes. Keeps the dataset and compiled plans between calls. Not an executor. */
import { checkObjective } from './check-objective.ts';
import { Cohort, type CohortLane } from './cohort.ts';
import { loadDataset, type Dataset } from './datasets/dataset.ts';
import type { DatasetEntry } from './datasets/catalogue.ts';
import type { Executable, Executor } from './executors/executor.ts';
import { ReferenceExecutor } from './executors/reference/reference.ts';
import { WasmExecutor } from './executors/wasm/wasm.ts';
import { Scope } from './models/scope.ts';
import type { LaneOutcome, Params, TrainObjective, TrainProgress } from './objective.ts';
import { compilePlan } from './plan/compile.ts';
import { planHash } from './plan/hash.ts';
import { resolveObjective, type ResolvedObjective } from './resolve-objective.ts';
import { shapeKey } from './shape-key.ts';
import { TrainingError } from './training-error.ts';

export type * from './objective.ts';
export { checkObjective, TrainingError };

export interface TrainerOptions {
  /** Absolute path of the folder that holds `datasets/`. */
  readonly resources: string;
}

export class Trainer {
  readonly #resources: string;
  readonly #executors: Readonly<Record<'wasm' | 'reference', Executor>> = { wasm: new WasmExecutor(), reference: new ReferenceExecutor() };
  readonly #datasets = new Map<string, Promise<Dataset>>();
  /** The executable of the last call; another plan, executor or more lanes replace it. */
  #current: { readonly key: string; readonly executable: Executable } | undefined;
  #busy = false;

  constructor(options: TrainerOptions) {
    this.#resources = options.resources;
  }

  /**
   * Trains lanes that share the shape key; one call at a time. Lanes stop individually by their signal, between chunks.
   * @param seed the study's, an integer 0 ≤ seed < 2⁵³
   * @throws TrainingError; DatasetError if a bundled file is not what it should be
   */
  async train(
    objective: TrainObjective,
    seed: number,
    lanes: readonly CohortLane[],
    onProgress?: (progress: TrainProgress) => void,
  ): Promise<LaneOutcome[]> {
    if (this.#busy) throw new Error('this trainer is busy: one cohort at a time');
    if (lanes.length === 0) return [];
    this.#busy = true;
    try {
      const resolved = resolveTogether(objective, lanes);
      const dataset = await this.#dataset(resolved.dataset);
      const executable = await this.#executable(objective, resolved, dataset, lanes.length);
      return await new Cohort(objective, resolved, dataset, executable, seed, lanes).train(onProgress);
    } catch (error) {
      // What broke half-way may hold anything: the next call starts afresh.
      await this.#discard();
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  static shapeKey(objective: TrainObjective, params: Params): string {
    return shapeKey(objective, params);
  }

  /** Frees everything; idempotent. */
  async dispose(): Promise<void> {
    this.#datasets.clear();
    await this.#discard();
  }

  async #discard(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.executable.dispose();
  }

  #dataset(entry: DatasetEntry): Promise<Dataset> {
    let dataset = this.#datasets.get(entry.name);
    if (dataset === undefined) {
      dataset = loadDataset(entry, this.#resources);
      this.#datasets.set(entry.name, dataset);
      dataset.catch(() => this.#datasets.delete(entry.name));
    }
    return dataset;
  }

  async #executable(
    objective: TrainObjective,
    { network, settings, dataset: entry }: ResolvedObjective,
    dataset: Dataset,
    lanes: number,
  ): Promise<Executable> {
    const name = objective.executor === 'reference' ? 'reference' : 'wasm';
    const plan = compilePlan(network, settings);
    const key = `${name} ${entry.name} ${planHash(plan)}`;
    if (this.#current?.key === key && this.#current.executable.lanes >= lanes) return this.#current.executable;
    await this.#discard();
    const executor = this.#executors[name];
    const usable = await executor.probe();
    if (!usable.usable) throw new TrainingError('unsupported', `${name}: ${usable.reason}; ${usable.remedy}`);
    const executable = await executor.compile(plan, lanes, new AbortController().signal);
    await executable.loadDataset(dataset.view);
    this.#current = { key, executable };
    return executable;
  }
}

/** One network and settings for all lanes. @throws TrainingError if the objective is wrong, or the lanes' structures differ */
function resolveTogether(objective: TrainObjective, lanes: readonly CohortLane[]): ResolvedObjective {
  const params = lanes.map((lane) => lane.request.params);
  const [first = {}] = params;
  const key = shapeKey(objective, first);
  for (const other of params) {
    const found = shapeKey(objective, other);
    if (found !== key) throw new TrainingError('unsupported', `lanes of one call should share their structure: found ${key} and ${found}`);
  }
  let resolved: ResolvedObjective | undefined;
  for (const values of params) {
    const scope = new Scope(values);
    const mine = resolveObjective(objective, scope);
    if (mine === undefined) throw new TrainingError('unsupported', scope.problems.map((p) => p.message).join('\n'));
    resolved ??= mine;
  }
  if (resolved === undefined) throw new RangeError('no lanes');
  return resolved;
}
