/** Wraps help at word ends. Commander wraps only its own lists, not text that a command adds. */
import { defined } from '../../core/at.ts';

/**
 * Breaks lines longer than `width` between words; continuation lines are indented as their line, by
 * two more in an example. Consecutive lines without indentation form one paragraph, wherever the
 * source breaks them.
 */
export function wrapped(text: string, width: number): string {
  return paragraphs(text)
    .flatMap((line) => pieces(line, width))
    .join('\n');
}

function paragraphs(text: string): string[] {
  const found: string[] = [];
  let open = false;
  for (const line of text.split('\n')) {
    const prose = /^\S/.test(line);
    if (prose && open) found.push(`${defined(found.pop())} ${line}`);
    else found.push(line);
    open = prose;
  }
  return found;
}

function pieces(line: string, width: number): string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  const further = indent === '' ? '' : `${indent}  `;
  const found: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    // A word longer than a line is not split.
    if (rest.slice(0, Math.max(0, at)).trim() === '') break;
    found.push(rest.slice(0, at).trimEnd());
    rest = `${further}${rest.slice(at).trimStart()}`;
  }
  return [...found, rest];
}
