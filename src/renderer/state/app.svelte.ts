/**
 * The state of a window, created once and passed down by context. Opens the streams: those of the
 * lab and of telemetry permanently, that of a study while it is shown.
 */
import { createContext } from 'svelte';
import type { Client } from '../client.ts';
import { Acts } from './acts.ts';
import { Clock } from './clock.svelte.ts';
import type { Connection } from './connection.svelte.ts';
import { EndNotice, notifyOfEnd } from './end-notice.ts';
import { Imported } from './imported.ts';
import { LabState } from './lab.svelte.ts';
import type { KeptSelection } from './kept-selection.ts';
import { NodesState } from './nodes.svelte.ts';
import { Notices } from './notices.svelte.ts';
import type { Preferences } from './preferences.svelte.ts';
import type { Route } from './route.svelte.ts';
import { Selection } from './selection.svelte.ts';
import { StudyState } from './study.svelte.ts';
import { TelemetryState } from './telemetry.svelte.ts';
import { Uploads } from './uploads.svelte.ts';
import { ViewActs } from './view-acts.svelte.ts';

export class App {
  readonly client: Client;
  readonly route: Route;
  readonly connection: Connection;
  readonly preferences: Preferences;
  readonly #kept: KeptSelection;
  readonly #endNotice = new EndNotice();
  readonly clock = new Clock();
  readonly lab = new LabState();
  readonly telemetry = new TelemetryState();
  readonly selection = new Selection();
  readonly notices = new Notices();
  readonly uploads = new Uploads();
  readonly view = new ViewActs();
  readonly nodes: NodesState;
  readonly imported: Imported;
  readonly acts = new Acts(this);
  /** The current study; null when there is none. */
  study = $state.raw<StudyState | null>(null);
  /** A study that was opened from a file; the set-up page takes it. */
  opened = $state.raw<unknown>(null);
  /** True if the list of shortcuts is open. */
  keysShown = $state(false);
  readonly #ends: (() => void)[] = [];
  #endStudy: () => void = () => undefined;

  constructor(
    client: Client,
    route: Route,
    connection: Connection,
    preferences: Preferences,
    kept: KeptSelection,
  ) {
    this.client = client;
    this.imported = new Imported(client);
    this.route = route;
    this.connection = connection;
    this.preferences = preferences;
    this.#kept = kept;
    this.nodes = new NodesState(client);
    const heard = (): number => (connection.heardAt = Date.now());
    this.#ends.push(
      client.subscribe(
        'lab',
        {},
        {
          on: (body, snapshot) => {
            heard();
            this.lab.apply(body, snapshot);
            this.#notify();
          },
        },
      ),
      client.subscribe(
        'telemetry',
        {},
        { on: (body, snapshot) => this.telemetry.apply(body, snapshot) },
      ),
    );
  }

  #notify(): void {
    for (const row of this.#endNotice.hear(this.lab.studies)) {
      if (!this.preferences.get('notify', false)) continue;
      const place = { page: 'study', study: row.key, tab: 'evolution' } as const;
      notifyOfEnd(row, () => this.route.go(place));
    }
  }

  /** Subscribes to a study, and unsubscribes from the former one. */
  follow(key: string | null): void {
    if (key === (this.study?.key ?? null)) return;
    this.#endStudy();
    this.#endStudy = () => undefined;
    this.selection.clear();
    this.view.renaming = this.view.noting = false;
    if (key === null) {
      this.study = null;
      return;
    }
    this.selection.select(this.#kept.of(key));
    const study = new StudyState(key);
    this.study = study;
    this.#endStudy = this.client.subscribe(
      'study',
      { study: key },
      {
        on: (body, snapshot) => {
          this.connection.heardAt = Date.now();
          study.apply(body, snapshot);
        },
        failed: (failure) => (study.failure = failure),
      },
    );
  }

  /** Stores the selection, so that a reload restores it. */
  keep(): void {
    if (this.study !== null) this.#kept.keep(this.study.key, this.selection.trial);
  }

  close(): void {
    this.#endStudy();
    for (const end of this.#ends) end();
    this.nodes.close();
    this.route.close();
    this.client.close();
  }
}

const [getApp, setApp] = createContext<App>();
export { getApp, setApp };
