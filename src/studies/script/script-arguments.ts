/** Reads the arguments that a user gives a script after `--`. Pure. */

/** Value of an option, as `--lr 0.1`, `--lr=0.1` or Hydra's `lr=0.1`; undefined: not given. */
export function givenValue(args: readonly string[], flag: string): string | undefined {
  const at = args.lastIndexOf(flag);
  const after = at < 0 || !flag.startsWith('-') ? undefined : args[at + 1];
  if (after !== undefined) return after;
  return args.findLast((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
}
