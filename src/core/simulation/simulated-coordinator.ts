/**
 * The shell around the scheduler, in virtual time: it hands events to `step`, commits what it wrote
 * after a while, many steps at once, and lets out what others can notice only then. Killed, it
 * forgets everything but the record.
 */
import { answerAsk, createLab, passesBeforeCommit, step } from '../scheduling/index.ts';
import type { Event, Instruction, LabOptions, LabState, Write } from '../scheduling/index.ts';
import { LabRecord } from './lab-record.ts';
import type { World } from './world.ts';

type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;
export type Happening = Untimed<Event>;

/** What leaves the coordinator, for the world to carry out. */
export type Outgoing = Exclude<Instruction, { do: 'persist' | 'askSampler' | 'wakeAt' }>;

export interface CoordinatorParts {
  readonly world: World;
  readonly options: Partial<LabOptions>;
  readonly commitMs: number;
  /** Whether it will be killed, so that what it writes must be kept. */
  readonly mortal: boolean;
  readonly carryOut: (instruction: Outgoing) => void;
  /** Does the scheduler's work; a bench takes the time. */
  readonly measure: (work: () => void) => void;
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

  /** A new process on the record: what the one before had not committed never was. */
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

  /** Nobody listens while it is down. */
  take(happening: Happening): void {
    const lab = this.#lab;
    if (lab === null) return;
    const { carryOut, measure, world } = this.#parts;
    // Its own at every arrival: a message said once may arrive twice. A copy of each would cost
    // more than the step.
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

  /** An event and the sampler's answers to what it asks. */
  #settle(lab: LabState, first: Event, out: Instruction[]): void {
    for (let event: Event | null = first; event !== null;) {
      this.events += 1;
      const instructions = step(lab, event);
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

  /** What is decided until the commit is done goes out with it. */
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
