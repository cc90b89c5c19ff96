/**
 * Tells in sentences how a trial came about, where its attempts ran and how they ended. The causal
 * log, which names every event of the scheduler, is kept apart (`core/scheduling/story.ts`).
 */
import { at } from '../at.ts';
import { exp } from '../elementary.ts';
import type { Prediction } from '../samplers/sampler.ts';
import type { EditSummary } from './search-edit.ts';
import { possiblePrediction } from './score.ts';
import type { Metric } from './score.ts';
import type { AuditVerdict } from './row-codes.ts';

export interface StoryFacts {
  /** Kind of its value. */
  readonly metric: Metric;
  readonly state: string;
  /** Null: it has not ended. */
  readonly outcome: string | null;
  /** Null: unknown. */
  readonly lineage: StoryLineage | null;
  readonly attempts: readonly StoryAttempt[];
  /** Its value; null: none, or it diverged. */
  readonly value: number | null;
  readonly audits: readonly StoryAudit[];
  /** The last edit of the search before it was proposed; absent: none. */
  readonly edit?: Pick<EditSummary, 'first' | 'changes'> | undefined;
}

interface StoryLineage {
  readonly operator: string;
  readonly parents: readonly number[];
  /** Parents among the trials that the study started from; absent: none. */
  readonly ancestors?: readonly number[] | undefined;
  /** Of the model that chose the trial; absent: none did. */
  readonly prediction?: Prediction | undefined;
}

/** An evaluation on another node after the trial had ended. */
interface StoryAudit {
  readonly slot: string;
  /** Null: it runs. */
  readonly outcome: string | null;
  /** Null: none, or it diverged. */
  readonly value: number | null;
  readonly verdict: AuditVerdict | null;
  /** The first number that differs from the trial's, null: it diverged. Absent or null: unknown. */
  readonly difference?: {
    readonly metric: string;
    readonly value: number | null;
    readonly found: number | null;
  } | null;
}

interface StoryAttempt {
  readonly attemptNumber: number;
  readonly slot: string;
  /** Null: it runs. */
  readonly outcome: string | null;
  readonly ms: number | null;
  /** The error, or why the coordinator ended it. */
  readonly detail: string | null;
}

/** How a face writes durations and names workers. */
export interface StoryFormat {
  readonly duration: (ms: number) => string;
  readonly value: (value: number) => string;
  /** Writes a value of the study's metric: accuracies as percentages. */
  readonly score: (value: number) => string;
  readonly worker: (slot: string) => string;
}

/** One sentence for a trial with one attempt; otherwise one for its origin and one an attempt. */
export function storySentences(facts: StoryFacts, format: StoryFormat): string[] {
  const audits = facts.audits.flatMap((audit) => auditSentence(audit, facts, format));
  return [
    ...attemptSentences(facts, format),
    ...predictionSentence(facts, format),
    ...editSentence(facts),
    ...audits,
  ];
}

function editSentence({ edit }: StoryFacts): string[] {
  if (edit === undefined) return [];
  const changes = edit.changes.join('; ');
  return [`Proposed after the search was edited, from trial ${edit.first} on: ${changes}.`];
}

function predictionSentence({ lineage, metric }: StoryFacts, format: StoryFormat): string[] {
  const prediction = lineage?.prediction;
  if (prediction === undefined) return [];
  const { value, low, high } = possiblePrediction(prediction, { metric });
  const interval = `${format.score(low)} to ${format.score(high)}`;
  const improvement = format.value(exp(prediction.logExpectedImprovement));
  return [
    sentence([
      `the model predicted ${format.score(value)}, 95 % interval ${interval}`,
      `expected improvement ${improvement} times the standard deviation of the values`,
    ]),
  ];
}

function attemptSentences(facts: StoryFacts, format: StoryFormat): string[] {
  const origin = originClause(facts.lineage);
  const [only, ...others] = facts.attempts;
  if (only !== undefined && others.length === 0) {
    return [sentence([origin, ...attemptClauses(only, facts, format)])];
  }
  return [
    sentence([origin, ...(only === undefined ? [endWithoutAttempt(facts)] : [])]),
    ...facts.attempts.map((attempt) => {
      const [started, ...rest] = attemptClauses(attempt, facts, format);
      return sentence([`attempt ${attempt.attemptNumber} ${started}`, ...rest]);
    }),
  ];
}

/** Audits that were taken back for a trial, or were lost, say nothing about the value. */
function auditSentence(
  { slot, outcome, value, verdict, difference }: StoryAudit,
  { value: worth }: StoryFacts,
  format: StoryFormat,
): string[] {
  const again = `evaluated again on ${format.worker(slot)}`;
  const figure = (found: number | null): string =>
    found === null || !Number.isFinite(found) ? 'divergence' : format.value(found);
  if (outcome === null) return [sentence([again, 'still running'])];
  if (verdict === 'same') return [sentence([again, 'the same value'])];
  if (verdict === 'differs') {
    const { metric = 'value', ...of } = difference ?? { value: worth, found: value };
    const what = metric === 'value' ? '' : `${metric}: `;
    return [sentence([again, `${what}${figure(of.found)} instead of ${figure(of.value)}`])];
  }
  if (outcome === 'cancelled' || outcome === 'lost') return [];
  return [sentence([again, ENDS[outcome] ?? outcome])];
}

function sentence(clauses: readonly string[]): string {
  const text = clauses.filter((clause) => clause !== '').join('; ');
  return text === '' ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function originClause(lineage: StoryFacts['lineage']): string {
  if (lineage === null) return 'proposed by another program';
  const { operator, parents, ancestors = [], prediction } = lineage;
  if (parents.length > 0 || ancestors.length > 0) {
    const trials = [ownParents(parents), earlierParents(ancestors)].filter(Boolean).join(' and ');
    if (operator === 'mutation') return `proposed by mutating ${trials}`;
    if (operator === 'crossover') return `proposed by crossover of ${trials}`;
    if (operator === 'crossover+mutation') {
      return `proposed by crossover of ${trials} and mutation`;
    }
    if (operator === 'continue') return `goes on from the checkpoint of ${trials}`;
    if (operator === 'copy') {
      const [copied, replaced] = [at(parents, 0), at(parents, parents.length - 1)];
      return `goes on from the checkpoint of trial ${copied} with varied parameters, instead of trial ${replaced}`;
    }
    if (operator === 'neighbour') return `proposed as a neighbour of ${trials}`;
    return `proposed by ${operator} from ${trials}`;
  }
  switch (operator) {
    case 'random':
    case 'uniform':
    case 'latin-hypercube':
      return prediction === undefined ? 'drawn at random' : 'a random point that the model chose';
    case 'local-search':
    case 'neighbour': // so named by earlier releases
      return 'found by a local search of the model from a random point';
    case 'grid':
      return 'taken from the grid';
    case 'first-unused':
      return 'taken as the first unused point of the search space';
    case 'enqueued':
      return 'queued with given parameters';
    case 'unknown':
      return 'proposed by another program';
    default:
      return `proposed by ${operator}`;
  }
}

const ENDS: Readonly<Record<string, string>> = {
  succeeded: 'succeeded',
  diverged: 'diverged',
  pruned: 'pruned',
  crashed: 'crashed',
  outOfMemory: 'ran out of memory',
  timedOut: 'exceeded the time limit',
  lost: 'was lost with its worker',
  cancelled: 'was cancelled',
  paused: 'paused at a rung',
};

function attemptClauses(
  { attemptNumber, slot, outcome, ms, detail }: StoryAttempt,
  { state, attempts }: StoryFacts,
  { duration, worker }: StoryFormat,
): [string, ...string[]] {
  const started = `started on ${worker(slot)}`;
  if (outcome === null) return [started, 'still running'];
  const after = ms === null ? '' : ` after ${duration(ms)}`;
  const reason = at((detail ?? '').split('\n'), 0);
  const because = reason === '' || outcome === 'succeeded' ? '' : ` (${reason})`;
  const isLast = attempts.at(-1)?.attemptNumber === attemptNumber;
  const goesOn = !isLast || state === 'waiting' || state === 'running';
  const then = goesOn
    ? outcome === 'paused'
      ? []
      : ['the trial returned to the queue']
    : state === 'failed'
      ? ['the trial failed']
      : [];
  return [started, `${ENDS[outcome] ?? outcome}${after}${because}`, ...then];
}

/** A trial that no attempt of ours ran. */
function endWithoutAttempt({ state, outcome }: StoryFacts): string {
  if (state === 'waiting') return 'waiting for a worker';
  if (outcome === 'endedElsewhere') return 'ended by another program';
  return outcome === 'cancelled' ? 'cancelled before it started' : state;
}

function ownParents(parents: readonly number[]): string {
  if (parents.length === 0) return '';
  return `${parents.length === 1 ? 'trial' : 'trials'} ${listed(parents)}`;
}

/** Trials of the history have no number that people know. */
function earlierParents({ length }: readonly number[]): string {
  if (length === 0) return '';
  return `${length === 1 ? 'a trial' : `${length} trials`} that the study started from`;
}

/** @param parents at least one */
function listed(parents: readonly number[]): string {
  const last = String(at(parents, parents.length - 1));
  return parents.length < 2 ? last : `${parents.slice(0, -1).join(', ')} and ${last}`;
}
