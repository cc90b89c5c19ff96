/**
 * Trains lanes on a dataset and reports their outcomes. Caches the dataset and compiled plans
 * between calls.
 */
import type { Device } from '../../core/device.ts';
import { problemText } from '../../core/errors.ts';
import { catalogueOf, type Catalogue, type DatasetEntry } from '../../datasets/catalogue.ts';
import { loadDataset, type Dataset } from '../../datasets/dataset.ts';
import { cpuDevice } from '../../runtime/cpu-device.ts';
import { Gate } from '../../runtime/gate.ts';
import { withPauses } from '../../runtime/turn.ts';
import { Calibrations } from '../calibration/calibrations.ts';
import { choose, firstLine, type Choice } from '../calibration/choose.ts';
import { lanesWanted } from '../calibration/lanes-wanted.ts';
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
import { Executables } from './executables.ts';
import { jointProgress } from './joint-progress.ts';

export type * from '../objective/objective.ts';
export type { CohortLane, TrainListener } from './cohort.ts';
export type { LanePart } from './checkpoint-file.ts';
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
  /** Device that trains; by default the processor. */
  readonly device?: Device;
  /** Called with remarks for a log, with each text once. */
  readonly log?: (text: string) => void;
  /** Cohorts wait between two batches while it is closed; absent: they never wait. */
  readonly gate?: Gate;
}

export interface TrainOptions extends TrainListener {
  /** Label of the executor with which the study started; used again if it is usable. */
  readonly began?: string | undefined;
  /** Shape key that all lanes share, if the caller knows it; else the lanes are grouped here. */
  readonly shape?: string | undefined;
  /** Datasets that this call's objective may name; absent: the trainer's own. */
  readonly catalogue?: Catalogue;
}

/** Lanes with equal structure, which differ only in numbers. */
interface Group {
  /** Indices of the lanes in the call. */
  readonly places: readonly number[];
  readonly lanes: readonly CohortLane[];
  readonly resolved: ResolvedObjective;
  readonly plan: Plan;
  readonly dataset: Dataset;
  readonly seed: number;
  readonly objective: TrainObjective;
  readonly choices: readonly Choice[];
}

/** A prepared plan with the key of its executable, which is in use. */
interface Kept extends Prepared {
  readonly key: string;
}

interface Started {
  readonly group: Group;
  readonly prepared: Kept;
}

export class Trainer {
  readonly #resources: string;
  readonly #ownCatalogue: Catalogue;
  /** Of the present call. */
  #catalogue: Catalogue;
  readonly #executors: readonly RegisteredExecutor[];
  readonly #calibrations: Calibrations;
  readonly #device: Device;
  readonly #datasets = new Map<string, Promise<Dataset>>();
  /** Number of lanes that fill the device, by executor and plan. */
  readonly #lanes = new Map<string, number>();
  readonly #executables = new Executables();
  readonly #gate: Gate;
  readonly #log: (text: string) => void;
  readonly #logged = new Set<string>();
  #busy = false;

  constructor({
    resources,
    calibrations,
    datasets,
    executors,
    device = cpuDevice(),
    log = () => undefined,
    gate = new Gate(),
  }: TrainerOptions) {
    this.#gate = gate;
    this.#resources = resources;
    this.#ownCatalogue = catalogueOf(datasets ?? null);
    this.#catalogue = this.#ownCatalogue;
    this.#device = device;
    this.#log = log;
    this.#calibrations = new Calibrations(calibrations ?? null, () => performance.now());
    this.#executors = executors ?? registeredExecutors(this.#calibrations);
  }

  /**
   * Trains lanes; one call at a time. Lanes of equal structure train together. Structures train one
   * after the other, or side by side where the executor gains from it. Each lane has its own
   * signal, which stops it between chunks.
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
    this.#catalogue = options.catalogue ?? this.#ownCatalogue;
    try {
      const outcomes: LaneOutcome[] = [];
      const waiting = alike(objective, lanes, this.#catalogue, options.shape);
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const groups = [await this.#group(objective, seed, lanes, next, options.began)];
        while (waiting.length > 0 && groups.length < parallelOf(groups))
          groups.push(
            await this.#group(objective, seed, lanes, waiting.shift() ?? [], options.began),
          );
        const ended = await this.#trainGroups(groups, options);
        for (const [i, { places }] of groups.entries())
          places.forEach(
            (place, k) =>
              (outcomes[place] = ended[i]?.[k] ?? { outcome: 'cancelled', reports: [] }),
          );
      }
      return outcomes;
    } catch (error) {
      // The state after an error is undefined, so the next call starts without executables.
      await this.#executables.clear();
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
    await this.#executables.clear();
  }

  async #group(
    objective: TrainObjective,
    seed: number,
    all: readonly CohortLane[],
    places: readonly number[],
    began: string | undefined,
  ): Promise<Group> {
    const lanes = places.flatMap((place) => all[place] ?? []);
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
    const own = { places, lanes, seed: resolved.seed ?? seed };
    return { ...own, resolved, plan, dataset, objective, choices };
  }

  /** Trains groups, side by side if there is more than one and the memory suffices for all. */
  async #trainGroups(groups: readonly Group[], listener: TrainListener): Promise<LaneOutcome[][]> {
    const outcomes: LaneOutcome[][] = [];
    const together = groups.length > 1 && parallelOf(groups) > 1 ? await this.#start(groups) : [];
    const progress = jointProgress(listener.progress?.bind(listener));
    const ended = await Promise.allSettled(
      together.map(({ group, prepared }, i) =>
        this.#run(group, prepared, group.lanes, {
          ...at(group.places, listener),
          progress: progress(i),
        }),
      ),
    );
    for (const [i, each] of ended.entries()) {
      if (each.status === 'fulfilled') outcomes[i] = each.value;
      else if (!isOutOfMemory(each.reason)) throw each.reason;
    }
    // Those for which memory did not suffice beside the others.
    for (const [i, group] of groups.entries())
      outcomes[i] ??= await this.#trainGroup(group, group.lanes, at(group.places, listener));
    return outcomes;
  }

  /** Prepares the first of the groups, as many as the memory suffices for. */
  async #start(groups: readonly Group[]): Promise<Started[]> {
    // Timing needs the device for itself.
    for (const { choices, plan, dataset } of groups)
      await this.#lanesWanted(first(choices), plan, dataset).catch(ignoreRefusal);
    const started: Started[] = [];
    try {
      for (const group of groups) {
        const { dataset, plan, choices } = group;
        if (this.#executables.isUsed(executableKey(first(choices).label, dataset, plan))) break;
        started.push({ group, prepared: await this.#prepare(group, group.lanes.length) });
      }
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
    }
    return started;
  }

  async #run(
    { objective, resolved, dataset, seed }: Group,
    { key, ...prepared }: Kept,
    lanes: readonly CohortLane[],
    listener: TrainListener,
  ): Promise<LaneOutcome[]> {
    try {
      return await new CohortRun(
        objective,
        resolved,
        dataset,
        prepared,
        seed,
        lanes,
        listener,
        this.#gate,
      ).train();
    } finally {
      this.#executables.release(key);
    }
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
      return await this.#run(group, await this.#prepare(group, lanes.length), lanes, listener);
    } catch (error) {
      if (!isOutOfMemory(error) || lanes.length === 1) throw error;
      await this.#executables.discard();
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
  async #prepare({ plan, dataset, choices }: Group, lanes: number): Promise<Kept> {
    const remarks: string[] = [];
    for (const [i, choice] of choices.entries()) {
      const { executor, label, reason } = choice;
      const key = executableKey(label, dataset, plan);
      try {
        const wanted = await this.#lanesWanted(choice, plan, dataset);
        const executable = await this.#executables.take(
          key,
          lanes,
          () => executor.compile(plan, lanes, new AbortController().signal),
          (compiled) => compiled.loadDataset(dataset.view),
        );
        if (executable.note !== undefined) {
          remarks.push(executable.note);
          this.#logOnce(`${label}: ${executable.note}`);
        }
        return { key, plan, executable, reason: [reason, ...remarks].join('; '), ...wanted };
      } catch (error) {
        if (!isRefusal(error) || i === choices.length - 1) throw error;
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

  /** Returns how many lanes fill the device; measured once for each network. */
  async #lanesWanted(
    choice: Choice,
    plan: Plan,
    { view }: Dataset,
  ): Promise<Pick<Prepared, 'lanesWanted'>> {
    if (this.#device.lanes === 1) return {};
    // Measuring needs the memory that executables hold.
    const key = `${choice.label} ${planHash(plan)}`;
    let lanes = this.#lanes.get(key);
    if (lanes === undefined) {
      await this.#executables.discard();
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

/** Number of groups that train side by side: what all their executors allow. */
function parallelOf(groups: readonly Group[]): number {
  return Math.min(...groups.map(({ choices }) => first(choices).parallel));
}

function first(choices: readonly Choice[]): Choice {
  const [choice] = choices;
  if (choice === undefined) throw new RangeError('there is no choice of an executor');
  return choice;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof TrainingError && error.kind === 'out-of-memory';
}

/** Returns whether another executor may train the plan that this one refused. */
function isRefusal(error: unknown): error is TrainingError {
  return error instanceof TrainingError && ['compile-failed', 'unsupported'].includes(error.kind);
}

function ignoreRefusal(error: unknown): void {
  if (!isRefusal(error)) throw error;
}

function executableKey(label: string, { entry }: Dataset, plan: Plan): string {
  return `${label} ${keyOf(entry)} ${planHash(plan)}`;
}

/** Cache key of a dataset; includes the source, because a name may later denote other data. */
function keyOf({ name, source }: DatasetEntry): string {
  return source.kind === 'bundled'
    ? name
    : `${name} ${source.training.sha256} ${source.test.sha256}`;
}

/**
 * Indices of lanes grouped by structure and by part of the training; groups and their members keep
 * the lanes' order.
 * @param shape key that all lanes share; ignored where the first lane's is another here
 */
function alike(
  objective: TrainObjective,
  lanes: readonly CohortLane[],
  datasets: Catalogue,
  shape: string | undefined,
): number[][] {
  const [first] = lanes;
  const parts = lanes.some(({ part }) => part !== undefined);
  if (shape !== undefined && first !== undefined && !parts)
    if (shapeKey(objective, first.request.params, datasets) === shape) return [[...lanes.keys()]];
  const groups = new Map<string, number[]>();
  for (const [place, { request, part }] of lanes.entries()) {
    // Lanes that train together train the same epochs.
    const epochs = part === undefined ? '' : `${part.from} ${part.until} `;
    const key = `${epochs}${shapeKey(objective, request.params, datasets)}`;
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
