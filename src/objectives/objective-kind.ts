/**
 * Contract of an objective kind: everything that differs between kinds, in one value. The schema
 * of a kind's fields is in `src/protocol/objective.ts`.
 */
import type { DeviceKind } from '../core/device.ts';
import type { Problem } from '../core/errors.ts';
import { NO_DEMAND } from '../core/demand.ts';
import type { Demand } from '../core/demand.ts';
import type { Params, SearchSpace } from '../core/search-space/distribution.ts';
import type { Objective } from '../core/study/study-spec.ts';
import type { Catalogue } from '../datasets/catalogue.ts';
import type { CodeSnapshot } from '../protocol/command-objective.ts';
import type { SyntheticObjective } from '../protocol/objective.ts';
import type { NeededProgram } from '../protocol/node-messages.ts';
import type { StudyFile } from '../protocol/study-file.ts';
import type { StudyCheck } from '../protocol/window/set-up.ts';
import type { Evaluate, Workplace } from './evaluate.ts';

/** Folders in which a check finds datasets. */
export interface ObjectivePlaces {
  /** Absolute path of `resources/`. */
  readonly resources: string;
  /** Absolute path of this user's folder; absent: only bundled datasets exist. */
  readonly userFolder?: string;
  /** Absolute path of the study file's folder; absent: the study comes from no file. */
  readonly project?: string;
  /**
   * Absolute paths of scripts that a person chose in the desktop window, whose commands may be
   * started like those of a study file; absent: none.
   */
  readonly scripts?: readonly string[];
  /** True if the program runs in the project folder itself; absent: in a copy, or not known yet. */
  readonly inProject?: boolean;
}

/** Folders and files of a study that starts from a file. */
export interface CapturePlaces {
  /** Absolute path of the study file's folder. */
  readonly project: string;
  /** Absolute path of this user's folder. */
  readonly userFolder: string;
  /** Absolute path of the lab file. */
  readonly lab: string;
}

/** A code snapshot as one machine names it to another. */
export interface CodeReference {
  /** SHA-256 of the list of its entries. */
  readonly content: string;
  /** For people. */
  readonly name: string;
  readonly programs: NeededProgram[];
}

/** An objective with what its trials need of this machine's files. */
export interface Captured {
  readonly objective: Objective;
  /** Descriptions of what was taken, each a sentence. */
  readonly notes: readonly string[];
}

/** Part of a check that a draft of an objective shows before the whole study is valid. */
export type ObjectivePreview = Pick<StudyCheck, 'network' | 'unused' | 'split'>;

/** Milliseconds an evaluation takes: fixed, or lognormal. */
export type Duration = NonNullable<SyntheticObjective['durationMs']>;

/** @template Parsed the objective as its schema returns it */
export interface ObjectiveKind<Parsed = StudyFile['objective']> {
  /** True if its trials train a network, so that they can be trained again for their weights. */
  readonly trains: boolean;
  /** True if an objective may state the seed, so that trials can be repeated on fresh seeds. */
  readonly statesSeed: boolean;
  /** Epochs of each trial; null: the kind reports none, or the search decides. */
  epochs(objective: Objective): number | null;
  /** Samples that a trial trains on in an epoch; null: none, or the dataset is unknown here. */
  epochSamples(objective: Objective, catalogue: Catalogue): number | null;
  /** Name of the dataset that trials are evaluated on; null: none. */
  dataset(objective: Objective): string | null;
  /**
   * Names of the metrics that a successful trial returns, by which a study may compare trials;
   * `value` is the result's value. Null: any.
   */
  metrics(objective: Parsed, places: ObjectivePlaces): readonly string[] | null;
  /** Names of metrics that depend on the speed of the machine. */
  readonly timings: readonly string[];
  /** Problems beyond the schema, with paths from `objective` on. */
  check(objective: Parsed, space: SearchSpace, places: ObjectivePlaces): readonly Problem[];
  /** Parameters that cannot change while a trial trains, because the network depends on them. */
  fixedInTraining(objective: Parsed, space: SearchSpace, places: ObjectivePlaces): Iterable<string>;
  /** Notes that a reader of the study's values must know, in sentences. */
  notes(objective: Parsed, space: SearchSpace): string[];
  /**
   * @param objective of a draft, which may have problems
   * @param space null: it has problems itself
   */
  preview(
    objective: Readonly<Record<string, unknown>>,
    space: SearchSpace | null,
    catalogue: Catalogue,
  ): ObjectivePreview;
  /** Key that trials must share to be evaluated together on one worker; null: any may be. */
  shapeKey(objective: Objective, params: Params, catalogue: Catalogue): string | null;
  /** Returns whether devices of this kind can evaluate trials. */
  runsOn(objective: Objective, device: DeviceKind): boolean;
  /** Resources that a trial states to need. */
  demand(objective: Objective): Demand;
  /** Greatest number of trials that a device evaluates together; ∞: as many as fill it. */
  readonly mostLanes: number;
  /** Returns whether a GPU worker may run trials side by side, as many as its results say fit. */
  sideBySide(objective: Objective): boolean;
  /** True if other machines of the lab can evaluate trials. */
  readonly runsElsewhere: boolean;
  /** The code that trials run, for other machines of the lab; null: they can have none. */
  code(objective: Objective): CodeReference | null;
  /** Python modules that its script imports, read from its files; null: it runs no such script. */
  imports(objective: Objective): string[] | null;
  /** The objective as the lab file keeps it: without paths relative to the study file. */
  located(objective: Parsed, places: ObjectivePlaces): Parsed;
  /**
   * Sentences on what trials find on this machine, such as the interpreter of their program.
   * @param objective as `located` returns it
   * @param env where Galapagos was started
   */
  environmentNotes(objective: Parsed, env: NodeJS.ProcessEnv): string[];
  /**
   * Takes what trials need of this machine's files, before a study starts from a file.
   * @throws InvalidInput where it cannot be taken
   */
  capture(objective: Objective, places: CapturePlaces): Promise<Captured>;
  /** The snapshot that trials run in; null: they run in none. */
  snapshot(objective: Objective): CodeSnapshot | null;
  /** Sentences on how the files of this machine differ from those that trials run in. */
  differences(
    objective: Objective,
    places: Omit<CapturePlaces, 'project'>,
  ): Promise<readonly string[]>;
  /** Remembers that a person started the objective on this machine, where workers ask for that. */
  permit(objective: Objective, userFolder: string): void;
  /** Command line that runs a trial again outside of Galapagos; null: it runs no program. */
  commandLine(
    objective: Objective,
    params: Params,
    trial: {
      readonly seed: number;
      readonly trial: number;
      /**
       * Name of the study and absolute path of the lab file; absent: the trial is no stored one.
       */
      readonly stored?: { readonly study: string; readonly lab: string } | undefined;
    },
  ): string | null;
  /**
   * The configuration file of a trial's program, with the values of the trial; null: it has none.
   * @throws Error where it cannot be read
   */
  configFile(
    objective: Objective,
    params: Params,
    trial: { readonly seed: number; readonly trial: number },
    userFolder: string,
  ): { readonly file: string; readonly text: string } | null;
  /** Trials whose checkpoint folders are kept; null: they have none. */
  keepsCheckpoints(objective: Objective): 'best' | 'all' | 'none' | null;
  /** Duration of an evaluation that the objective states itself; null: it must be measured. */
  duration(objective: Parsed): Duration | null;
  /** Creates the evaluator of one worker process. */
  evaluator(workplace: Workplace): Evaluate;
}

/** Entries of kinds that run no program and name no folder. */
export const SELF_CONTAINED = {
  demand: () => NO_DEMAND,
  mostLanes: Infinity,
  sideBySide: () => false,
  runsElsewhere: true,
  code: () => null,
  imports: () => null,
  located: <Parsed>(objective: Parsed): Parsed => objective,
  environmentNotes: (): string[] => [],
  capture: (objective: Objective): Promise<Captured> => Promise.resolve({ objective, notes: [] }),
  snapshot: () => null,
  differences: () => Promise.resolve([]),
  permit: (): void => undefined,
  commandLine: () => null,
  configFile: () => null,
  keepsCheckpoints: () => null,
  timings: [],
  fixedInTraining: (): readonly string[] => [],
} as const;

export const NO_PREVIEW: ObjectivePreview = { network: null, unused: [], split: null };
