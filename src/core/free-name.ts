/** Names of studies and datasets that are not taken yet, so that nothing is overwritten. */

/** The name itself, else `name-2`, `name-3` … */
export function freeName(taken: ReadonlySet<string>, name: string): string {
  if (!taken.has(name)) return name;
  let n = 2;
  while (taken.has(`${name}-${n}`)) n += 1;
  return `${name}-${n}`;
}

/** Explanation that a study name is taken, with a free one. */
export function takenText(name: string, free: string): string {
  return `the lab holds a study named ${JSON.stringify(name)} already; ${JSON.stringify(free)} is free`;
}
