/** Whether a name stands for a file rather than something that comes with Galapagos. */
export function looksLikeFile(named: string): boolean {
  return /[/\\]/.test(named) || named.endsWith('.json');
}
