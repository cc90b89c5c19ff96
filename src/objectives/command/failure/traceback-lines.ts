/** Lines that Python prints around the exceptions of a traceback. */

/**
 * `Original`: of a process that loads data for PyTorch, after the traceback of the one that waits.
 */
export const BEGINNING =
  /^\s*(\+ )?Exception Group Traceback|^(Original )?Traceback \(most recent call last\):/;

export const FRAME = /^\s+File "(.+)", line (\d+)(?:, in (.+))?$/;

/** Stands before the lines of an exception group. */
const GROUP_MARGIN = /^ {2,}\| ?/;

/** Splits an output into lines, without the margins of exception groups. */
export function linesOf(output: string): string[] {
  return output.split(/\r?\n/).map((line) => line.replace(GROUP_MARGIN, ''));
}
