/**
 * A limit as it is written in a field. Pure.
 * @returns null: none was written; undefined: it is no such number
 */
export function parseLimit(written: string, kind: 'whole' | 'positive' | 'any'): number | null | undefined {
  const trimmed = written.trim().replace(/,(?=\d{3}\b)/g, '');
  if (trimmed === '') return null;
  const number = Number(trimmed);
  if (!Number.isFinite(number)) return undefined;
  if (kind === 'any') return number;
  if (number <= 0 || (kind === 'whole' && !Number.isInteger(number))) return undefined;
  return number;
}
