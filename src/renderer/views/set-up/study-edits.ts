/**
 * Edits of a study that is being set up, as functions from one study to the next. Pure. The study
 * is JSON and may be invalid at any moment; the host checks it (`checkStudy`).
 */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

export type Study = JsonObject;

export function at(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): Json | undefined {
  let here = value;
  for (const part of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Array.isArray(here)
      ? (here as readonly Json[])[Number(part)]
      : (here as JsonObject)[part];
  }
  return here;
}

/** Sets the value at a path, creating objects on the way; undefined removes the field. */
export function put(study: Study, path: readonly string[], value: Json | undefined): Study {
  const [name, ...rest] = path;
  if (name === undefined) return study;
  const next = { ...study };
  if (rest.length > 0) next[name] = put(objectOf(study[name]), rest, value);
  else if (value === undefined) return without(study, name);
  else next[name] = value;
  return next;
}

export function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

/**
 * Returns whether two values are equal as JSON, whatever the order of their fields; absent fields
 * equal undefined ones.
 */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) =>
    sameJson(at(a, name), at(b, name)),
  );
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/**
 * Parses the text of a number field: undefined when empty; text that is not a number is kept, so
 * that the host reports it.
 */
export function numberTyped(text: string): Json | undefined {
  const trimmed = text.trim().replaceAll('−', '-');
  if (trimmed === '') return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

/** Parses `32, 64, adam, true` into values. */
export function choicesTyped(text: string): Json[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const word: Readonly<Record<string, Json>> = { true: true, false: false, null: null };
      if (Object.hasOwn(word, part)) return word[part] ?? null;
      const number = Number(part.replaceAll('−', '-'));
      return Number.isFinite(number) ? number : part.replace(/^"(.*)"$/, '$1');
    });
}

export function choicesText(choices: Json | undefined): string {
  return listOf(choices)
    .map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice)))
    .join(', ');
}

/** Names of the parameters that a part of a study refers to. */
export function paramsIn(value: Json | undefined): readonly string[] {
  const found = new Set<string>();
  visit(value, (name) => found.add(name));
  return [...found];
}

function visit(value: Json | undefined, found: (name: string) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value as readonly Json[]) visit(each, found);
    return;
  }
  for (const [name, each] of Object.entries(value)) {
    if (name === '$param' && typeof each === 'string') found(each);
    else if (name === 'when') for (const parent of Object.keys(objectOf(each))) found(parent);
    else visit(each, found);
  }
}

/** Replaces every `{"$param": name}` by a value. */
export function replaceParam(value: Json, name: string, by: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return (value as readonly Json[]).map((each) => replaceParam(each, name, by));
  const object = value as JsonObject;
  if (object['$param'] === name) {
    return typeof by === 'object' && by !== null && '$param' in by ? { ...object, ...by } : by;
  }
  const entries = Object.entries(object).map(
    ([key, each]) => [key, each === undefined ? undefined : replaceParam(each, name, by)] as const,
  );
  return Object.fromEntries(entries);
}

export function renameParameter(study: Study, name: string, to: string): Study {
  const space = objectOf(study['searchSpace']);
  if (to === '' || to === name || to in space) return study;
  const renamed = Object.fromEntries(
    Object.entries(space).map(([each, distribution]) => {
      const when = objectOf(at(distribution, 'when'));
      const moved =
        name in when
          ? put(
              objectOf(distribution),
              ['when'],
              Object.fromEntries(
                Object.entries(when).map(([parent, values]) => [
                  parent === name ? to : parent,
                  values,
                ]),
              ),
            )
          : distribution;
      return [each === name ? to : each, moved];
    }),
  );
  return {
    ...study,
    searchSpace: renamed,
    objective: replaceParam(study['objective'] ?? null, name, { $param: to }),
  };
}

export function removeParameter(study: Study, name: string): Study {
  const kept = Object.entries(objectOf(study['searchSpace'])).filter(([each]) => each !== name);
  return {
    ...study,
    searchSpace: Object.fromEntries(
      kept.map(([each, distribution]) => [each, withoutParent(distribution, name)]),
    ),
  };
}

/** Sets a parameter to one value everywhere and removes it from the search space. */
export function fixParameter(study: Study, name: string, value: Json): Study {
  return {
    ...removeParameter(study, name),
    objective: replaceParam(study['objective'] ?? null, name, value),
  };
}

/** Middle of a distribution. */
export function middleOf(distribution: Json | undefined): Json {
  const { type, low, high, log, choices } = objectOf(distribution);
  if (type === 'categorical') return listOf(choices)[0] ?? null;
  if (typeof low !== 'number' || typeof high !== 'number') return 0;
  const middle = log === true && low > 0 ? Math.sqrt(low * high) : (low + high) / 2;
  return type === 'int' ? Math.round(middle) : Number(middle.toPrecision(3));
}

/** Default distribution of a parameter of this name when it is added to the search space. */
export const usual: Readonly<Record<string, JsonObject>> = {
  dropout: { type: 'float', low: 0, high: 0.5 },
  units: { type: 'int', low: 32, high: 512, log: true },
  filters: { type: 'int', low: 8, high: 64, log: true },
  width: { type: 'int', low: 8, high: 64, log: true },
  depth: { type: 'int', low: 1, high: 4 },
  learningRate: { type: 'float', low: 0.001, high: 1, log: true },
  momentum: { type: 'float', low: 0, high: 0.99 },
  weightDecay: { type: 'float', low: 1e-6, high: 0.01, log: true },
  batch: { type: 'categorical', choices: [32, 64, 128] },
};

/**
 * The study with another network, described in full; adds the parameters that it needs and removes
 * unused ones.
 * @param usualSpace distributions of the network's parameters, for those that the study lacks
 */
export function withNetwork(study: Study, network: JsonObject, usualSpace: JsonObject = {}): Study {
  const next = withObjective(study, { ...objectOf(study['objective']), network }, usualSpace);
  const space = objectOf(next['searchSpace']);
  const used = new Set(paramsIn(next['objective']));
  // Parents in conditions of used parameters are used; the iteration includes names added during
  // the loop.
  for (const name of used)
    for (const parent of Object.keys(objectOf(at(space[name], 'when')))) used.add(parent);
  return {
    ...next,
    searchSpace: Object.fromEntries(Object.entries(space).filter(([name]) => used.has(name))),
  };
}

/**
 * The study with another objective; adds the parameters that it needs and removes those that only
 * the old one used.
 */
export function withObjective(
  study: Study,
  objective: JsonObject,
  usualSpace: JsonObject = {},
): Study {
  const used = ({ network, settings }: JsonObject): readonly string[] => [
    ...paramsIn(network),
    ...paramsIn(settings),
  ];
  const wanted = new Set(used(objective));
  const gone = used(objectOf(study['objective'])).filter((name) => !wanted.has(name));
  const space = objectOf(gone.reduce(removeParameter, study)['searchSpace']);
  const added = [...wanted]
    .filter((name) => !(name in space))
    .map(
      (name) =>
        [name, usualSpace[name] ?? usual[name] ?? { type: 'float', low: 0, high: 1 }] as const,
    );
  return { ...study, objective, searchSpace: { ...space, ...Object.fromEntries(added) } };
}

/** Changes the kind of a distribution and keeps as much of the range as possible. */
export function withKind(distribution: Json | undefined, type: string): JsonObject {
  const { low, high, log, choices, when } = objectOf(distribution);
  const kept = when === undefined ? {} : { when };
  if (type === 'categorical')
    return {
      type,
      choices: listOf(choices).length > 0 ? listOf(choices) : [low ?? 0, high ?? 1],
      ...kept,
    };
  const numbers = listOf(choices).filter((choice) => typeof choice === 'number');
  const [from, to] = [
    low ?? Math.min(...(numbers.length > 0 ? numbers : [1])),
    high ?? Math.max(...(numbers.length > 0 ? numbers : [10])),
  ];
  const whole = (value: Json): Json =>
    type === 'int' && typeof value === 'number'
      ? Math.max(log === true ? 1 : -Infinity, Math.round(value))
      : value;
  return { type, low: whole(from), high: whole(to), ...(log === true ? { log } : {}), ...kept };
}

function withoutParent(distribution: Json | undefined, name: string): Json | undefined {
  const when = objectOf(at(distribution, 'when'));
  if (!(name in when)) return distribution;
  const left = without(when, name);
  return put(objectOf(distribution), ['when'], Object.keys(left).length === 0 ? undefined : left);
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([each]) => each !== name));
}
