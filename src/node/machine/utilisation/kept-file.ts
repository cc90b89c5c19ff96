/**
 * A small kernel file (`/proc`, `/sys`) that is opened once and read repeatedly: one trip to the
 * thread pool for each reading instead of four. One reading at a time.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Unknown } from './figure.ts';
import type { Figure } from './figure.ts';

export class KeptFile {
  readonly path: string;
  readonly #buffer: Buffer;
  #handle: FileHandle | null = null;
  #closed = false;

  /** @param mostBytes greatest number of bytes read */
  constructor(path: string, mostBytes = 1024) {
    this.path = path;
    this.#buffer = Buffer.alloc(mostBytes);
  }

  /** @throws the system's error; the next reading then opens the file again */
  async read(): Promise<string> {
    try {
      this.#handle ??= await open(this.path, 'r');
      const { bytesRead } = await this.#handle.read(this.#buffer, 0, this.#buffer.length, 0);
      return this.#buffer.toString('latin1', 0, bytesRead);
    } catch (error) {
      await this.#release();
      throw error;
    } finally {
      if (this.#closed) await this.#release();
    }
  }

  /** Reads a whole number and multiplies it by `unit`. */
  async number(unit = 1): Promise<Figure> {
    try {
      const text = (await this.read()).trim();
      return /^-?\d+$/.test(text)
        ? Number(text) * unit
        : new Unknown(`${this.path}: expected a number, found ${JSON.stringify(text)}`);
    } catch (error) {
      return new Unknown(reasonOf(error, this.path));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#release();
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    // Closing the file of a removed device fails too.
    await handle?.close().catch(() => undefined);
  }
}

export function reasonOf(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return code === 'ENOENT' ? `the driver has no ${path}` : `${path} cannot be read (${code})`;
}
