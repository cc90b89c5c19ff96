/**
 * State of the form for a person's own script: the script, what was proposed for it, and the try of
 * its command. The study itself is in the draft.
 */
import type {
  ExaminedProject,
  ProposedScript,
  ScriptTry,
} from '../../../protocol/window/script.ts';
import type { Client } from '../../client.ts';
import { toFailure } from '../../failure.ts';
import type { EndpointFailure } from '../../failure.ts';
import { argumentsOf, commandOf } from './command-edits.ts';
import { at, middleOf, objectOf, put } from './study-edits.ts';
import type { Json, Study } from './study-edits.ts';

/** Milliseconds between two queries of a running try. */
const EVERY_MS = 300;
/** Debounce before the project folder is examined, in milliseconds. */
const EXAMINE_MS = 200;

/**
 * Files that trials run in: a copy of the project folder, the copy of the study that this one
 * repeats, or the folder itself.
 */
export type Files = 'copy' | 'kept' | 'folder';

export class ScriptForm {
  path = $state('');
  folder = $state('');
  python = $state('');
  args = $state('');
  /** Milliseconds since 1970 when the reading began; null: nothing is read. */
  readingSince = $state<number | null>(null);
  proposed = $state.raw<ProposedScript | null>(null);
  failure = $state.raw<EndpointFailure | null>(null);
  tried = $state.raw<ScriptTry | null>(null);
  /** Parameters of the try for which the middle of the range was used. */
  undefaulted = $state.raw<readonly string[]>([]);
  /** As the person chose; null: the default. */
  chosenFiles = $state<Files | null>(null);
  /** Project folder as typed; empty: the default. */
  project = $state('');
  /** Null: not examined yet. */
  examined = $state.raw<ExaminedProject | null>(null);
  readonly #client: Client;
  #examining: ReturnType<typeof setTimeout> | undefined;
  #examinations = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Reads the script. @returns the proposed study; null: `failure` says why there is none */
  async read(): Promise<Study | null> {
    if (this.readingSince !== null || this.path.trim() === '') return null;
    this.readingSince = Date.now();
    this.failure = null;
    try {
      this.proposed = await this.#client.query('proposeScript', {
        script: this.path.trim(),
        folder: orNull(this.folder),
        python: orNull(this.python),
        args: argumentsOf(this.args),
      });
      this.path = this.proposed.script;
      this.tried = null;
      return this.proposed.study as Study;
    } catch (error) {
      this.failure = toFailure(error);
      return null;
    } finally {
      this.readingSince = null;
    }
  }

  /** Ends the reading or the try. */
  async end(): Promise<void> {
    await this.#attempt(async () => {
      await this.#client.command('endScript', {});
      if (this.tried !== null) await this.#look();
    });
  }

  /** Runs the command of the study once. */
  async tryOnce(study: Study): Promise<void> {
    this.failure = null;
    const space = Object.entries(objectOf(study['searchSpace']));
    const defaults = this.proposed?.defaults ?? {};
    const values = space.map(
      ([name, distribution]) => [name, defaults[name] ?? plain(middleOf(distribution))] as const,
    );
    this.undefaulted = space.map(([name]) => name).filter((name) => defaults[name] == null);
    await this.#attempt(async () => {
      await this.#client.command('tryScript', {
        study,
        values: Object.fromEntries(values),
      });
      await this.#look();
    });
  }

  /** Returns the files that the trials of a study will run in. */
  filesOf(study: Study): Files {
    if (this.#client.host !== 'electron') return 'kept';
    const copied = at(study, 'objective', 'snapshot') !== undefined;
    return this.chosenFiles ?? (copied ? 'kept' : 'copy');
  }

  /** Examines the project folder of a study soon, unless it is asked to again. */
  examine(study: Study): void {
    const files = this.filesOf(study);
    const [project, command] = [orNull(this.project), commandOf(study)];
    const folder = at(study, 'objective', 'folder');
    clearTimeout(this.#examining);
    const asked = ++this.#examinations;
    if (files !== 'copy' || typeof folder !== 'string' || folder === '') return;
    this.#examining = setTimeout(() => {
      void this.#attempt(async () => {
        const input = { project, command: [...command], folder };
        const examined = await this.#client.query('examineProject', input);
        if (asked === this.#examinations) this.examined = examined;
      });
    }, EXAMINE_MS);
  }

  /** Problems for which the project folder of a study cannot be copied. */
  problemsOf(study: Study): ExaminedProject['problems'] {
    return this.filesOf(study) === 'copy' ? (this.examined?.problems ?? []) : [];
  }

  /** Returns the study to start, and the project folder to copy; undefined: none is copied. */
  started(study: Study): { readonly study: Study; readonly project: string | null | undefined } {
    const files = this.filesOf(study);
    return {
      study: files === 'folder' ? put(study, ['objective', 'snapshot'], undefined) : study,
      project: files === 'copy' ? orNull(this.project) : undefined,
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#examining);
    clearTimeout(this.#timer);
    if (this.tried?.running === true || this.readingSince !== null) void this.end();
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    this.tried = await this.#client.query('scriptTry', {});
    if (this.tried?.running === true && !this.#closed)
      this.#timer = setTimeout(() => void this.#attempt(() => this.#look()), EVERY_MS);
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.failure = toFailure(error);
    }
  }
}

function plain(value: Json): string | number | boolean | null {
  return typeof value === 'object' ? null : value;
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}
