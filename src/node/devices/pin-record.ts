/** Remembers in the user folder how cards of one model are told apart on this machine. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { TwinPin } from './choose-pin.ts';

const FORMAT = 'galapagos-pin/1';

const record = z.strictObject({
  format: z.literal(FORMAT),
  key: z.string(),
  way: z.enum(['layer', 'hidden']).nullable(),
  failed: z.array(z.string()),
});

export class PinRecord {
  readonly #folder: string;

  /** @param folder created with the first entry */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Returns null where nothing is remembered, or the file is damaged or of another format: the ways
   * are then tried again.
   * @param key everything that the answer depends on
   */
  async find(key: string): Promise<TwinPin | null> {
    try {
      const found = record.parse(JSON.parse(await readFile(this.#file(key), 'utf8')));
      return found.key === key ? { way: found.way, failed: found.failed } : null;
    } catch {
      return null;
    }
  }

  /** Writes atomically; failures to write are ignored because the ways can be tried again. */
  async store(key: string, { way, failed }: TwinPin): Promise<void> {
    const temporary = `${this.#file(key)}.${randomUUID()}`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const text = JSON.stringify({ format: FORMAT, key, way, failed }, null, 2);
      await writeFile(temporary, `${text}\n`);
      await rename(temporary, this.#file(key));
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  #file(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.json`);
  }
}
