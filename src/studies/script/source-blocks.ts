/** Block headers of a Python source that enclose a position: `if`, `for`, `def` … Pure. */
import { literalOf } from './python-source.ts';

/** Line that opens a block, without its colon, and its position. */
export interface Header {
  readonly text: string;
  readonly line: number;
  readonly indent: number;
}

/** Headers of the blocks around a position, the innermost first. */
export function headersAround(source: string, at: number): Header[] {
  const lines = source.slice(0, at).split('\n');
  const own = source.slice(source.lastIndexOf('\n', at - 1) + 1);
  let indent = indentOf(own);
  const headers: Header[] = [];
  for (let line = lines.length - 2; line >= 0 && indent > 0; line--) {
    const text = lines[line] ?? '';
    if (text.trim() === '' || text.trim().startsWith('#') || indentOf(text) >= indent) continue;
    indent = indentOf(text);
    const header = /^\s*((?:if|elif|else|for|while|def|with|try|class)\b[^]*?):\s*(?:#.*)?$/.exec(
      text,
    );
    if (header !== null) headers.push({ text: (header[1] ?? '').trim(), line, indent });
  }
  return headers;
}

/** The `if` and `elif` headers of the same statement above an `else`. */
export function branchesAbove(source: string, { line, indent }: Header): string[] {
  const lines = source.split('\n');
  const branches: string[] = [];
  for (let at = line - 1; at >= 0; at--) {
    const text = lines[at] ?? '';
    if (text.trim() === '' || indentOf(text) > indent) continue;
    const branch = /^\s*(if|elif)\b\s*([^]*?):\s*(?:#.*)?$/.exec(text);
    if (indentOf(text) < indent || branch === null) break;
    branches.push(branch[2] ?? '');
    if (branch[1] === 'if') return branches;
  }
  return [];
}

/** The number that a text is, or that a constant of this name is set to; undefined: unknown. */
export function constantIn(source: string, text: string): number | undefined {
  const value = literalOf(text.trim());
  if (typeof value === 'number') return value;
  const assigned = codeOfConstant(source, text);
  const constant = assigned === undefined ? undefined : literalOf(assigned);
  return typeof constant === 'number' ? constant : undefined;
}

/** Value of a constant of the module, as source text on one line. */
export function codeOfConstant(source: string, name: string): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(name.trim())) return undefined;
  const line = new RegExp(`^${name.trim()}\\s*(?::[^=\\n]*)?=\\s*([^#\\n]+)`, 'm').exec(source);
  return line?.[1]?.trim();
}

/** Passes of the innermost `for … in range(N)` around a position; undefined: unknown. */
export function repetitionsAt(source: string, at: number): number | undefined {
  for (const { text } of headersAround(source, at)) {
    if (text.startsWith('def')) return undefined;
    const range = /^for\s+\w+\s+in\s+(?:tqdm\()?range\(\s*(?:0\s*,\s*)?([\w.]+)\s*\)/.exec(
      text,
    )?.[1];
    if (range !== undefined) return constantIn(source, range);
  }
  return undefined;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
