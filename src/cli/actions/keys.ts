/** Carries out `galapagos keys`. */
import { join } from 'node:path';
import { FORMER_KEY_MS, readIdentity, rotateIdentity } from '../../node/keys/identity.ts';
import type { Identity } from '../../node/keys/identity.ts';
import { fingerprintOf, hostIdOf } from '../../node/keys/key-pair.ts';
import type { KeysOutput } from '../../protocol/cli-output-lab.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { lanFolder } from './lan-folder.ts';

export function showKeys(context: Context, json: boolean): void {
  const folder = lanFolder(context);
  printKeys(context, folder.path, readIdentity(folder), json);
}

export function rotateKeys(context: Context, json: boolean): void {
  const folder = lanFolder(context);
  printKeys(context, folder.path, rotateIdentity(folder), json);
}

function printKeys(
  context: Context,
  folder: string,
  { key, created, former }: Identity,
  json: boolean,
): void {
  const output: KeysOutput = {
    file: join(folder, 'identity.json'),
    key: key.toString('hex'),
    fingerprint: fingerprintOf(key),
    host: hostIdOf(key),
    created,
    former: former.map((pair) => ({ key: pair.key.toString('hex'), retired: pair.retired })),
  };
  if (json) {
    printJson(context, output);
    return;
  }
  print(context, [
    `fingerprint  ${output.fingerprint}`,
    `public key   ${output.key}`,
    `created      ${dayOf(created)}`,
    `stored in    ${output.file}`,
    ...output.former.map(
      ({ key: old, retired }) =>
        `former key   ${old}, counts until ${dayOf(retired, FORMER_KEY_MS)}`,
    ),
  ]);
}

/** UTC date of an instant, `later` milliseconds after it. */
function dayOf(instant: string, later = 0): string {
  return new Date(Date.parse(instant) + later).toISOString().slice(0, 10);
}
