/**
 * State of the open lab for windows, updated from the coordinator's notifications: studies,
 * attempts for the timeline, notes, idle reasons. Feeds read it; it sends nothing itself.
 */
import { IdleWatch } from '../../core/scheduling/idle-watch.ts';
import type { AttemptId, Change, LabChange, Study } from '../../core/scheduling/index.ts';
import { activeMs } from '../../core/scheduling/studies.ts';
import { SUPERSEDED } from '../../core/scheduling/words.ts';
import type { OpenLab } from '../../lab/open-lab.ts';
import { wallClock } from '../../lab/wall-clock.ts';
import type { AttemptRow } from '../../protocol/window/lab-stream.ts';
import type { AttemptEntry } from '../../storage/lab-reader.ts';
import { Changes, Throttle } from '../feeds/changes.ts';
import type { FileReading } from '../reading/file-reading.ts';
import type { ForeignSummary } from '../reading/read-thread.ts';
import { AttemptRing } from './attempt-ring.ts';
import { LabNotes } from './lab-notes.ts';
import { StudyWatch } from './study-watch.ts';

/** Minimum milliseconds between two readings of the slots. */
const LOOK_MS = 100;
/** Milliseconds between two readings of other programs' studies. */
const FOREIGN_MS = 10_000;
/** Milliseconds of history before the last earlier attempt that the timeline shows. */
const PAST_MS = 5 * 60_000;
const PAST_ATTEMPTS = 5_000;

export class LabView {
  readonly lab: OpenLab;
  /** Notifies that a field below has changed. */
  readonly changes = new Changes();
  /** Notifies that other programs' studies have changed. */
  readonly foreignChanged = new Changes();
  readonly studies = new Map<string, StudyWatch>();
  /** Other programs' studies, by name. */
  readonly foreign = new Map<string, ForeignSummary>();
  /** Resolves once other programs' studies are loaded, or loading failed. */
  readonly foreignLoaded: Promise<void>;
  #isForeignLoaded = false;
  readonly attempts = new AttemptRing();
  readonly notes = new LabNotes();
  readonly idle = new IdleWatch();
  /** Executor of each slot's latest result. */
  readonly executors = new Map<string, string>();
  stalled: string | null = null;
  /** Version counters of the parts, incremented at each change. */
  readonly versions = { studies: 1, slots: 1, notes: 1, lab: 1 };
  readonly #looking = new Throttle(LOOK_MS, () => this.#look());
  readonly #stop: () => void;
  readonly #reading: FileReading;
  #foreignAgain: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(lab: OpenLab, reading: FileReading) {
    this.lab = lab;
    this.#reading = reading;
    for (const study of lab.coordinator.lab.studies.values())
      this.studies.set(study.uid, this.#watching(study, null));
    this.#stop = lab.listen({
      show: (study, change) => this.#show(study, change),
      showLab: (change) => this.#showLab(change),
      turned: () => this.#looking.ask(),
      failed: () => this.#labChanged(),
      damaged: () => this.#labChanged(),
    });
    this.#look();
    this.foreignLoaded = this.#loadForeign();
  }

  #labChanged(): void {
    this.versions.lab += 1;
    this.changes.notify();
  }

  /** Converts the coordinator's clock to milliseconds since 1970. */
  readonly wall = wallClock(() => this.lab.coordinator.now);

  /** True if other programs' studies are loaded, or loading failed. */
  get isForeignLoaded(): boolean {
    return this.#isForeignLoaded;
  }

  /** Names of all studies of the lab. */
  get names(): ReadonlySet<string> {
    return new Set([
      ...[...this.lab.coordinator.lab.studies.values()].map(({ spec }) => spec.name),
      ...this.foreign.keys(),
    ]);
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#looking.close();
    if (this.#foreignAgain !== null) clearTimeout(this.#foreignAgain);
  }

  /** Schedules a reading of the slots even without a turn of the scheduler. */
  ask(): void {
    this.#looking.ask();
  }

  note(code: string, data: Record<string, unknown>): void {
    this.notes.add(code, data);
    this.versions.notes += 1;
    this.changes.notify();
  }

  /** Reads the studies of other programs from the file again, if it can be read. */
  async readNames(): Promise<void> {
    await this.foreignLoaded;
    await this.#hearStudies().catch(() => undefined);
  }

  async #loadForeign(): Promise<void> {
    try {
      await this.#hearStudies();
      const last = await this.#reading.attempts({
        study: null,
        before: Number.MAX_SAFE_INTEGER,
        since: 0,
        most: 1,
      });
      const since = (last[0]?.from ?? 0) - PAST_MS;
      const past = await this.#reading.attempts({
        study: null,
        before: Number.MAX_SAFE_INTEGER,
        since,
        most: PAST_ATTEMPTS,
      });
      this.#rememberPace(past);
      for (const entry of past.toReversed()) {
        const row = attemptRow(entry);
        // A notification received meanwhile is newer.
        if (row.to !== null && this.attempts.get(row.id) === null) this.attempts.put(row);
      }
      this.changes.notify();
    } catch (error) {
      if (!this.#closed)
        this.note('unreadable', { error: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#isForeignLoaded = true;
    }
  }

  /** Remembers durations of earlier trials, older than those that have ended since. */
  #rememberPace(past: readonly AttemptEntry[]): void {
    const took = new Map<string, { slot: string; ms: number }[]>();
    for (const { study, slot, from, to, outcome } of past.toReversed()) {
      if (to === null || outcome === 'lost' || outcome === 'cancelled') continue;
      const durations = took.get(study) ?? [];
      durations.push({ slot, ms: to - from });
      took.set(study, durations);
    }
    for (const [study, durations] of took) this.studies.get(study)?.pace.remember(durations);
  }

  async #hearStudies(): Promise<void> {
    const { ours, foreign } = await this.#reading.studies();
    if (this.#closed) return;
    for (const { uid, moments } of ours) this.studies.get(uid)?.remember(moments);
    const before = JSON.stringify([...this.foreign.values()]);
    this.foreign.clear();
    for (const study of foreign) this.foreign.set(study.summary.name, study);
    if (this.foreign.size > 0) {
      if (this.#foreignAgain !== null) clearTimeout(this.#foreignAgain);
      this.#foreignAgain = setTimeout(
        () => void this.#hearStudies().catch(() => undefined),
        FOREIGN_MS,
      ).unref();
    }
    if (before !== '[]' && before !== JSON.stringify(foreign)) this.foreignChanged.notify();
    this.versions.studies += 1;
    this.versions.lab += 1;
    this.changes.notify();
  }

  #show(uid: string, change: Change): void {
    const watch = this.#watch(uid);
    if (watch === null) return;
    watch.grace.observe(change);
    switch (change.kind) {
      case 'trialEnded':
        watch.advance(change.finishSeq + 1, Date.now(), this.#activeMs(watch));
        watch.pace.ended(change.slot, change.result?.ms ?? null, this.#activeMs(watch));
        if (change.slot !== null && change.result?.executor !== undefined)
          this.executors.set(change.slot, change.result.executor);
        if (change.attempt !== null && change.slot !== null) {
          const { value, outcome, result } = change;
          this.#endAttempt(change.attempt, change.slot, { outcome, value, ms: result?.ms ?? null });
        }
        break;
      case 'trialBack':
      case 'attemptEnded':
        this.#endAttempt(change.attempt, change.slot, {
          outcome: shownOutcome(change.outcome, change.detail),
          value: NaN,
          ms: null,
        });
        break;
      case 'auditEnded': {
        const { attempt, slot, outcome, value, ms } = change;
        this.#endAttempt(attempt, slot, { outcome, value: value ?? NaN, ms });
        break;
      }
      case 'study':
        watch.since = Date.now();
        watch.pace.stateChanged();
        this.versions.lab += 1;
        break;
      case 'studyRemoved':
        this.studies.delete(uid);
        this.versions.lab += 1;
        break;
      case 'studyDescribed':
      case 'searchEdited':
      case 'trialStarted':
      case 'trialReported':
        break;
      default:
        change satisfies never;
    }
    this.versions.studies += 1;
    this.changes.notify();
  }

  #showLab(change: LabChange): void {
    if (this.notes.observe(change)) this.versions.notes += 1;
    if (change.kind === 'storageStalled') this.stalled = change.error;
    if (change.kind === 'storageBack') this.stalled = null;
    if (change.kind === 'storageStalled' || change.kind === 'storageBack') this.versions.lab += 1;
    this.changes.notify();
  }

  #watch(uid: string): StudyWatch | null {
    const known = this.studies.get(uid);
    if (known !== undefined) return known;
    const study = this.lab.coordinator.lab.studies.get(uid);
    if (study === undefined) return null;
    const watch = this.#watching(study, Date.now());
    this.studies.set(uid, watch);
    this.versions.lab += 1;
    return watch;
  }

  #watching(study: Study, created: number | null): StudyWatch {
    return new StudyWatch(study, created, (work) => this.#reading.timeLeft(work));
  }

  #activeMs({ study }: StudyWatch): number {
    return activeMs(this.lab.coordinator.lab, study);
  }

  #look(): void {
    const state = this.lab.coordinator.lab;
    this.idle.look(state);
    for (const slot of state.slots.values()) {
      const [cohort] = slot.cohorts;
      if (cohort === undefined) continue;
      const from = this.wall(cohort.startedAt ?? cohort.sentAt);
      for (const [place, { id, state: doing, cohort: own }] of cohort.attempts.entries()) {
        const name = nameOf(id);
        if (doing !== 'open' || own !== cohort || this.attempts.get(name) !== null) continue;
        const { study, number: trial, attemptNumber } = id;
        const lane = place % Math.max(1, slot.lanes);
        this.attempts.put({
          id: name,
          study,
          trial,
          attemptNumber,
          slot: slot.name,
          lane,
          from,
          to: null,
          outcome: null,
          value: null,
        });
      }
    }
    this.versions.slots += 1;
    this.changes.notify();
  }

  /** An attempt that was never seen running is drawn from its own reported duration. */
  #endAttempt(
    id: AttemptId,
    slot: string,
    end: { outcome: string; value: number; ms: number | null },
  ): void {
    const name = nameOf(id);
    const seen = this.attempts.get(name);
    if (seen === null && end.ms === null) return;
    const to = Date.now();
    const { study, number: trial, attemptNumber } = id;
    const from = end.ms === null ? (seen?.from ?? to) : to - end.ms;
    const value = Number.isFinite(end.value) ? end.value : null;
    this.attempts.put({
      id: name,
      study,
      trial,
      attemptNumber,
      slot,
      lane: seen?.lane ?? 0,
      from,
      to,
      outcome: end.outcome,
      value,
    });
  }
}

/** Tells apart why an attempt was cancelled: only some return to the queue. */
function shownOutcome(outcome: string, detail: string | null): string {
  if (outcome !== 'cancelled') return outcome;
  if (detail === SUPERSEDED) return SUPERSEDED;
  // The outcome of its trial, which a person has cancelled.
  return detail === 'cancelled' ? 'trialCancelled' : outcome;
}

export function attemptRow({
  study,
  number: trial,
  attemptNumber,
  slot,
  from,
  to,
  outcome,
  value,
  detail,
}: AttemptEntry): AttemptRow {
  return {
    id: nameOf({ study, number: trial, attemptNumber }),
    study,
    trial,
    attemptNumber,
    slot,
    lane: 0,
    from,
    to,
    outcome: outcome === null ? null : shownOutcome(outcome, detail),
    value,
  };
}

function nameOf({ study, number, attemptNumber }: AttemptId): string {
  return `${study}/${number}/${attemptNumber}`;
}
