/**
 * Trains lanes on a dataset and reports their outcomes. Caches the dataset and compiled plans
 * between calls.
 */
import type { Device } from '../../core/device.ts';
import { problemText } from '../../core/errors.ts';
import { catalogueOf, type Catalogue, type DatasetEntry } from '../../datasets/catalogue.ts';
import { loadDataset, type Dataset } from '../../datasets/dataset.ts';
import { cpuDevice } from '../../runtime/cpu-device.ts';
import { withPauses } from '../../runtime/turn.ts';
import { Calibrations } from '../calibration/calibrations.ts';
import { choose, firstLine, type Choice } from '../calibration/choose.ts';
import { lanesWanted } from '../calibration/lanes-wanted.ts';
import type { Executable } from '../executors/executor.ts';
import { registeredExecutors } from '../executors/registry.ts';
import type { RegisteredExecutor } from '../executors/registry.ts';
import { Scope } from '../models/scope.ts';
import { checkObjective } from '../objective/check-objective.ts';
import type { LaneOutcome, Params, TrainObjective } from '../objective/objective.ts';
import { resolveObjective, type ResolvedObjective } from '../objective/resolve-objective.ts';
import { shapeKey } from '../objective/shape-key.ts';
import { planning } from '../plan/compile.ts';
import { hashing, planHash } from '../plan/hash.ts';
import type { Plan } from '../plan/plan.ts';
import { TrainingError } from '../training-error.ts';
import { CohortRun, type CohortLane, type Prepared, type TrainListener } from './cohort.ts';

export type * from '../objective/objective.ts';
export type { CohortLane, TrainListener } from './cohort.ts';
export { onnxFile, weightsFile, type Trained } from './trained.ts';
export { checkObjective, TrainingError };

export interface TrainerOptions {
  /** Absolute path of the folder that contains `datasets/`. */
  readonly resources: string;
  /** Absolute path of the calibration folder; absent: calibrations are not stored. */
  readonly calibrations?: string;
  /** Absolute path of the folder of imported datasets; absent: only built-in datasets are known. */
  readonly datasets?: string;
  readonly executors?: readonly RegisteredExecutor[];
  /** What it trains on; by default the processor. */
  readonly device?: Device;
  /** Called with remarks for a log, with each text once. */
  readonly log?: (text: string) => void;
}

export interface TrainOptions extends TrainListener {
  /** Label of the executor with which the study started; used again if it is usable. */
  readonly began?: string | undefined;
  /** Shape key that all lanes share, if the caller knows it; else the lanes are grouped here. */
  readonly shape?: string | undefined;
}

/** Lanes with equal structure, which differ only in numbers. */
interface Group {
  readonly resolved: ResolvedObjective;
  readonly plan: Plan;
  readonly dataset: Dataset;
  readonly seed: number;
  readonly objective: TrainObjective;
  readonly choices: readonly Choice[];
}

export class Trainer {
  readonly #resources: string;
  readonly #catalogue: Catalogue;
  readonly #executors: readonly RegisteredExecutor[];
  readonly #calibrations: Calibrations;
  readonly #device: Device;
  readonly #datasets = new Map<string, Promise<Dataset>>();
  /** Number of lanes that fill the device, by executor and plan. */
  readonly #lanes = new Map<string, number>();
  /** Executable of the last call; replaced for another plan or executor, or for more lanes. */
  #current: { readonly key: string; readonly executable: Executable } | undefined;
  readonly #log: (text: string) => void;
  readonly #logged = new Set<string>();
  #busy = false;

  constructor({
    resources,
    calibrations,
    datasets,
    executors = registeredExecutors(),
    device = cpuDevice(),
    log = () => undefined,
  }: TrainerOptions) {
    this.#resources = resources;
    this.#catalogue = catalogueOf(datasets ?? null);
    this.#executors = executors;
    this.#device = device;
    this.#log = log;
    this.#calibrations = new Calibrations(calibrations ?? null, () => performance.now());
  }

  /**
   * Trains lanes; one call at a time. Lanes of equal structure train together, one structure after
   * the other. Each lane has its own signal, which stops it between chunks.
   * @param seed the study's seed, an integer 0 ≤ seed < 2⁵³
   * @throws TrainingError; DatasetError for a damaged dataset file
   */
  async train(
    objective: TrainObjective,
    seed: number,
    lanes: readonly CohortLane[],
    options: TrainOptions = {},
  ): Promise<LaneOutcome[]> {
    if (this.#busy) throw new Error('this trainer is busy: one cohort at a time');
    this.#busy = true;
    try {
      const outcomes: LaneOutcome[] = [];
      for (const places of alike(objective, lanes, this.#catalogue, options.shape)) {
        const together = places.flatMap((place) => lanes[place] ?? []);
        const group = await this.#group(objective, seed, together, options.began);
        const ended = await this.#trainGroup(group, together, at(places, options));
        places.forEach((place, i) => (outcomes[place] = ended[i] ?? { outcome: 'cancelled' }));
      }
      return outcomes;
    } catch (error) {
      // The state after an error is undefined, so the next call starts without the executable.
      await this.#discard();
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  static shapeKey(objective: TrainObjective, params: Params): string {
    return shapeKey(objective, params);
  }

  /** Releases all resources; idempotent. */
  async dispose(): Promise<void> {
    this.#datasets.clear();
    await this.#discard();
  }

  async #group(
    objective: TrainObjective,
    seed: number,
    lanes: readonly CohortLane[],
    began: string | undefined,
  ): Promise<Group> {
    const resolved = resolveAll(objective, lanes, this.#catalogue);
    const dataset = await this.#dataset(resolved.dataset);
    const plan = await withPauses(planning(resolved.network, resolved.settings, dataset.view));
    await withPauses(hashing(plan));
    const now = (): number => performance.now();
    const choices = await choose(objective, this.#executors, plan, lanes.length, {
      calibrations: this.#calibrations,
      device: this.#device,
      began,
      now,
      onFailure: (label, error) => this.#logFailure(label, error),
    });
    return { resolved, plan, dataset, seed: resolved.seed ?? seed, objective, choices };
  }

  /**
   * Trains a group. If memory does not suffice for all lanes, it is halved; this is not a failure
   * of a trial and does not change results.
   */
  async #trainGroup(
    group: Group,
    lanes: readonly CohortLane[],
    listener: TrainListener,
  ): Promise<LaneOutcome[]> {
    try {
      const prepared = await this.#prepare(group, lanes.length);
      return await new CohortRun(
        group.objective,
        group.resolved,
        group.dataset,
        prepared,
        group.seed,
        lanes,
        listener,
      ).train();
    } catch (error) {
      if (!(error instanceof TrainingError) || error.kind !== 'out-of-memory' || lanes.length === 1)
        throw error;
      await this.#discard();
      const half = Math.ceil(lanes.length / 2);
      const places = [...lanes.keys()];
      const first = await this.#trainGroup(group, lanes.slice(0, half), listener);
      return [
        ...first,
        ...(await this.#trainGroup(group, lanes.slice(half), at(places.slice(half), listener))),
      ];
    }
  }

  /**
   * Compiles the plan with the first executor that can run it, and adds why the earlier ones could
   * not to the reason.
   */
  async #prepare({ plan, dataset, choices }: Group, lanes: number): Promise<Prepared> {
    const remarks: string[] = [];
    for (const [i, choice] of choices.entries()) {
      const { executor, label, reason } = choice;
      try {
        const wanted = await this.#lanesWanted(choice, plan, dataset);
        const executable = await this.#executable(
          { executor, label, reason },
          plan,
          dataset,
          lanes,
        );
        if (executable.note !== undefined) {
          remarks.push(executable.note);
          this.#logOnce(`${label}: ${executable.note}`);
        }
        return { plan, executable, reason: [reason, ...remarks].join('; '), ...wanted };
      } catch (error) {
        if (
          !(error instanceof TrainingError) ||
          !['compile-failed', 'unsupported'].includes(error.kind) ||
          i === choices.length - 1
        )
          throw error;
        remarks.push(`${label} cannot: ${firstLine(error.message)}`);
        this.#logFailure(label, error);
      }
    }
    throw new TrainingError('unsupported', 'no executor is usable here');
  }

  #logFailure(label: string, { message }: TrainingError): void {
    this.#logOnce(`${label} cannot train this network: ${message}`);
  }

  #logOnce(text: string): void {
    if (!this.#logged.has(text)) this.#log(text);
    this.#logged.add(text);
  }

  /** How many lanes fill the device; measured once for each network. */
  async #lanesWanted(
    choice: Choice,
    plan: Plan,
    { view }: Dataset,
  ): Promise<Pick<Prepared, 'lanesWanted'>> {
    if (this.#device.lanes === 1) return {};
    // Measuring needs the memory that the last executable holds.
    const key = `${choice.label} ${planHash(plan)}`;
    let lanes = this.#lanes.get(key);
    if (lanes === undefined) {
      await this.#discard();
      lanes = await lanesWanted(choice, plan, {
        device: this.#device,
        dataset: view,
        calibrations: this.#calibrations,
        now: () => performance.now(),
      });
      this.#lanes.set(key, lanes);
    }
    return { lanesWanted: lanes };
  }

  async #executable(
    { executor, label }: Choice,
    plan: Plan,
    dataset: Dataset,
    lanes: number,
  ): Promise<Executable> {
    const key = `${label} ${keyOf(dataset.entry)} ${planHash(plan)}`;
    if (this.#current?.key === key && this.#current.executable.lanes >= lanes)
      return this.#current.executable;
    await this.#discard();
    const executable = await executor.compile(plan, lanes, new AbortController().signal);
    this.#current = { key, executable };
    await executable.loadDataset(dataset.view);
    return executable;
  }

  async #discard(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.executable.dispose();
  }

  #dataset(entry: DatasetEntry): Promise<Dataset> {
    const key = keyOf(entry);
    let dataset = this.#datasets.get(key);
    if (dataset === undefined) {
      dataset = loadDataset(entry, this.#resources);
      this.#datasets.set(key, dataset);
      dataset.catch(() => this.#datasets.delete(key));
    }
    return dataset;
  }
}

/** Cache key of a dataset; includes the source, because a name may later denote other data. */
function keyOf({ name, source }: DatasetEntry): string {
  return source.kind === 'bundled'
    ? name
    : `${name} ${source.training.sha256} ${source.test.sha256}`;
}

/**
 * Indices of lanes grouped by structure; groups and their members keep the lanes' order.
 * @param shape key that all lanes share; ignored where the first lane's is another here
 */
function alike(
  objective: TrainObjective,
  lanes: readonly CohortLane[],
  datasets: Catalogue,
  shape: string | undefined,
): number[][] {
  const [first] = lanes;
  if (shape !== undefined && first !== undefined)
    if (shapeKey(objective, first.request.params, datasets) === shape) return [[...lanes.keys()]];
  const groups = new Map<string, number[]>();
  for (const [place, { request }] of lanes.entries()) {
    const key = shapeKey(objective, request.params, datasets);
    groups.set(key, [...(groups.get(key) ?? []), place]);
  }
  return [...groups.values()];
}

/** Maps the lane indices of a group to those of all lanes. */
function at(places: readonly number[], listener: TrainListener): TrainListener {
  const place = (lane: number): number => places[lane] ?? lane;
  return {
    progress: (progress) => listener.progress?.(progress),
    report: (lane, report) => listener.report?.(place(lane), report),
    ended: (lane, outcome) => listener.ended?.(place(lane), outcome),
    trained: (lane, trained) => listener.trained?.(place(lane), trained),
  };
}

/**
 * Resolves network and settings, equal for all lanes.
 * @throws TrainingError if the objective is wrong
 */
function resolveAll(
  objective: TrainObjective,
  lanes: readonly CohortLane[],
  datasets: Catalogue,
): ResolvedObjective {
  let resolved: ResolvedObjective | undefined;
  for (const { request } of lanes) {
    const scope = new Scope(request.params);
    const mine = resolveObjective(objective, scope, datasets);
    if (mine === undefined)
      throw new TrainingError('unsupported', scope.problems.map(problemText).join('\n'));
    resolved ??= mine;
  }
  if (resolved === undefined) throw new RangeError('no lanes');
  return resolved;
}
