/**
 * The shell around the scheduler, in virtual time: it hands events to `step`, commits what it wrote after a while, many
 * steps at once, and lets out what others can notice only then. Killed, it forgets everything but the record.
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
    // A spread of a discriminated union loses which member it was; `Happening` guarantees it.
    const inbox = [{ ...happening, at: this.#parts.world.now } as Event];
    for (const event of inbox) {
      this.events += 1;
      for (const instruction of step(lab, event)) {
        if (instruction.do === 'persist') this.#write(instruction.writes);
        else if (instruction.do === 'askSampler') inbox.push(answerAsk(lab, instruction, this.#parts.world.now));
        else if (instruction.do === 'wakeAt') this.#setClock(lab, instruction.at);
        else if (passesBeforeCommit(instruction)) this.#parts.carryOut(instruction);
        else this.#outbox.push(instruction);
      }
    }
    this.#commitSoon(lab);
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
