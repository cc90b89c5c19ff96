/**
 * Parses a limit from a field, also as a percentage (`95 %` is 0.95). Pure.
 * @returns null for an empty field; undefined when the text is no such number
 */
export function parseLimit(
  written: string,
  kind: 'whole' | 'positive' | 'any',
): number | null | undefined {
  const trimmed = written.trim().replace(/,(?=\d{3}\b)/g, '');
  if (trimmed === '') return null;
  const number = trimmed.endsWith('%')
    ? Number(trimmed.slice(0, -1).trim() || NaN) / 100
    : Number(trimmed);
  if (!Number.isFinite(number)) return undefined;
  if (kind === 'any') return number;
  if (number <= 0 || (kind === 'whole' && !Number.isInteger(number))) return undefined;
  return number;
}
