/** Memory of the card that the executables of this process have taken. Allocates nothing itself. */
import { TrainingError } from '../../training-error.ts';

export class CardMemory {
  /** Memory of the card in bytes; null: unknown, so that only an allocation can tell. */
  readonly bytes: number | null;
  #taken = 0;

  constructor(bytes: number | null) {
    this.bytes = bytes;
  }

  get isFree(): boolean {
    return this.#taken === 0;
  }

  /**
   * @returns gives the bytes back, once
   * @throws TrainingError `out-of-memory` if the card has less than that
   */
  take(bytes: number): () => void {
    const left = (this.bytes ?? Infinity) - this.#taken;
    if (bytes > left) {
      const text = `${mib(bytes)} MiB are needed; the card has ${mib(left)} MiB left`;
      throw new TrainingError('out-of-memory', `webgpu: ${text}`);
    }
    this.#taken += bytes;
    let held = bytes;
    return () => {
      this.#taken -= held;
      held = 0;
    };
  }
}

export function mib(bytes: number): string {
  return String(Math.ceil(bytes / 2 ** 20));
}
