/**
 * What windows are shown of the lab that is open, kept current from what its coordinator says: studies for the rail, attempts for the
 * timeline, notes, why workers are idle. Feeds read it; it sends nothing itself.
 */
import { IdleWatch } from '../core/scheduling/idle-watch.ts';
import type { AttemptId, Change, LabChange } from '../core/scheduling/index.ts';
import { activeMs } from '../core/scheduling/studies.ts';
import { AttemptRing } from './attempt-ring.ts';
import { Changes, Throttle } from './changes.ts';
import { LabNotes } from './lab-notes.ts';
import type { OpenLab } from './open-lab.ts';
import { StudyWatch } from './study-watch.ts';

/** How often at most the slots are looked at. */
const LOOK_MS = 100;

export class LabView {
  readonly lab: OpenLab;
  /** Something of what is below is another. */
  readonly changes = new Changes();
  readonly studies = new Map<string, StudyWatch>();
  readonly attempts = new AttemptRing();
  readonly notes = new LabNotes();
  readonly idle = new IdleWatch();
  /** The executor of each slot's latest result. */
  readonly executors = new Map<string, string>();
  stalled: string | null = null;
  /** How often what the name says has changed. */
  readonly versions = { studies: 1, slots: 1, notes: 1, lab: 1 };
  readonly #looking = new Throttle(LOOK_MS, () => this.#look());
  readonly #stop: () => void;

  constructor(lab: OpenLab) {
    this.lab = lab;
    for (const study of lab.coordinator.lab.studies.values()) this.studies.set(study.uid, new StudyWatch(study, null));
    this.#stop = lab.listen({
      show: (study, change) => this.#show(study, change),
      showLab: (change) => this.#showLab(change),
      turned: () => this.#looking.ask(),
      failed: () => {
        this.versions.lab += 1;
        this.changes.tell();
      },
    });
    this.#look();
  }

  /** From the coordinator's clock to milliseconds since 1970. */
  readonly wall = (at: number): number => Date.now() - (this.lab.coordinator.now - at);

  /** Names that a study of the lab has. */
  get names(): ReadonlySet<string> {
    return new Set([...this.lab.coordinator.lab.studies.values()].map(({ spec }) => spec.name));
  }

  close(): void {
    this.#stop();
    this.#looking.close();
  }

  /** Looked at again soon, though no turn may have been. */
  ask(): void {
    this.#looking.ask();
  }

  #show(uid: string, change: Change): void {
    const watch = this.#watch(uid);
    if (watch === null) return;
    switch (change.kind) {
      case 'trialEnded':
        watch.advance(change.finishSeq + 1, Date.now(), this.#activeMs(watch));
        watch.pace.ended(change.slot, change.result?.ms ?? null, this.#activeMs(watch));
        if (change.slot !== null && change.result?.executor !== undefined) this.executors.set(change.slot, change.result.executor);
        if (change.attempt !== null && change.slot !== null) {
          const { value, outcome, result } = change;
          this.#endAttempt(change.attempt, change.slot, { outcome, value, ms: result?.ms ?? null });
        }
        break;
      case 'trialBack':
        this.#endAttempt(change.attempt, change.slot, { outcome: change.outcome, value: NaN, ms: null });
        break;
      case 'study':
        watch.since = Date.now();
        this.versions.lab += 1;
        break;
      case 'trialStarted':
      case 'trialReported':
        break;
      default:
        change satisfies never;
    }
    this.versions.studies += 1;
    this.changes.tell();
  }

  #showLab(change: LabChange): void {
    if (this.notes.hear(change)) this.versions.notes += 1;
    if (change.kind === 'storageStalled') this.stalled = change.error;
    if (change.kind === 'storageBack') this.stalled = null;
    if (change.kind === 'storageStalled' || change.kind === 'storageBack') this.versions.lab += 1;
    this.changes.tell();
  }

  #watch(uid: string): StudyWatch | null {
    const known = this.studies.get(uid);
    if (known !== undefined) return known;
    const study = this.lab.coordinator.lab.studies.get(uid);
    if (study === undefined) return null;
    const watch = new StudyWatch(study, Date.now());
    this.studies.set(uid, watch);
    this.versions.lab += 1;
    return watch;
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
        const { study, number: trial, k } = id;
        const lane = place % Math.max(1, slot.lanes);
        this.attempts.put({ id: name, study, trial, k, slot: slot.name, lane, from, to: null, outcome: null, value: null });
      }
    }
    this.versions.slots += 1;
    this.changes.tell();
  }

  /** Where it is long enough ago that it was never seen running, it is drawn from what it says of its own duration. */
  #endAttempt(id: AttemptId, slot: string, end: { outcome: string; value: number; ms: number | null }): void {
    const name = nameOf(id);
    const seen = this.attempts.get(name);
    if (seen === null && end.ms === null) return;
    const to = Date.now();
    const { study, number: trial, k } = id;
    const from = end.ms === null ? (seen?.from ?? to) : to - end.ms;
    const value = Number.isFinite(end.value) ? end.value : null;
    this.attempts.put({ id: name, study, trial, k, slot, lane: seen?.lane ?? 0, from, to, outcome: end.outcome, value });
  }
}

function nameOf({ study, number, k }: AttemptId): string {
  return `${study}/${number}/${k}`;
}
