/** Returns whether a name is a file path and not a built-in name. */
export function looksLikeFile(named: string): boolean {
  return /[/\\]/.test(named) || named.endsWith('.json');
}
