/**
 * Executables that are kept between cohorts, because compiling takes time. Those that a group of
 * lanes trains with are in use; the others are disposed when memory is needed for another one.
 */
import type { Executable } from '../executors/executor.ts';

export class Executables {
  readonly #kept = new Map<string, Executable>();
  readonly #used = new Set<string>();

  /**
   * Returns an executable for at least so many lanes, which is in use from then on.
   * @param key what it computes: executor, plan and dataset
   * @throws TrainingError as `compile` and `loadDataset`
   */
  async take(
    key: string,
    lanes: number,
    compile: () => Promise<Executable>,
    load: (executable: Executable) => Promise<void>,
  ): Promise<Executable> {
    if (this.#used.has(key)) throw new Error('two groups of lanes need one executable');
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.lanes >= lanes) {
      this.#used.add(key);
      return kept;
    }
    await this.discard();
    const executable = await compile();
    try {
      await load(executable);
    } catch (error) {
      await executable.dispose();
      throw error;
    }
    this.#kept.set(key, executable);
    this.#used.add(key);
    return executable;
  }

  isUsed(key: string): boolean {
    return this.#used.has(key);
  }

  release(key: string): void {
    this.#used.delete(key);
  }

  /** Disposes all executables that are not in use. */
  async discard(): Promise<void> {
    const free = [...this.#kept].filter(([key]) => !this.#used.has(key));
    for (const [key] of free) this.#kept.delete(key);
    for (const [, executable] of free) await executable.dispose();
  }

  /** Disposes all executables. */
  async clear(): Promise<void> {
    this.#used.clear();
    await this.discard();
  }
}
