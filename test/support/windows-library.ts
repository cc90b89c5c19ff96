/** A library of Windows (PE, x64) without code: its function is that of another library. */

/** Address of the only section in memory, and its place in the file. */
const [ADDRESS, PLACE] = [0x1000, 0x200];

/**
 * @param name of the library
 * @param functionName that it exports
 * @param target library without ending and function, such as `advapi32.SystemFunction036`
 */
export function forwardingLibrary(name: string, functionName: string, target: string): Uint8Array {
  const file = Buffer.alloc(2 * PLACE);
  let at = PLACE + 52;
  const text = (value: string): number => {
    const address = ADDRESS + at - PLACE;
    at += file.write(`${value}\0`, at, 'latin1');
    return address;
  };
  const [library, exported, forwarded] = [text(name), text(functionName), text(target)];
  const size = at - PLACE;
  const fields = (from: number, values: readonly (readonly [bytes: number, value: number])[]) => {
    let place = from;
    for (const [bytes, value] of values) {
      if (bytes === 8) file.writeBigUInt64LE(BigInt(value), place);
      else file.writeUIntLE(value, place, bytes);
      place += bytes;
    }
  };
  const longs = (...values: readonly number[]) => values.map((value) => [4, value] as const);
  // Export directory, with tables of one address, one name and one ordinal.
  const tables = [ADDRESS + 40, ADDRESS + 44, ADDRESS + 48];
  fields(PLACE, longs(0, 0, 0, library, 1, 1, 1, ...tables, forwarded, exported, 0));
  file.write('MZ', 0, 'latin1');
  fields(0x3c, longs(0x80));
  file.write('PE', 0x80, 'latin1');
  // File header: x64, one section, a library.
  fields(0x84, [[2, 0x8664], [2, 1], ...longs(0, 0, 0), [2, 240], [2, 0x2022]]);
  // Optional header: PE32+, sizes and alignments, version 6.
  fields(0x98, [
    ...([[2, 0x20b], [2, 14], ...longs(0, PLACE, 0, 0, ADDRESS)] as const),
    ...([[8, 0x1_8000_0000], ...longs(0x1000, 0x200), [2, 6], [2, 0], [2, 0], [2, 0]] as const),
    ...([[2, 6], [2, 0], ...longs(0, 2 * ADDRESS, PLACE, 0), [2, 3], [2, 0x160]] as const),
    ...([[8, 0x10_0000], [8, 0x1000], [8, 0x10_0000], [8, 0x1000], ...longs(0, 16)] as const),
    ...longs(ADDRESS, size),
  ]);
  // Section header, after 16 directories of which the first is used.
  const section = 0x98 + 240;
  file.write('.edata', section, 'latin1');
  fields(section + 8, longs(PLACE, ADDRESS, PLACE, PLACE, 0, 0, 0, 0x4000_0040));
  return file;
}
