/**
 * Draft study of the set-up page: one value behind form and JSON, checked by the engine while it is
 * edited and benchmarked once it has no errors. The page decides when to start it.
 */
import type { StudyFile } from '../../../protocol/study-file.ts';
import type { CallOutput } from '../../../protocol/endpoints.ts';
import type { Estimate, StudyCheck, WindowProblem } from '../../../protocol/window/set-up.ts';
import type { StartSource } from '../../../protocol/window/start-from.ts';
import type { Client } from '../../client.ts';
import { problemsOf } from '../../errors.ts';
import { toFailure } from '../../failure.ts';
import type { EndpointFailure } from '../../failure.ts';
import { fixSearched, runsCommand } from './command-edits.ts';
import { placeProblems } from './problem-places.ts';
import type { PlacedProblem, Section } from './problem-places.ts';
import { at, put } from './study-edits.ts';
import type { Json, JsonObject, Study } from './study-edits.ts';

/** Debounce before a check and before a benchmark, in milliseconds. */
const CHECK_MS = 120;
const MEASURE_MS = 700;

interface Fixed {
  readonly name: string;
  readonly distribution: JsonObject;
  readonly value: Json;
  /** The objective from before the parameter was fixed. */
  readonly objective: Json;
}

export type Measuring =
  | { readonly state: 'waiting' }
  | { readonly state: 'measuring'; readonly since: number }
  | { readonly state: 'measured'; readonly estimate: Estimate }
  | { readonly state: 'failed'; readonly failure: EndpointFailure };

export class Draft {
  study = $state.raw<Study>({});
  mode = $state<'form' | 'json'>('form');
  /** Text of the JSON side, as typed. */
  text = $state('');
  /**
   * Syntax error of the text; the study keeps its last valid value. Null when the text is valid.
   */
  textProblem = $state<string | null>(null);
  check = $state.raw<StudyCheck | null>(null);
  measuring = $state.raw<Measuring>({ state: 'waiting' });
  /** Parameters excluded from the search; they can be searched again. */
  fixed = $state.raw<readonly Fixed[]>([]);
  /** Value as typed; undefined while the field is empty. */
  workers = $state.raw<Json | undefined>(undefined);
  /** Searches that the study starts from. */
  startFrom = $state.raw<readonly StartSource[]>([]);
  /** Networks that a study can refer to by name, with their layers. */
  networks = $state.raw<CallOutput<'networks'>>([]);
  /** True if the layer editor is open. */
  editsLayers = $state(false);
  /**
   * Syntax error in the JSON of the layers; null when there is none. The study keeps the last valid
   * layers.
   */
  layersProblem = $state<string | null>(null);
  readonly placed: readonly PlacedProblem[] = $derived.by(() => {
    const named = at(this.study, 'objective', 'network');
    const network =
      typeof named === 'string'
        ? this.networks.find(({ name }) => name === named)?.network
        : undefined;
    return placeProblems(this.problems, {
      study: this.study,
      network: network as Json | undefined,
      fixed: this.fixed,
    });
  });
  readonly #client: Client;
  #checking: ReturnType<typeof setTimeout> | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #measured = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Replaces the study and discards the state of the last one. */
  begin(study: Study): void {
    this.fixed = [];
    this.startFrom = [];
    this.layersProblem = null;
    this.change(study);
    this.text = JSON.stringify(study, null, 2);
    this.textProblem = null;
  }

  change(study: Study): void {
    this.study = study;
    if (this.mode === 'form') {
      this.text = JSON.stringify(study, null, 2);
      this.textProblem = null;
    }
    this.#recheck();
  }

  setWorkers(typed: Json | undefined): void {
    this.workers = typed;
    this.#recheck();
  }

  #recheck(): void {
    this.measuring = { state: 'waiting' };
    clearTimeout(this.#checking);
    clearTimeout(this.#settling);
    this.#measured += 1;
    this.#checking = setTimeout(() => void this.#check(), CHECK_MS);
  }

  set(path: readonly string[], value: Json | undefined): void {
    this.change(put(this.study, path, value));
  }

  /**
   * Sets the text of the JSON side. Valid JSON becomes the study; otherwise the study stays and
   * `textProblem` is set.
   */
  async write(text: string): Promise<void> {
    this.text = text;
    const asked = ++this.#asked;
    try {
      const study = await this.#client.query('parseStudy', { text, source: '' });
      if (asked !== this.#asked) return;
      this.textProblem = null;
      this.fixed = [];
      this.change(study as Study);
    } catch (error) {
      if (asked !== this.#asked) return;
      const failure = toFailure(error);
      const [problem] = problemsOf(failure.data);
      this.textProblem =
        problem === undefined
          ? failure.message
          : `${problem.path}: expected ${problem.expected}, found ${problem.found}`;
    }
  }

  fix(name: string, value: Json): void {
    const space = this.study['searchSpace'] as JsonObject;
    const fixed = {
      name,
      distribution: space[name] as JsonObject,
      value,
      objective: this.study['objective'] ?? null,
    };
    this.fixed = [...this.fixed, fixed];
    this.change(fixSearched(this.study, name, value));
  }

  refix(name: string, value: Json): void {
    const held = this.fixed.find((each) => each.name === name);
    if (held === undefined) return;
    this.fixed = this.fixed.map((each) => (each === held ? { ...held, value } : each));
    this.change({
      ...this.study,
      objective:
        fixSearched({ objective: held.objective, searchSpace: {} }, name, value)['objective'] ??
        null,
    });
  }

  /** Searches a fixed parameter again, with its former distribution. */
  search(name: string): void {
    const held = this.fixed.find((each) => each.name === name);
    if (held === undefined) return;
    this.fixed = this.fixed.filter((each) => each !== held);
    const space = this.study['searchSpace'] as JsonObject;
    this.change({
      ...this.study,
      objective: held.objective,
      searchSpace: { ...space, [name]: held.distribution },
    });
  }

  get problems(): readonly WindowProblem[] {
    return this.check?.problems ?? [];
  }

  /** Number of errors to fix before the study can start. */
  get errors(): number {
    return (
      this.problems.length +
      (this.textProblem === null ? 0 : 1) +
      (this.layersProblem === null ? 0 : 1)
    );
  }

  /** Problems that a section shows; with a row, those of that row only. */
  placedIn(section: Section, row?: string | null): readonly PlacedProblem[] {
    return this.placed.filter(
      (each) => each.section === section && (row === undefined || each.row === row),
    );
  }

  /** Returns whether a field, given by its path, is marked as invalid. */
  isWrong(field: string): boolean {
    return this.placed.some(({ fields }) => fields.includes(field));
  }

  get ready(): boolean {
    return this.check !== null && this.errors === 0;
  }

  get workerCount(): number | null {
    const { workers } = this;
    return typeof workers === 'number' && Number.isInteger(workers) && workers > 0 ? workers : null;
  }

  /**
   * Starts the draft.
   * @param study the draft as it starts
   * @param project folder that trials run a copy of, null for the usual one; undefined: none
   */
  start(study = this.study, project?: string | null): Promise<CallOutput<'startStudy'>> {
    // The engine checks the study again before it starts.
    return this.#client.command('startStudy', {
      study,
      workers: this.workerCount,
      ...(project === undefined ? {} : { project }),
      ...(this.startFrom.length === 0 ? {} : { startFrom: [...this.startFrom] }),
    });
  }

  /** Maps the trials of a search to the current study. */
  mapped(source: StartSource): Promise<CallOutput<'startFrom'>> {
    const study = this.study as unknown as StudyFile;
    return this.#client.query('startFrom', { study, source });
  }

  async measure(): Promise<void> {
    const measured = ++this.#measured;
    this.measuring = { state: 'measuring', since: Date.now() };
    try {
      const study = this.study as unknown as StudyFile;
      const estimate = await this.#client.query('estimate', { study, workers: this.workerCount });
      if (measured === this.#measured) this.measuring = { state: 'measured', estimate };
    } catch (error) {
      if (measured === this.#measured)
        this.measuring = { state: 'failed', failure: toFailure(error) };
    }
  }

  /** Resolves once the current study has been checked, without waiting for typing to settle. */
  async checked(): Promise<void> {
    clearTimeout(this.#checking);
    clearTimeout(this.#settling);
    await this.#check();
  }

  close(): void {
    clearTimeout(this.#checking);
    clearTimeout(this.#settling);
    this.#asked += 1;
    this.#measured += 1;
  }

  async #check(): Promise<void> {
    const { study, workers } = this;
    try {
      const check = await this.#client.query(
        'checkStudy',
        workers === undefined ? { study } : { study, workers },
      );
      if (study !== this.study || workers !== this.workers) return;
      this.check = check;
      // The duration of a program is known once it was tried.
      if (check.problems.length === 0 && !runsCommand(study))
        this.#settling = setTimeout(() => void this.measure(), MEASURE_MS);
    } catch {
      // The connection bar shows the failure; the next change triggers another check.
    }
  }
}
