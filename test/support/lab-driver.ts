/**
 * Drives a scheduler step by step: events in, instructions out. Checks invariants after every step
 * and answers asks at once. Time advances only on request. Keeps the instructions that a worker
 * would hold.
 */
import * as scheduling from '../../src/core/scheduling/index.ts';
import type {
  AttemptId,
  AttemptResult,
  Event,
  Instruction,
  LabOptions,
  LabSnapshot,
  Mismatch,
  NodeSlot,
  CohortTrial,
  Write,
} from '../../src/core/scheduling/index.ts';
import { violations } from '../../src/core/scheduling/invariants.ts';
import type { LabNode, LabState, OpenTrial, Slot, Study } from '../../src/core/scheduling/state.ts';
import type { Limits, StudySpec } from '../../src/core/study/study-spec.ts';
import type { Machine } from './adversarial-world.ts';
import { createModelSampler, modelSpec } from './model-study.ts';
import type { ModelSampler } from './model-study.ts';

type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;
type Of<Do extends Instruction['do']> = Extract<Instruction, { do: Do }>;

export const STUDY = 'study';
export const NO_LIMITS: Limits = { trials: null, activeMs: null, target: null };

export interface DriverOptions {
  readonly scheduler?: Partial<LabOptions>;
  readonly sampler?: ModelSampler;
  readonly machine?: Machine;
}

export class LabDriver {
  readonly #machine: Machine;
  readonly lab: LabState;
  now = 0;
  /** Every instruction so far. */
  readonly said: Instruction[] = [];
  /** Every task sent so far, with its recipient. */
  readonly tasks: {
    readonly slot: string;
    readonly incarnation: string;
    readonly lane: CohortTrial;
  }[] = [];
  wakeAt: number | null = null;
  #hellos = 0;

  constructor({
    scheduler,
    sampler = { synchronous: false, generation: 0 },
    machine = scheduling,
  }: DriverOptions = {}) {
    this.#machine = machine;
    this.lab = machine.createLab({
      strict: true,
      samplerFor: () => createModelSampler(sampler),
      ...scheduler,
    });
  }

  /** @returns the instructions caused by this event and by the answers to its asks */
  send(event: Untimed<Event>): Instruction[] {
    const instructions = this.#machine.step(this.lab, { ...event, at: this.now });
    const found = violations(this.lab);
    if (found.length > 0) throw new Error(`after ${event.type}: ${found.join('; ')}`);
    const all = [...instructions];
    this.said.push(...instructions);
    for (const instruction of instructions) {
      if (instruction.do === 'wakeAt') this.wakeAt = instruction.at;
      if (instruction.do === 'sendCohort') {
        const { slot } = instruction;
        for (const lane of instruction.lanes)
          this.tasks.push({ slot, incarnation: this.slot(slot).incarnation, lane });
      }
      if (instruction.do === 'askSampler')
        all.push(...this.send(this.#machine.answerAsk(this.lab, instruction, this.now)));
    }
    return all;
  }

  /** Wrong values of a node. */
  mismatches(node: string): readonly Mismatch[] {
    return this.lab.mismatches.get(node) ?? [];
  }

  open(epoch = 1, lab: LabSnapshot = { uid: 'lab', studies: [] }): Instruction[] {
    return this.send({ type: 'opened', epoch, lab });
  }

  create(
    limits: Partial<Limits> = {},
    uid = STUDY,
    settings: Partial<StudySpec> = {},
  ): Instruction[] {
    return this.send({
      type: 'studyCreated',
      uid,
      spec: { ...modelSpec, ...settings, name: uid },
      limits: { ...NO_LIMITS, ...limits },
    });
  }

  hello(
    slot: string,
    details: { incarnation?: string; helloNo?: number; holding?: AttemptId[]; lanes?: number } = {},
  ): Instruction[] {
    const { incarnation = '1.1', helloNo = ++this.#hellos, holding = [], lanes = 1 } = details;
    return this.send({
      type: 'hello',
      slot,
      incarnation,
      helloNo,
      device: 'cpu',
      lanes,
      memoryBytes: 1,
      holding,
    });
  }

  /** A node opens a link, by default its next one, with the slots of this many CPU workers. */
  join(
    node: string,
    workers: number,
    details: Partial<Extract<Event, { type: 'nodeJoined' }>> & {
      readonly model?: string;
      readonly device?: string;
      readonly slot?: Partial<NodeSlot>;
    } = {},
  ): Instruction[] {
    const { model = 'core', device = 'cpu', slot: about, ...event } = details;
    const known = this.lab.nodes.get(node);
    const slots = Array.from({ length: workers }, (_, i): NodeSlot => {
      const name = `${node}/${device}/${i}`;
      const slot = this.lab.slots.get(name);
      const session = slot?.session ?? null;
      return {
        slot: name,
        model,
        lanes: 1,
        memoryBytes: 1,
        running: session === null ? null : (slot?.incarnation ?? null),
        session,
        taskSeq: slot?.taskSeq ?? 0,
        ...about,
      };
    });
    return this.send({
      type: 'nodeJoined',
      node,
      boot: known?.boot === 0 ? 1 : (known?.boot ?? 1),
      link: (known?.link ?? 0) + 1,
      slots,
      has: [],
      ...event,
    });
  }

  pulse(
    node: string,
    details: { silent?: string[]; held?: string[]; rttMs?: number } = {},
  ): Instruction[] {
    return this.send({ type: 'nodePulse', node, silent: [], held: [], ...details });
  }

  /** As `pass`, with pulses of these nodes meanwhile. */
  passPulsing(ms: number, nodes: readonly string[], held: readonly string[] = []): Instruction[] {
    const all: Instruction[] = [];
    for (let left = ms; left > 0; left -= 500) {
      for (const node of nodes)
        all.push(...this.pulse(node, { held: held.filter((slot) => slot.startsWith(node)) }));
      all.push(...this.pass(Math.min(500, left)));
    }
    return all;
  }

  node(id: string): LabNode {
    const node = this.lab.nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  /** Sends a heartbeat of the slot's session, which holds its tasks unless told otherwise. */
  beat(
    name: string,
    details: {
      holding?: AttemptId[];
      taskSeq?: number;
      session?: string;
      quietMs?: number;
    } = {},
  ): Instruction[] {
    const slot = this.slot(name);
    const {
      holding = this.given(name),
      taskSeq = slot.taskSeq,
      session = slot.session ?? 'none',
      quietMs,
    } = details;
    return this.send({
      type: 'beat',
      slot: name,
      incarnation: slot.incarnation,
      session,
      n: 1,
      taskSeq,
      holding,
      rssBytes: 0,
      ...(quietMs === undefined ? {} : { quietMs }),
    });
  }

  result(
    attempt: AttemptId,
    result: Partial<AttemptResult> = {},
    from?: { slot?: string; incarnation?: string },
  ): Instruction[] {
    const sent = this.tasks.findLast(({ lane }) => same(lane.attempt, attempt));
    const slot = from?.slot ?? sent?.slot ?? 'nobody';
    const incarnation = from?.incarnation ?? sent?.incarnation ?? '1.1';
    const outcome = result.outcome ?? 'succeeded';
    const value = outcome === 'succeeded' ? { value: 1 } : {};
    return this.send({
      type: 'result',
      slot,
      incarnation,
      attempt,
      result: { outcome, ms: 10, ...value, ...result },
    });
  }

  /** The attempt's worker reports a value. */
  report(attempt: AttemptId, step: number, value: number): Instruction[] {
    const sent = this.tasks.findLast(({ lane }) => same(lane.attempt, attempt));
    const { slot = 'nobody', incarnation = '1.1' } = sent ?? {};
    return this.send({ type: 'report', slot, incarnation, attempt, report: { step, value } });
  }

  exit(
    name: string,
    how: {
      signal?: string;
      code?: number;
      by?: 'us' | 'itself';
      overMemory?: boolean;
      incarnation?: string;
    },
  ): Instruction[] {
    const {
      signal = null,
      code = null,
      by = 'itself',
      overMemory = false,
      incarnation = this.slot(name).incarnation,
    } = how;
    return this.send({
      type: 'exited',
      slot: name,
      incarnation,
      code,
      signal,
      by,
      rssPeakBytes: null,
      overMemory,
    });
  }

  /**
   * Advances time, with clock events where they were requested; healthy slots send heartbeats
   * meanwhile.
   */
  pass(ms: number, beating: readonly string[] = []): Instruction[] {
    const until = this.now + ms;
    const all: Instruction[] = [];
    while (this.wakeAt !== null && this.wakeAt <= until) {
      this.now = Math.max(this.now, this.wakeAt);
      this.wakeAt = null;
      for (const slot of beating)
        if (this.slot(slot).session !== null) all.push(...this.beat(slot));
      all.push(...this.send({ type: 'clock' }));
    }
    this.now = until;
    return all;
  }

  /** Attempts that the slot holds. */
  given(name: string): AttemptId[] {
    return this.slot(name).cohorts.flatMap((cohort) =>
      cohort.attempts.filter((attempt) => attempt.cohort === cohort).map(({ id }) => id),
    );
  }

  slot(name: string): Slot {
    const slot = this.lab.slots.get(name);
    if (slot === undefined) throw new Error(`no slot ${name}`);
    return slot;
  }

  study(uid = STUDY): Study {
    const study = this.lab.studies.get(uid);
    if (study === undefined) throw new Error(`no study ${uid}`);
    return study;
  }

  trial(number: number, uid = STUDY): OpenTrial {
    const trial = this.study(uid).open.get(number);
    if (trial === undefined) throw new Error(`trial ${number} is not open`);
    return trial;
  }
}

export function id(number: number, attemptNumber = 1, study = STUDY): AttemptId {
  return { study, number, attemptNumber };
}

function same(a: AttemptId, b: AttemptId): boolean {
  return a.study === b.study && a.number === b.number && a.attemptNumber === b.attemptNumber;
}

/** Those of one kind. */
export function only<Do extends Instruction['do']>(
  instructions: readonly Instruction[],
  kind: Do,
): Of<Do>[] {
  return instructions.filter((instruction): instruction is Of<Do> => instruction.do === kind);
}

/** All writes of one kind. */
export function writes<Op extends Write['op']>(
  instructions: readonly Instruction[],
  op: Op,
): Extract<Write, { op: Op }>[] {
  return only(instructions, 'persist').flatMap((persist) =>
    persist.writes.filter((write): write is Extract<Write, { op: Op }> => write.op === op),
  );
}
