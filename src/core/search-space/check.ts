/**
 * Semantic checks of a search space: bounds, steps, choices, conditions. Returns all problems, each
 * with its path. The schema has already checked the types.
 */
import type { Problem } from '../errors.ts';
import { axesOf, encodeValue } from './axis.ts';
import { didYouMean } from './did-you-mean.ts';
import type {
  CategoricalDistribution,
  Distribution,
  FloatDistribution,
  IntDistribution,
  SearchSpace,
} from './distribution.ts';

type Report = (
  code: string,
  field: string,
  expected: string,
  found: unknown,
  hint?: string,
) => void;

/**
 * Maximum number of parameters of a space, and of choices of a parameter: the time of a proposal
 * grows faster than linearly in either.
 */
const MOST_PARAMETERS = 1000;
const MOST_CHOICES = 10_000;

/**
 * Returns all problems of a search space.
 * @param path position of the space in the file, used as prefix of the problems' paths
 */
export function checkSearchSpace(space: SearchSpace, path = 'searchSpace'): Problem[] {
  const problems: Problem[] = [];
  const names = Object.keys(space);
  if (names.length === 0)
    problems.push({ code: 'empty-space', path, expected: 'at least one parameter', found: 'none' });
  if (names.length > MOST_PARAMETERS)
    return [
      {
        code: 'too-large',
        path,
        expected: `at most ${MOST_PARAMETERS} parameters`,
        found: String(names.length),
        hint: 'give some of them fixed values',
      },
    ];
  const sound = new Set<string>();
  for (const [index, [name, distribution]] of Object.entries(space).entries()) {
    const before = problems.length;
    const report: Report = (code, field, expected, found, hint) => {
      problems.push({
        code,
        path: [path, name, field].filter((part) => part !== '').join('.'),
        expected,
        found: show(found),
        hint,
      });
    };
    if (name.trim() === '') report('empty-name', '', 'a name', name);
    if (distribution.type === 'categorical') checkChoices(distribution, report);
    else checkRange(distribution, report);
    if (problems.length === before) sound.add(name);
    checkCondition(name, distribution, { space, earlier: names.slice(0, index), sound }, report);
  }
  return problems;
}

function checkChoices({ choices }: CategoricalDistribution, report: Report): void {
  if (choices.length === 0) report('no-choices', 'choices', 'at least one choice', choices);
  if (choices.length > MOST_CHOICES) {
    report(
      'too-large',
      'choices',
      `at most ${MOST_CHOICES} choices`,
      choices.length,
      'or an int or float with a step',
    );
    return;
  }
  const before = new Set<unknown>();
  for (const [index, choice] of choices.entries()) {
    if (typeof choice === 'number' && !Number.isFinite(choice))
      report('not-finite', `choices[${index}]`, 'a finite number', choice);
    if (before.has(choice))
      report('duplicate-choice', `choices[${index}]`, 'distinct choices', choice, 'listed before');
    before.add(choice);
  }
}

function checkRange(range: FloatDistribution | IntDistribution, report: Report): void {
  const { type, low, high, step, log = false } = range;
  const numbers = Object.entries({ low, high, ...(step === undefined ? {} : { step }) });
  const infinite = numbers.filter(([, value]) => !Number.isFinite(value));
  for (const [field, value] of infinite) report('not-finite', field, 'a finite number', value);
  if (infinite.length > 0) return;
  if (type === 'int') {
    for (const [field, value] of numbers) {
      if (!Number.isInteger(value))
        report('not-an-integer', field, 'an integer', value, 'or type "float"');
      else if (!Number.isSafeInteger(value))
        report('too-large', field, 'an integer between −(2⁵³ − 1) and 2⁵³ − 1', value);
    }
  }
  if (low > high)
    report('low-above-high', 'low', `at most high, ${high}`, low, 'are they swapped?');
  else if (!Number.isFinite(high - low))
    report('too-large', 'high', 'a range that a float64 can hold', `${low} … ${high}`);
  if (log && low <= 0)
    report('log-not-positive', 'low', 'a positive number where log is true', low);
  if (step === undefined) return;
  if (step <= 0) report('step-not-positive', 'step', 'a positive number', step);
  // Tolerance for decimals: 0.3 − 0.2 is below 0.1 in float64.
  else if (step > (high - low) * (1 + 1e-9) && high > low)
    report('step-too-large', 'step', `at most high − low, ${high - low}`, step);
  if (log && (type === 'float' || step !== 1))
    report('log-with-step', 'step', 'no step where log is true', step, 'remove step or log');
}

interface SpaceContext {
  readonly space: SearchSpace;
  readonly earlier: readonly string[];
  /** Names of parameters without problems, whose values can be enumerated. */
  readonly sound: ReadonlySet<string>;
}

function checkCondition(
  name: string,
  { when }: Distribution,
  { space, earlier, sound }: SpaceContext,
  report: Report,
): void {
  for (const [parent, values] of Object.entries(when ?? {})) {
    const field = `when.${parent}`;
    const distribution = Object.hasOwn(space, parent) ? space[parent] : undefined;
    if (parent === name) report('unknown-parent', field, 'another parameter', parent);
    else if (distribution === undefined)
      report(
        'unknown-parent',
        field,
        'a parameter declared before',
        parent,
        didYouMean(parent, earlier),
      );
    else if (!earlier.includes(parent))
      report(
        'later-parent',
        field,
        'a parameter declared before',
        parent,
        `move ${parent} above ${name}`,
      );
    else if (values.length === 0) report('no-values', field, 'at least one value', values);
    else if (distribution.type === 'float' && distribution.step === undefined) {
      report(
        'continuous-parent',
        field,
        'a parent that is categorical, an int or a float with a step',
        'a continuous float',
      );
    } else if (sound.has(parent)) {
      const [axis] = axesOf({ [parent]: { ...distribution, when: undefined } });
      for (const [index, value] of values.entries()) {
        if (axis === undefined || !Number.isNaN(encodeValue(axis, value))) continue;
        const hint =
          distribution.type === 'categorical'
            ? didYouMean(String(value), distribution.choices.map(String))
            : undefined;
        report(
          'impossible-value',
          `${field}.${index}`,
          `a value that ${parent} can take`,
          value,
          hint,
        );
      }
    }
  }
}

function show(found: unknown): string {
  return typeof found === 'number' || found === undefined ? String(found) : JSON.stringify(found);
}
