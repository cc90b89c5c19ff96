/** Code for `python -c`. */

/** Returns code without line breaks, which an interpreter that is a batch file cannot be given. */
export function onOneLine(code: string): string {
  // A string of JSON is one of Python where it is ASCII.
  return `exec(${JSON.stringify(code)})`;
}
