/**
 * Lists of trials and slots that idle reasons name, each computed when it is first needed. Reasons
 * of one moment share them, because they are the same for all idle slots. Valid until the next
 * step.
 */
import { fasterGroups } from './packing.ts';
import type { Group } from './packing.ts';
import type { LabState, OpenTrial, Study } from './state.ts';
import type { SlotName } from './words.ts';

export class IdleLists {
  readonly #studies = new Map<Study, StudyLists>();
  readonly #faster = new Map<Study, Map<Group, readonly SlotName[]>>();

  of(study: Study): StudyLists {
    let lists = this.#studies.get(study);
    if (lists === undefined) this.#studies.set(study, (lists = new StudyLists(study)));
    return lists;
  }

  /** Slots of groups to which the rest of the study is left, by name. */
  faster(lab: LabState, study: Study, group: Group): readonly SlotName[] {
    const known = this.#faster.get(study) ?? new Map<Group, readonly SlotName[]>();
    this.#faster.set(study, known);
    let slots = known.get(group);
    if (slots === undefined) {
      const names = fasterGroups(lab, study, group).flatMap((each) =>
        [...each.slots].map(({ name }) => name),
      );
      known.set(group, (slots = names.sort()));
    }
    return slots;
  }
}

/** Open trials that an idle slot waits for, in number order. */
interface Generation {
  readonly generation: number;
  readonly trials: readonly number[];
  readonly slots: readonly SlotName[];
}

export class StudyLists {
  readonly #study: Study;
  #waiting: readonly OpenTrial[] | null = null;
  #delayed: readonly OpenTrial[] | null = null;
  #running: readonly number[] | null = null;
  #slots: readonly SlotName[] | null = null;
  #generation: Generation | null = null;

  constructor(study: Study) {
    this.#study = study;
  }

  /** Trials below the limit that no slot has, or that wait for a second attempt. */
  get waiting(): readonly OpenTrial[] {
    const { limit } = this.#study;
    return (this.#waiting ??= this.#open(
      ({ number, live, queued, paused }) =>
        number < limit && !paused && (live.length === 0 || queued),
    ));
  }

  /** Waiting trials that are delayed after a failure. */
  get delayed(): readonly OpenTrial[] {
    return (this.#delayed ??= this.waiting.filter(({ queued }) => !queued));
  }

  /** Numbers of trials that run. */
  get running(): readonly number[] {
    return (this.#running ??= this.#open(({ live }) => live.length > 0).map(
      ({ number }) => number,
    ));
  }

  /** Slots on which trials run, by name. */
  get slots(): readonly SlotName[] {
    return (this.#slots ??= slotsOf(this.#study.open.values()));
  }

  /** Open trials below the history length of the study's next trial. */
  generation(historyLength: number): Generation {
    return (this.#generation ??= this.#holding(historyLength));
  }

  #holding(historyLength: number): Generation {
    const trials = this.#open(({ number }) => number < historyLength);
    return {
      generation: Math.max(...trials.map(({ origin }) => origin.generation)),
      trials: trials.map(({ number }) => number),
      slots: slotsOf(trials),
    };
  }

  #open(fits: (trial: OpenTrial) => boolean): OpenTrial[] {
    return [...this.#study.open.values()].filter(fits).sort((a, b) => a.number - b.number);
  }
}

function slotsOf(trials: Iterable<OpenTrial>): readonly SlotName[] {
  const names = new Set<SlotName>();
  for (const { live } of trials) for (const { slot } of live) names.add(slot);
  return [...names].sort();
}
