/**
 * Names of a code snapshot's entries that a file of Windows cannot have, or that would be two names
 * of one file there. Snapshots of other systems may have them.
 */
import type { SnapshotEntry } from '../../../protocol/code-snapshot.ts';

/** Names of devices, with any ending. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\.|$)/i;
/** Characters that are not part of a name; ":" begins a stream of a file, "\" a folder. */
// eslint-disable-next-line no-control-regex -- they are characters that Windows refuses
const REFUSED = /[\u0000-\u001f<>:"\\|?*]/;

/** Returns phrases such as `aux.py (the name of a device)`, in the order of the entries. */
export function namesRefusedByWindows(entries: readonly SnapshotEntry[]): readonly string[] {
  const known = new Map<string, string>();
  return entries.flatMap(({ path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const key = path.toUpperCase();
    const other = known.get(key);
    known.set(key, path);
    const why = other === undefined ? reasonFor(name) : `${other} differs by case only`;
    return why === null ? [] : [`${path} (${why})`];
  });
}

function reasonFor(name: string): string | null {
  const refused = REFUSED.exec(name)?.[0];
  if (refused !== undefined) return `the character ${JSON.stringify(refused)}`;
  if (/[. ]$/.test(name)) return `${name.endsWith('.') ? 'a dot' : 'a space'} at the end`;
  return DEVICE.test(name) ? 'the name of a device' : null;
}
