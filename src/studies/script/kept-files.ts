/**
 * Has a trial's program write its files to the folder that is kept: through options of the script
 * that name a place, or by a sentence where there are none.
 */
import { posix, win32 } from 'node:path';
import { callsIn } from './python-source.ts';
import type { HelpText, ScriptOption } from './help-text.ts';

const FOLDER = '{checkpointDir}';

/** Calls that write a file. */
const WRITES =
  /^(torch\.save|np\.savez?(_\w+)?|numpy\.savez?(_\w+)?|joblib\.dump|pickle\.dump|(\w+\.)+(save_pretrained|save_model|save_weights|to_csv|to_parquet|savefig)|\w*model\w*\.save|(\w+\.)*(SummaryWriter|ModelCheckpoint))$/;
/** Calls that a sentence names. */
const NAMED = 3;

/** Arguments that name places in the folder that is kept. */
export function keptArguments(style: HelpText['style'], places: readonly ScriptOption[]): string[] {
  return places.flatMap((option) => {
    const place = keptPlace(option, places.length > 1);
    return style === 'hydra' ? [`${option.flag}=${place}`] : [option.flag, place];
  });
}

/** Place in the folder that is kept. @param isOneOfSeveral of the places that a script names */
export function keptPlace(
  { name, default: stated }: Pick<ScriptOption, 'name' | 'default'>,
  isOneOfSeveral: boolean,
): string {
  const file = typeof stated === 'string' && posix.extname(stated) !== '' ? baseOf(stated) : null;
  // Several places must not be one: a folder may be emptied by its writer.
  const inside = file ?? (isOneOfSeveral ? name : null);
  return inside === null ? FOLDER : `${FOLDER}/${inside}`;
}

/** Sentences on what a trial writes. @param places options that name places for it */
export function keptNotes(source: string, places: readonly ScriptOption[]): string[] {
  if (places.length > 0) {
    const names = places.map(({ name }) => name).join(', ');
    return [
      `what the best trial writes to ${names} is kept; objective.keep in the file changes that`,
    ];
  }
  if (/checkpoint_dir\s*\(|GALAPAGOS_CHECKPOINT_DIR/.test(source)) return [];
  const calls = [...new Set(callsIn(source, WRITES).map(({ name }) => name))].slice(0, NAMED);
  if (calls.length === 0) return [];
  return [
    `the script writes files (${calls.join(', ')}): to keep those of the best trial, write them to the folder that the environment variable GALAPAGOS_CHECKPOINT_DIR names, or pass {checkpointDir} to the script`,
  ];
}

function baseOf(path: string): string {
  return win32.basename(path).replaceAll(/[{}]/g, '$&$&');
}
