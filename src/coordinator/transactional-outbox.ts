/**
 * Write-ahead ordering: externally visible instructions leave first in, first out, and only after
 * the commit of every write decided before them or in the same step. Orders; neither commits nor
 * sends.
 */
import type { Instruction, Write } from '../core/scheduling/index.ts';
import { passesBeforeCommit } from '../core/scheduling/index.ts';

export class TransactionalOutbox {
  /** Writes of steps that are not yet committed, one entry for each step. */
  #steps: (readonly Write[])[] = [];
  #writes = 0;
  #waiting: Instruction[] = [];
  /** Number of instructions in `#waiting` that may leave. */
  #open = 0;
  #releasing = false;
  readonly #carryOut: (instruction: Instruction) => Promise<void> | undefined;

  /** @param carryOut carries out one instruction; a promise holds back those behind it */
  constructor(carryOut: (instruction: Instruction) => Promise<void> | undefined) {
    this.#carryOut = carryOut;
  }

  /**
   * Takes one step's instructions. Instructions without externally visible effects are carried out
   * at once.
   */
  add(instructions: readonly Instruction[]): void {
    for (const instruction of instructions) {
      if (instruction.do === 'persist') {
        this.#steps.push(instruction.writes);
        this.#writes += instruction.writes.length;
      } else if (passesBeforeCommit(instruction)) {
        void this.#carryOut(instruction);
      } else {
        this.#waiting.push(instruction);
      }
    }
  }

  get uncommitted(): readonly (readonly Write[])[] {
    return this.#steps;
  }

  get uncommittedWrites(): number {
    return this.#writes;
  }

  /**
   * Marks everything taken so far as durable: it may leave, except the instructions that
   * `withdrawn` selects.
   */
  committed(withdrawn?: (instruction: Instruction) => boolean): void {
    this.#steps = [];
    this.#writes = 0;
    if (withdrawn !== undefined) {
      const kept = this.#waiting.slice(this.#open).filter((instruction) => !withdrawn(instruction));
      this.#waiting = [...this.#waiting.slice(0, this.#open), ...kept];
    }
    this.#open = this.#waiting.length;
  }

  /** Carries out the instructions that may leave. */
  release(): void {
    if (!this.#releasing) void this.#releaseInOrder();
  }

  async #releaseInOrder(): Promise<void> {
    this.#releasing = true;
    while (this.#open > 0) {
      const batch = this.#waiting.splice(0, this.#open);
      this.#open = 0;
      for (const instruction of batch) {
        const held = this.#carryOut(instruction);
        if (held !== undefined) await held;
      }
    }
    this.#releasing = false;
  }
}
