/** Remembers in the user folder how cards of one model are told apart on this machine. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeCache } from '../../runtime/write-cache.ts';
import type { TwinPin } from './choose-pin.ts';
import { PIN_WAYS } from './pin-ways.ts';

const FORMAT = 'galapagos-pin/1';

const record = z.strictObject({
  format: z.literal(FORMAT),
  key: z.string(),
  way: z.enum(PIN_WAYS).nullable(),
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

  /** Failures to write are ignored because the ways can be tried again. */
  store(key: string, { way, failed }: TwinPin): Promise<void> {
    return writeCache(this.#file(key), { format: FORMAT, key, way, failed });
  }

  #file(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.json`);
  }
}
