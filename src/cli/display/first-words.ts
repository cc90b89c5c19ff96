/** Number of lines, after which stack traces begin. */
const LINES = 3;

/** Returns the first lines of what a worker wrote before its end, as one line; empty: nothing. */
export function firstWords(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^#/, '').trim());
  return lines
    .filter((line) => line !== '')
    .slice(0, LINES)
    .join('; ');
}
