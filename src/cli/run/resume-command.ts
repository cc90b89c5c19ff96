/** Command line that resumes an interrupted run. */

export interface ResumeOptions {
  /** Flags as given, by their names without dashes; `true` for flags without a value. */
  readonly flags: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Repeats the study and the flags that still apply; begins with `npx` if npm started the run. */
export function resumeCommand(named: string, { flags, env }: ResumeOptions): string {
  const words = [...programWords(env), 'run', named];
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || value === false || name === 'resume') continue;
    words.push(`--${name}`, ...(value === true ? [] : [String(value)]));
  }
  return [...words, '--resume'].map(quoted).join(' ');
}

/** Words with which the user started this program: npm runs the program of a clone. */
export function programWords(env: ResumeOptions['env']): readonly string[] {
  return [...(env['npm_execpath'] === undefined ? [] : ['npx']), 'galapagos'];
}

/** Quotes a word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w./:@%+=,\\-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
