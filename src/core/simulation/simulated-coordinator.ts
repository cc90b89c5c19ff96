/**
 * The shell around the scheduler in virtual time: passes events to `step`, commits its writes after
 * a delay, many steps at once, and only then releases externally visible instructions. A kill loses
 * everything but the record.
 */
import { answerAsk, createLab, passesBeforeCommit, step } from '../scheduling/index.ts';
import type { Event, Instruction, LabOptions, LabState, Write } from '../scheduling/index.ts';
import { LabRecord } from './lab-record.ts';
import type { World } from './world.ts';

type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;
export type Happening = Untimed<Event>;

/** Instructions that leave the coordinator, for the simulated world to carry out. */
export type Outgoing = Exclude<Instruction, { do: 'persist' | 'askSampler' | 'wakeAt' }>;

export interface CoordinatorParts {
  readonly world: World;
  readonly options: Partial<LabOptions>;
  readonly commitMs: number;
  /** True if it can be killed, so that its writes must be kept. */
  readonly mortal: boolean;
  readonly carryOut: (instruction: Outgoing) => void;
  /** Executes the scheduler's work; benchmarks measure it. */
  readonly measure: (work: () => void) => void;
  /** Called after each step. */
  readonly check?: (lab: LabState) => void;
}

export class SimulatedCoordinator {
  readonly #parts: CoordinatorParts;
  readonly #record = new LabRecord();
  #lab: LabState | null = null;
  #outbox: Outgoing[] = [];
  #writes: Write[] = [];
  #commitUnderWay = false;
  #wakeAt: number | null = null;
  events = 0;

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
  }

  get lab(): LabState | null {
    return this.#lab;
  }

  /** Starts a new process on the record; uncommitted writes of the previous one are lost. */
  start(): void {
    this.#lab = createLab(this.#parts.options);
    this.#outbox = [];
    this.#writes = [];
    this.#commitUnderWay = false;
    this.#wakeAt = null;
    this.take({ type: 'opened', ...this.#record.open() });
  }

  kill(): void {
    this.#lab = null;
  }

  /** Messages that arrive while it is down are lost. */
  take(happening: Happening): void {
    const lab = this.#lab;
    if (lab === null) return;
    const { carryOut, measure, world } = this.#parts;
    // The time is set at every arrival: a duplicated message arrives twice. A copy of each would
    // cost more than the step.
    const first = Object.assign(happening, { at: world.now }) as Event;
    const out: Instruction[] = [];
    measure(() => this.#settle(lab, first, out));
    for (const instruction of out) {
      if (instruction.do === 'persist') this.#write(instruction.writes);
      else if (instruction.do === 'wakeAt') this.#setClock(lab, instruction.at);
      else if (instruction.do === 'askSampler') continue;
      else if (passesBeforeCommit(instruction)) carryOut(instruction);
      else this.#outbox.push(instruction);
    }
    this.#commitSoon(lab);
  }

  /** Steps an event and the sampler's answers to its asks. */
  #settle(lab: LabState, first: Event, out: Instruction[]): void {
    for (let event: Event | null = first; event !== null;) {
      this.events += 1;
      const instructions = step(lab, event);
      this.#parts.check?.(lab);
      event = null;
      for (const instruction of instructions) {
        out.push(instruction);
        if (instruction.do === 'askSampler')
          event = answerAsk(lab, instruction, this.#parts.world.now);
      }
    }
  }

  #write(writes: readonly Write[]): void {
    if (this.#parts.mortal) this.#writes.push(...writes);
  }

  /** Decisions made until the commit is done are released with it. */
  #commitSoon(lab: LabState): void {
    if (this.#commitUnderWay || this.#outbox.length === 0) return;
    this.#commitUnderWay = true;
    this.#parts.world.in(this.#parts.commitMs, () => {
      if (this.#lab !== lab) return;
      const [writes, out] = [this.#writes, this.#outbox];
      this.#writes = [];
      this.#outbox = [];
      this.#commitUnderWay = false;
      this.#record.commit(writes);
      for (const instruction of out) this.#parts.carryOut(instruction);
    });
  }

  #setClock(lab: LabState, at: number): void {
    this.#wakeAt = at;
    this.#parts.world.at(at, () => {
      if (this.#lab !== lab || this.#wakeAt !== at) return;
      this.#wakeAt = null;
      this.take({ type: 'clock', because: 'clock' });
    });
  }
}
