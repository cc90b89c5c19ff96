/**
 * Variables of an environment by name. Windows ignores the case of names: `Path` is `PATH` there.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the value of a variable; undefined: it is not set. */
export function variableOf(
  env: Environment,
  name: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform !== 'win32') return env[name];
  const upper = name.toUpperCase();
  return Object.entries(env).find(
    ([each, value]) => value !== undefined && each.toUpperCase() === upper,
  )?.[1];
}

/** Returns the variables that are set, and others, each in place of the one of its name. */
export function withVariables(
  own: Environment,
  added: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const variables = new Map<string, readonly [name: string, value: string]>();
  for (const [name, value] of [...Object.entries(own), ...Object.entries(added)])
    if (value !== undefined)
      variables.set(platform === 'win32' ? name.toUpperCase() : name, [name, value]);
  return Object.fromEntries(variables.values());
}
