/**
 * Wraps help at word ends. Commander wraps its own lists only, not the text that a command adds.
 */

/**
 * Breaks lines longer than `width` between words; what follows is indented as its line, by two more
 * in an example. Lines without indentation that follow one another are one paragraph, wherever the
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
    if (prose && open) found.push(`${found.pop() ?? ''} ${line}`);
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
    // One word that is longer than a line stays whole.
    if (rest.slice(0, Math.max(0, at)).trim() === '') break;
    found.push(rest.slice(0, at).trimEnd());
    rest = `${further}${rest.slice(at).trimStart()}`;
  }
  return [...found, rest];
}
