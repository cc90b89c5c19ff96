/**
 * One ask-tell session: a study in memory that another program drives. Synchronous and without I/O:
 * one line in, one answer out. No line ends the session.
 */
import { InvalidInput } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { samplerOf, specAfterEdit } from '../../core/samplers/after-edit.ts';
import { trainsInParts } from '../../core/samplers/in-parts.ts';
import type { Sampler, SamplerSpec } from '../../core/samplers/sampler.ts';
import { axesOf } from '../../core/search-space/axis.ts';
import type { Axis } from '../../core/search-space/axis.ts';
import type { Params } from '../../core/search-space/distribution.ts';
import { toParams } from '../../core/search-space/params.ts';
import type { HistoryView } from '../../core/study/history.ts';
import { columnsFor } from '../../core/study/columns-for.ts';
import { differences, searchOf } from '../../core/study/search-edit.ts';
import type { Search, SearchChange } from '../../core/study/search-edit.ts';
import type { StudySpec } from '../../core/study/study-spec.ts';
import type { TrialColumns } from '../../core/study/trial-columns.ts';
import { askTellRequest, LONGEST_LINE } from '../../protocol/ask-tell.ts';
import type { AskTellAnswer, AskTellFault, AskTellRequest } from '../../protocol/ask-tell.ts';
import { jsonProblems } from '../../protocol/json-text.ts';
import { check } from '../../protocol/problems.ts';
import { editedSearch } from '../../protocol/search-edit.ts';
import { checkStudy } from '../../protocol/study-checks.ts';

/** The study of the session. An edit changes its spec, and with it sampler and axes. */
interface Study {
  spec: StudySpec;
  sampler: Sampler;
  axes: readonly Axis[];
  readonly columns: TrialColumns;
  /** Trials that were asked for and have no value yet. */
  readonly open: Map<number, Params>;
  /** All trials with smaller numbers have a value. */
  leading: number;
  best: { readonly trial: number; readonly value: number; readonly params: Params } | null;
}

type Create = Extract<AskTellRequest, { op: 'create' }>;
type Tell = Extract<AskTellRequest, { op: 'tell' }>;
type Edit = Extract<AskTellRequest, { op: 'edit' }>;

export class AskTellSession {
  #study: Study | null = null;

  /** Answers one line. Never throws. */
  answer(line: string): AskTellAnswer {
    try {
      const value = parseLine(line);
      const request = check(askTellRequest, value);
      return request.ok ? this.#do(request.value) : refusal(request.problems);
    } catch (error) {
      if (error instanceof InvalidInput) return refusal(error.problems);
      return fault(
        'internal',
        '',
        `cannot process this line: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #do(request: AskTellRequest): AskTellAnswer {
    if (request.op === 'create') return this.#create(request);
    if (this.#study === null)
      return fault(
        'no-study',
        'op',
        `expected "create" first, found ${JSON.stringify(request.op)}`,
      );
    switch (request.op) {
      case 'ask':
        return ask(this.#study);
      case 'tell':
        return tell(this.#study, request);
      case 'best':
        return best(this.#study);
      case 'edit':
        return editSearch(this.#study, request);
      default:
        return request satisfies never;
    }
  }

  #create({ searchSpace, direction, sampler: spec, seed }: Create): AskTellAnswer {
    const problems = [
      ...checkStudy(searchSpace, spec, direction, undefined),
      ...partProblems(spec),
    ];
    if (problems.length > 0) return refusal(problems);
    const study: StudySpec = {
      name: 'ask-tell',
      objective: { kind: 'ask-tell' },
      direction,
      searchSpace,
      sampler: spec,
      seed,
    };
    const sampler = samplerOf(study);
    this.#study = {
      spec: study,
      sampler,
      axes: axesOf(searchSpace),
      columns: columnsFor(study, sampler),
      open: new Map(),
      leading: 0,
      best: null,
    };
    return { ok: true };
  }
}

/** The answers do not say which trial's checkpoint another one goes on from. */
function partProblems(spec: SamplerSpec): Problem[] {
  if (!trainsInParts(spec)) return [];
  return [
    {
      code: 'training-parts',
      path: 'sampler.name',
      expected: 'a sampler whose trials are whole trainings',
      found: JSON.stringify(spec.name),
      hint: 'its trials go on from checkpoints: use galapagos run',
    },
  ];
}

/** Answers a line that is too long. */
export function tooLong(): AskTellAnswer {
  return fault(
    'line-too-long',
    '',
    `expected a line of at most ${LONGEST_LINE} characters; this one was skipped`,
  );
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    const problems = jsonProblems(line);
    throw new InvalidInput(
      '',
      problems.length > 0
        ? problems
        : [{ code: 'syntax', path: '', expected: 'a JSON object', found: 'other text' }],
    );
  }
}

function ask(study: Study): AskTellAnswer {
  const { sampler, axes, columns, open } = study;
  const trial = columns.size;
  if (sampler.size !== null && trial >= sampler.size) return exhausted(trial);
  const view = viewFor(study, trial);
  if (typeof view === 'string') return fault('not-yet', '', view);
  const [proposal] = sampler.propose(trial, 1, view);
  if (proposal === undefined) return exhausted(trial);
  columns.proposed(trial, proposal.params, view.count, proposal.origin);
  const params = toParams(axes, proposal.params);
  open.set(trial, params);
  return { ok: true, trial, params };
}

/**
 * Returns the history that the sampler may use for this trial number, or the reason as a sentence
 * while trials it builds on are still open.
 */
function viewFor(
  { sampler: { name, barrier }, columns, leading }: Study,
  trial: number,
): HistoryView | string {
  if (barrier === null) return columns.asynchronousView(columns.ended);
  const needed = barrier(trial);
  if (leading >= needed) return columns.synchronousView(needed);
  return `trial ${trial} of ${name} needs the values of trials 0 … ${needed - 1}: report trial ${leading} first`;
}

function exhausted(asked: number): AskTellAnswer {
  return fault(
    'exhausted',
    '',
    `the search space is exhausted: all ${asked} points have been proposed`,
  );
}

function tell(study: Study, { trial, value }: Tell): AskTellAnswer {
  const { columns, open } = study;
  const params = open.get(trial);
  if (params === undefined) {
    if (trial < columns.size)
      return fault(
        'already-told',
        'trial',
        `expected a trial without a reported value, found ${trial}`,
      );
    const range =
      columns.size === 0 ? 'none was asked for' : `0 … ${columns.size - 1} were asked for`;
    return fault(
      'unknown-trial',
      'trial',
      `expected a trial that was asked for (${range}), found ${trial}`,
    );
  }
  open.delete(trial);
  if (value === undefined) columns.end(trial, 'failed', 'crashed', NaN);
  else {
    columns.end(trial, 'complete', 'succeeded', value);
    if (isBetter(study, trial, value)) study.best = { trial, value, params };
  }
  while (columns.hasEnded(study.leading)) study.leading += 1;
  return { ok: true };
}

/**
 * Edits the search. Trials that were asked for keep their points. The answers follow from the lines
 * alone, so a program that sends the same lines again gets the same trials.
 * @throws InvalidInput with every problem
 */
function editSearch(study: Study, change: Edit): AskTellAnswer {
  const search = searchAfter(study, change);
  const before = searchOf(study.spec);
  const { spec, edit } = specAfterEdit(study.spec, search, { columns: study.columns, date: 0 });
  const { first, told } = edit;
  if (told === null) throw new RangeError('an edit of a session changes its proposals');
  study.spec = spec;
  study.sampler = samplerOf(spec);
  study.axes = axesOf(search.searchSpace);
  return { ok: true, first, told, changes: differences(before, search) };
}

/** @throws InvalidInput with every problem, at the fields of the request */
function searchAfter({ spec, sampler, columns }: Study, change: SearchChange): Search {
  try {
    return editedSearch(spec, change, {
      limits: { trials: null, activeMs: null, target: null },
      atOnce: 0,
      workers: 1,
      isTried: (params) => !sampler.repeats && columns.find(params) !== null,
      checkObjective: () => [],
    });
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const atRequest = (path: string): string => path.replace(/^searchSpace\./u, 'ranges.');
    const problems = error.problems.map((each) => ({ ...each, path: atRequest(each.path) }));
    throw new InvalidInput('the edit', problems);
  }
}

/** Returns whether a trial is better than the best; of equal values the smaller number wins. */
function isBetter({ best, columns }: Study, trial: number, value: number): boolean {
  if (best === null) return true;
  if (value === best.value) return trial < best.trial;
  return columns.direction === 'minimize' ? value < best.value : value > best.value;
}

function best({ best: found }: Study): AskTellAnswer {
  return found === null
    ? fault('no-value', '', 'no trial has a value yet')
    : { ok: true, ...found };
}

function refusal(problems: readonly Problem[]): AskTellAnswer {
  const [first, ...others] = problems.map(faultOf);
  if (first === undefined) return fault('internal', '', 'cannot process this line');
  return { ok: false, error: others.length === 0 ? first : { ...first, others } };
}

function faultOf({ code, path, expected, found, hint }: Problem): AskTellFault {
  // A session has no enqueued points, which the hint of `no-point` names.
  const isHinted = hint !== undefined && code !== 'no-point';
  const message = `expected ${expected}, found ${found}${isHinted ? ` (${hint})` : ''}`;
  // A syntax error's path is a column, not a field.
  return code === 'syntax'
    ? { code, field: '', message: `${path}: ${message}` }
    : { code, field: path, message };
}

function fault(code: string, field: string, message: string): AskTellAnswer {
  return { ok: false, error: { code, field, message } };
}
