/** Formats documents about a lab file as lines of text. */
import { slotName } from '../../core/device.ts';
import { withEscapes } from '../../core/hidden-characters.ts';
import { samplerText } from '../../core/samplers/sampler-text.ts';
import { earlyStopsText } from '../../core/study/early-stops.ts';
import { scoreName } from '../../core/study/score.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import { stoppedEarly } from '../../core/study/stopped.ts';
import { storySentences } from '../../core/study/trial-story.ts';
import type { StoryFormat } from '../../core/study/trial-story.ts';
import type {
  ShowOutput,
  StoryOutput,
  StudiesOutput,
  TrialOutput,
} from '../../protocol/cli-output.ts';
import { quoted } from '../run/resume-command.ts';
import { count, cut, duration, energyText, number, params, score, value } from './format.ts';
import { FRONT_SHOWN, scoresText } from './summary.ts';
import { table } from './table.ts';
import { trialStateText } from './trial-state.ts';

type Study = ShowOutput['study'];

export function studiesText({ lab, studies }: StudiesOutput, width: number): string[] {
  const [listed, deleted] = [
    studies.filter((study) => !study.deleted),
    studies.filter((study) => study.deleted),
  ];
  const gone = deleted.length === 0 ? [] : [deletedText(deleted)];
  if (listed.length === 0)
    return [`${lab} contains no studies${deleted.length === 0 ? ' yet' : ''}.`, ...gone];
  const noted = listed.some(({ note }) => note !== '');
  const left = (title: string): { title: string; align: 'left' } => ({ title, align: 'left' });
  const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' });
  const head = [
    left('study'),
    left('state'),
    right('ended'),
    right('budget'),
    right('best'),
    right('in trial'),
  ];
  const lines = table(
    noted ? [...head, left('note')] : head,
    listed.map((study) => [
      study.name,
      stateWord(study),
      String(ended(study)),
      study.limits.trials === null ? '–' : String(study.limits.trials),
      study.best === null ? '–' : score(study.best.value, study),
      study.best === null ? '–' : String(study.best.trial),
      ...(noted ? [firstLine(study.note)] : []),
    ]),
    width,
  );
  return [...lines, ...gone];
}

function stateWord(study: Study): string {
  if (study.interrupted === true) return 'interrupted';
  return stoppedEarly(study) === null ? (study.state ?? 'Optuna') : 'stopped';
}

/** Greatest number of characters of a note in the list of studies. */
const NOTE_WIDTH = 48;

function firstLine(note: string): string {
  const [line = '', ...more] = note.split('\n');
  const short = cut(withEscapes(line), NOTE_WIDTH);
  return more.length > 0 && short === line ? `${line} …` : short;
}

function deletedText(deleted: readonly Study[]): string {
  const names = deleted.map(({ name }) => withEscapes(name)).join(', ');
  return `${count(deleted.length, 'deleted study', 'deleted studies')}: ${names} (galapagos studies restore NAME restores, remove NAME removes for good)`;
}

export function showText({
  lab,
  study,
  paused = 0,
  enqueued,
  trained: { executors, reports },
  energy,
  earlyStops,
  schedule = [],
  searched,
  front,
  command,
  checkpoints,
  code,
}: ShowOutput): string[] {
  const { counts, limits, best } = study;
  const stops = [
    ...(limits.trials === null ? [] : [count(limits.trials, 'trial')]),
    ...(limits.minutes === null ? [] : [count(limits.minutes, 'minute')]),
    ...(limits.target === null ? [] : [`a ${scoreName(study)} of ${value(limits.target, study)}`]),
  ];
  return [
    `${study.name} in ${lab}`,
    `  state      ${stateText(study, lab)}${study.deleted ? ', deleted' : ''}`,
    ...(study.note === '' ? [] : noteLines(study.note)),
    `  trials     ${Object.entries(counts)
      .map(([state, n]) => `${n} ${state}${state === 'waiting' ? pausedText(paused) : ''}`)
      .join(', ')}`,
    ...enqueuedLines(enqueued),
    ...(front === undefined ? [] : [`  front      ${frontText(front, study.name, lab)}`]),
    ...(front !== undefined
      ? []
      : [
          `  best       ${best === null ? '–' : `${score(best.value, study)} in trial ${best.trial}`} (${study.direction})`,
        ]),
    ...(reports.length < 2
      ? []
      : [`  by epoch   ${reports.map((report) => score(report.value, study)).join(', ')}`]),
    ...schedule.map(
      ({ epoch, params: point }, i) =>
        `  ${i === 0 ? 'schedule  ' : '          '} from epoch ${epoch + 1}: ${params(point)}`,
    ),
    ...executors.map(
      ({ label, reason }) => `  trained with ${label}${reason === null ? '' : ` (${reason})`}`,
    ),
    ...(earlyStops === undefined ? [] : [`  saved      ${earlyStopsText(earlyStops)}`]),
    ...(energy === null ? [] : [`  energy     ${energyText(energy)}`]),
    `  stops at   ${stops.length === 0 ? 'no limit: runs until stopped' : stops.join(' or ')}`,
    ...(searched === null ? [] : searchedText(searched)),
    ...(command === undefined ? [] : [`  run again  ${command}`]),
    ...(checkpoints === undefined ? [] : [`  kept       ${checkpoints}`]),
    ...codeLines(code),
  ];
}

/** The option that names the lab file, unless it is the default. */
function labFlag(lab: string): string {
  return lab === 'lab.db' ? '' : ` --lab ${quoted(lab)}`;
}

/** `3 trials: 20, 0, 13`; of a long front the first, and the command that shows all. */
function frontText(front: NonNullable<ShowOutput['front']>, study: string, lab: string): string {
  if (front.length === 0) return '0 trials';
  const listed = front.slice(0, FRONT_SHOWN).map(({ trial }) => trial);
  const more =
    front.length > FRONT_SHOWN ? ` … (all: galapagos best ${quoted(study)}${labFlag(lab)})` : '';
  return `${count(front.length, 'trial')}: ${listed.join(', ')}${more}`;
}

function pausedText(paused: number): string {
  return paused === 0 ? '' : ` (${paused} paused at a rung)`;
}

function enqueuedLines(enqueued: ShowOutput['enqueued']): string[] {
  if (enqueued === undefined) return [];
  const { waiting, refused } = enqueued;
  const points = waiting === 1 ? 'a point waits' : `${waiting} points wait`;
  return [
    ...(waiting === 0 ? [] : [`  enqueued   ${points} to be tried`]),
    ...refused.map(
      ({ point, reason }) => `  not tried  ${withEscapes(point)}: ${withEscapes(reason)}`,
    ),
  ];
}

/** Characters of a snapshot's hash. */
const HASH_SHOWN = 12;

function codeLines(code: ShowOutput['code']): string[] {
  if (code === undefined) return [];
  const { snapshot, project, differences } = code;
  return [
    `  code       copy ${snapshot.slice(0, HASH_SHOWN)} of ${withEscapes(project)}`,
    ...differences.map((sentence) => `             ${withEscapes(sentence)}`),
  ];
}

function noteLines(note: string): string[] {
  const escaped = note.split('\n').map((line) => withEscapes(line));
  return escaped.map((line, i) =>
    `${i === 0 ? '  note       ' : '             '}${line}`.trimEnd(),
  );
}

function stateText(study: Study, lab: string): string {
  const resume = `galapagos run ${quoted(study.name)} --resume${labFlag(lab)}`;
  const stopped = stoppedEarly(study);
  if (stopped !== null) {
    const { ended, of, remaining } = stopped;
    const rest = remaining === null ? '' : ` the remaining ${remaining}`;
    return `stopped at ${ended}${of === null ? '' : ` of ${of}`} (to resume${rest}: ${resume})`;
  }
  if (study.interrupted === true) return `interrupted (to go on: ${resume})`;
  return `${study.state ?? 'Optuna study'}${study.reason === null ? '' : ` (${study.reason})`}`;
}

/** Formats one trial as one line. */
export function trialText(trial: TrialOutput): string {
  const isPaused = trial.pausedAfter !== undefined;
  const isReported = isPaused || trial.state === 'running' || trial.state === 'pruned';
  const last = isReported ? trial.reports.at(-1) : undefined;
  const epoch = isPaused ? '' : `epoch ${last?.epoch ?? 0} `;
  const reported = last === undefined ? '' : `, ${epoch}${score(last.value, trial)}`;
  const finished =
    trial.state === 'complete'
      ? `${worthOf(trial, trial)}${trial.violates === undefined ? '' : ', violates a bound'}`
      : `${trialStateText(trial)}${reported}`;
  const attempts = trial.attempts > 1 ? `  ${count(trial.attempts, 'attempt')}` : '';
  return `trial ${trial.trial}  ${finished}  ${params(trial.params)}${attempts}`;
}

/** The value, or those of all objectives by name. */
function worthOf(
  { value: single, values }: Pick<TrialOutput, 'value' | 'values'>,
  kind: ScoreKind,
): string {
  return values === undefined ? score(single, kind) : scoresText({ value: NaN, values }, kind);
}

/** A trial's story in sentences; `verbose` adds the scheduler's causal log. */
export function storyText(output: StoryOutput, verbose: boolean): string[] {
  const { study, trial, value: worth, violates = [], params: point } = output;
  const { attempts, reports, story } = output;
  const format: StoryFormat = {
    ...{ duration, worker: slotName, value: number },
    score: (known) => value(known, output),
  };
  const trained = attempts.findLast(({ executor }) => executor !== null);
  const why = trained?.executorReason ?? null;
  return [
    `trial ${trial} of ${study}: ${trialStateText(output)}${worth === null ? '' : `, ${worthOf(output, output)}`}`,
    `  ${params(point)}`,
    ...violates.map((bound) => `  Violates a bound: ${bound}.`),
    ...storySentences(output, format).map((sentence) => `  ${sentence}`),
    ...(trained === undefined
      ? []
      : [`  trained with ${trained.executor ?? ''}${why === null ? '' : ` (${why})`}`]),
    ...reports.map(({ epoch, value: reported, metrics }) => {
      const also = Object.entries(metrics).map(([name, metric]) => `${name} ${number(metric)}`);
      return `  after epoch ${epoch}: ${[score(reported, output), ...also].join(', ')}`;
    }),
    ...(verbose && story.length > 0
      ? ['  scheduler events with their causes:', ...story.map((line) => `    ${line}`)]
      : []),
  ];
}

function ended({ counts: { complete, pruned, failed } }: Study): number {
  return complete + pruned + failed;
}

function searchedText({
  objective,
  objectives = [],
  constraints = {},
  searchSpace,
  sampler,
  seed,
  pruner,
  prunerReason,
  devices,
  packing,
  audit,
  startedFrom = [],
  only = {},
  edits = [],
}: NonNullable<ShowOutput['searched']>): string[] {
  const proposes = sampler.name === 'auto' ? `auto (${samplerText(sampler)})` : inline(sampler);
  return [
    ...objectiveLines(objective),
    ...objectives.map(({ metric, direction }) => `  ${direction}   ${metric}`),
    ...Object.entries(constraints).map(
      ([metric, bounds]) =>
        `  constraint ${metric} ${Object.entries(bounds)
          .map(([side, limit]) => `${side} ${number(limit)}`)
          .join(', ')}`,
    ),
    `  sampler    ${proposes}, seed ${seed}`,
    ...(pruner === undefined ? [] : [`  pruner     ${inline(pruner)} (${prunerReason ?? ''})`]),
    ...(devices === undefined ? [] : [`  devices    ${devices.join(', ')}`]),
    ...(packing === undefined ? [] : [`  packing    ${packing}`]),
    ...(audit === undefined ? [] : [`  audit      1 in ${audit} trials`]),
    ...startedFrom.map(
      ({ name, trials }) =>
        `  started from ${trials} ${trials === 1 ? 'trial' : 'trials'} of ${name}`,
    ),
    '  search space',
    ...named(
      Object.entries(searchSpace).map(([name, distribution]) => [
        name,
        `${inline(distribution)}${limitText(only[name])}`,
      ]),
    ),
    ...edits.flatMap(({ first, date, changes }) => [
      `  edited from trial ${first} on, ${date.slice(0, 16).replace('T', ' ')} UTC`,
      ...changes.map((line) => `    ${line}`),
    ]),
  ];
}

function limitText(values: readonly unknown[] | undefined): string {
  if (values === undefined) return '';
  const listed = values.map((value) => plain(value)).join(', ');
  return values.length === 1 ? `, fixed at ${listed}` : `, only ${listed}`;
}

/** Fields of an objective, each on a line; its snapshot is shown as the code of the study. */
function objectiveLines({ kind, ...fields }: Readonly<Record<string, unknown>>): string[] {
  const shown = Object.entries(fields).filter(([name]) => name !== 'snapshot');
  return [
    `  objective  ${String(kind)}`,
    ...named(shown.map(([name, field]) => [name, nested(name, field)])),
  ];
}

/** Indented lines of names and texts, the texts in one column. */
function named(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `    ${name.padEnd(width)}  ${text}`);
}

/** `epochs 3, optimizer (type sgd, learningRate {rate})`; a word in braces is a parameter. */
function nested(name: string, field: unknown): string {
  if (name === 'command' && Array.isArray(field)) return field.map(commandWord).join(' ');
  if (typeof field !== 'object' || field === null || Array.isArray(field))
    return withEscapes(plain(field));
  if ('$param' in field) return `{${String(field.$param)}}`;
  return Object.entries(field)
    .map(([key, value]) => {
      const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
      const text = nested(key, value);
      return `${key} ${isGroup && !('$param' in value) ? `(${text})` : text}`;
    })
    .join(', ');
}

function commandWord(word: unknown): string {
  return typeof word === 'string' && /^[^\s"]+$/.test(word)
    ? withEscapes(word)
    : plain([word]).slice(1, -1);
}

/** `float, low 0.1, high 1, log true`. */
function inline(entry: Readonly<Record<string, unknown>>): string {
  return Object.entries(entry)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) =>
      ['kind', 'type', 'name'].includes(name) ? String(field) : `${name} ${plain(field)}`,
    )
    .join(', ');
}

function plain(field: unknown): string {
  if (typeof field === 'number') return number(field);
  return typeof field === 'string' ? field : JSON.stringify(field);
}
