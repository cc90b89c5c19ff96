/** Outputs of the commands that courtesy asks, from `test/fixtures/courtesy`. */
import { readFileSync } from 'node:fs';

export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/courtesy/${name}`, import.meta.url), 'utf8');
}
