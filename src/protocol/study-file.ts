/**
 * The study file: objective, search space, sampler and limits, as users write it and as presets are
 * stored. Reports every problem of a file at once: its shape here, the relations between its values
 * by core's checks.
 */
import { z } from 'zod';
import { InvalidInput } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { pruners } from '../core/pruners/create-pruner.ts';
import { checkSampler, presentName, samplerNames } from '../core/samplers/create-sampler.ts';
import { trainsInParts } from '../core/samplers/in-parts.ts';
import { checkSearchSpace } from '../core/search-space/check.ts';
import type { SearchSpace } from '../core/search-space/distribution.ts';
import { isStudyNote, LONGEST_NOTE } from '../core/study/description.ts';
import { deviceId } from '../core/device.ts';
import { packings } from '../core/study/study-spec.ts';
import type { Limits, StudySpec } from '../core/study/study-spec.ts';
import { parseJson } from './json-text.ts';
import { objective } from './objective.ts';
import { prunerOf, prunerProblems } from './pruning.ts';
import { check, integer, strict } from './problems.ts';
import { checkListed, checkStudy } from './study-checks.ts';
import { distribution, searchSpace } from './search-space.ts';
import { partProblems, withParts } from './training-parts.ts';

export const studyName = z
  .string()
  .regex(/^(?!\s)[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]{1,512}(?<!\s)$/u, {
    error: 'a name of 1 to 512 characters, without control characters, no space at its ends',
  });

/** A note on a study: plain text of several lines. */
export const studyNote = z.string().refine(isStudyNote, {
  error: `a note of at most ${LONGEST_NOTE} characters, without control or reordering characters`,
});

export const direction = z.enum(['minimize', 'maximize']);

/** 0 … 2⁵³ − 1. */
export const seed = integer(0);

export const sampler = z
  .looseObject({
    name: z.string().meta({
      enum: samplerNames.map(({ name }) => name),
      description: samplerNames.map(({ name, pick }) => `${name}: ${pick}`).join('\n'),
    }),
  })
  .overwrite((spec) => ({ ...spec, name: presentName(spec.name) }))
  .describe('How points are proposed, with the settings of that sampler.');

export const pruner = z.looseObject({
  name: z.string().meta({
    enum: pruners.map(({ name }) => name),
    description: pruners.map(({ name, pick }) => `${name}: ${pick}`).join('\n'),
  }),
});

export const packing = z.enum(packings);

export const devices = z
  .array(
    z
      .string()
      .overwrite(deviceId)
      .regex(/^(cpu|gpu(\/\d+)?)$/, { error: 'cpu, gpu for every GPU, or one GPU such as gpu/0' }),
  )
  .min(1, { error: 'at least one device' });

export const objectives = z
  .array(
    strict({
      metric: z.string().min(1).describe('Metric that trials of the objective return.'),
      direction: direction.describe('Whether small or large values are good.'),
    }),
  )
  .min(1, { error: 'at least one objective' })
  .max(8, { error: 'at most 8 objectives' });

export const constraints = z.record(
  z.string().min(1),
  strict({ 'at most': z.number().exactOptional(), 'at least': z.number().exactOptional() }).refine(
    (bounds) => Object.keys(bounds).length > 0,
    { error: '"at most", "at least" or both' },
  ),
);

/** One in this many ended trials is evaluated again on another node. */
export const audit = integer(1);

export const stopRules = strict({
  trials: integer(1).describe('After this many trials.').optional(),
  minutes: z.number().positive().describe('After this many minutes of running.').optional(),
  target: z.number().describe('As soon as a trial is this good.').optional(),
});

export const studyFile = strict({
  $schema: z.string().optional(),
  format: z.literal('galapagos-study/1'),
  name: studyName.describe('The name under which the lab file keeps the study.'),
  objective,
  direction: direction.describe(
    'Whether small or large values are good. Not needed beside "objectives".',
  ),
  objectives: objectives
    .exactOptional()
    .describe(
      "Metrics by which trials are compared, of which the first is a trial's value; absent: the objective's value alone.",
    ),
  constraints: constraints
    .exactOptional()
    .describe('Bounds of metrics, such as {"weights": {"at most": 100000}}; beside "objectives".'),
  searchSpace,
  sampler: sampler
    .default({ name: 'auto' })
    .describe('How points are proposed, with the settings of that sampler. Default auto.'),
  pruner: pruner
    .nullish()
    .describe(
      'Which running trials are stopped early, judged by their reports, with the settings of that pruner. Default auto.',
    ),
  stop: stopRules.describe(
    'Whichever comes first ends the study; without any it runs until it is stopped.',
  ),
  seed: seed.describe('Every random draw follows from it.'),
  packing: packing
    .optional()
    .describe(
      'On GPUs: "fewer-evaluations" (default) trains at most an eighth of the trials together, or eight, so that each is proposed from more results; "sooner" as many as fill the GPU.',
    ),
  devices: devices
    .optional()
    .describe(
      'Devices that run the trials: "cpu", "gpu" for every GPU, "gpu/0" for one; absent: all.',
    ),
  audit: audit
    .optional()
    .describe(
      'With other machines: one in this many ended trials is evaluated again on another machine, which shows wrong values; absent: none.',
    ),
}).meta({
  title: 'Galapagos study',
  // `parseStudy` takes the direction of the first of several objectives.
  required: ['format', 'name', 'objective', 'searchSpace', 'stop', 'seed'],
  anyOf: [{ required: ['direction'] }, { required: ['objectives'] }],
});

export type StudyFile = z.output<typeof studyFile>;

/** A metric that the study file names, with its path in the file. */
export interface NamedMetric {
  readonly path: string;
  readonly metric: string;
}

/**
 * Check that a higher layer provides: problems of the objective against the search space, and of
 * metrics that its trials do not return. `inParts`: parameters change while a trial trains.
 */
export type ObjectiveCheck = (
  objective: StudyFile['objective'],
  space: SearchSpace,
  metrics: readonly NamedMetric[],
  inParts: boolean,
) => readonly Problem[];

/**
 * @param text the file's content
 * @throws InvalidInput as `parseStudy`, and for syntax (line, column)
 */
export function parseStudyFile(
  text: string,
  source: string,
  checkObjective?: ObjectiveCheck,
): StudyFile {
  return parseStudy(parseJson(text, source), source, checkObjective);
}

/**
 * @param value parsed JSON of the file
 * @param source its path or name, for errors
 * @param checkObjective adds the checks of the objective's own layer
 * @throws InvalidInput with all problems of shape and relations
 */
export function parseStudy(
  value: unknown,
  source: string,
  checkObjective?: ObjectiveCheck,
): StudyFile {
  const file = check(writtenStudyFile, value);
  const problems = file.ok
    ? meaningProblems(file.value, checkObjective)
    : [...file.problems, ...partialProblems(value, checkObjective)];
  if (!file.ok || problems.length > 0) throw new InvalidInput(source, problems);
  return file.value;
}

/** Returns the problems in the relations between values of a study whose shape is valid. */
export function meaningProblems(file: StudyFile, checkObjective?: ObjectiveCheck): Problem[] {
  const problems = [
    ...checkStudy(file.searchSpace, file.sampler, file.direction, file.stop.trials),
    ...checkListed(file),
    ...prunerProblems(prunerOf(file), file.objective, file.sampler.name, file.objectives),
    ...partProblems(file.sampler, file.objective),
  ];
  // The objective is checked at corners of the space, which a space beyond its limits has too many
  // of.
  if (problems.some(({ code, path }) => code === 'too-large' && path === 'searchSpace'))
    return problems;
  return [
    ...problems,
    ...objectiveProblems(
      file.objective,
      file.searchSpace,
      checkObjective,
      namedMetrics(file),
      trainsInParts(file.sampler),
    ),
  ];
}

/** A study file as a person writes it: `direction` may follow from its objectives. */
export const writtenStudyFile = z.preprocess(withDirection, studyFile);

/**
 * Adds the direction of the first objective to a file that lists objectives and has none; any
 * direction if the list has problems of its own.
 */
function withDirection(value: unknown): unknown {
  if (!isObject(value) || 'direction' in value || value['objectives'] === undefined) return value;
  const listed = check(objectives, value['objectives']);
  return { ...value, direction: listed.ok ? listed.value[0]?.direction : 'minimize' };
}

function namedMetrics({
  objectives: listed = [],
  constraints: bounded = {},
}: Pick<StudyFile, 'objectives' | 'constraints'>): NamedMetric[] {
  return [
    ...listed.map(({ metric }, i) => ({ path: `objectives[${i}].metric`, metric })),
    ...Object.keys(bounded).map((metric) => ({ path: `constraints.${metric}`, metric })),
  ];
}

/** Checks the objective against the valid parameters only. */
function objectiveProblems(
  evaluated: StudyFile['objective'],
  space: object,
  checkObjective?: ObjectiveCheck,
  metrics: readonly NamedMetric[] = [],
  inParts = false,
): readonly Problem[] {
  if (checkObjective === undefined) return [];
  const sound = soundParameters(space);
  const problems = checkObjective(evaluated, sound, metrics, inParts);
  const isWhole = Object.keys(sound).length === Object.keys(space).length;
  return isWhole ? problems : problems.filter(({ code }) => code !== 'unknown-param');
}

function soundParameters(space: object): SearchSpace {
  const sound = Object.entries(space).flatMap(([name, entry]) => {
    const one = check(distribution, entry);
    if (!one.ok) return [];
    // The condition refers to other parameters, so it is checked with the whole space.
    return checkSearchSpace({ [name]: { ...one.value, when: undefined } }).length === 0
      ? [[name, one.value] as const]
      : [];
  });
  return Object.fromEntries(sound);
}

/** Converts the study to core's types. */
export function studyOf(file: StudyFile): { readonly spec: StudySpec; readonly limits: Limits } {
  const {
    name,
    objective: evaluated,
    direction: towards,
    objectives: listed,
    constraints: bounded,
    searchSpace: space,
    sampler: proposes,
    seed: from,
    packing: packed,
    devices: selected,
    audit: every,
    stop,
  } = file;
  return {
    spec: {
      name,
      objective: evaluated,
      direction: towards,
      ...(listed === undefined ? {} : { objectives: listed }),
      ...(bounded === undefined ? {} : { constraints: bounded }),
      searchSpace: space,
      sampler: withParts(proposes, evaluated),
      seed: from,
      ...(packed === undefined ? {} : { packing: packed }),
      ...(selected === undefined ? {} : { devices: selected }),
      ...(every === undefined ? {} : { audit: every }),
    },
    limits: {
      trials: stop.trials ?? null,
      activeMs: stop.minutes === undefined ? null : stop.minutes * 60_000,
      target: stop.target ?? null,
    },
  };
}

/** For a file with an invalid shape, returns the problems of those parts whose shape is valid. */
function partialProblems(value: unknown, checkObjective?: ObjectiveCheck): Problem[] {
  if (!isObject(value)) return [];
  const space = isObject(value['searchSpace']) ? value['searchSpace'] : {};
  const problems = spaceProblems(space);
  const proposes = check(sampler, value['sampler']);
  if (proposes.ok) problems.push(...checkSampler(proposes.value, null));
  const evaluated = check(objective, value['objective']);
  const stops = check(pruner.nullish(), value['pruner']);
  if (stops.ok)
    problems.push(
      ...prunerProblems(
        prunerOf({ pruner: stops.value }),
        evaluated.ok ? evaluated.value : undefined,
        proposes.ok ? proposes.value.name : undefined,
      ),
    );
  if (evaluated.ok) problems.push(...objectiveProblems(evaluated.value, space, checkObjective));
  return problems;
}

function spaceProblems(space: Record<string, unknown>): Problem[] {
  const whole = check(searchSpace, space);
  if (whole.ok) return Object.keys(whole.value).length === 0 ? [] : checkSearchSpace(whole.value);
  return Object.entries(space).flatMap(([name, entry]) => {
    const one = check(distribution, entry);
    return one.ok && one.value.when === undefined ? checkSearchSpace({ [name]: one.value }) : [];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
