/**
 * Evaluates one attempt of an objective `command`: prepares its folders and environment, runs the
 * program, collects reports, metrics and the value, and says what its end means.
 */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { Report } from '../../../core/scheduling/index.ts';
import type { CommandObjective } from '../../../protocol/command-objective.ts';
import type { StudyMessage } from '../../../protocol/worker-messages.ts';
import type { Gate } from '../../../runtime/gate.ts';
import type { EvaluatedLane, LaneEnd } from '../../evaluate.ts';
import { isEmpty } from './attempt-folders.ts';
import type { AttemptFolderPool, AttemptFolders } from './attempt-folders.ts';
import { environmentOf } from './environment.ts';
import { failureOf, lastLines } from '../failure/failure-text.ts';
import { containerArguments, containerName, engineEnvironment } from './container.ts';
import type { ContainerParts } from './container.ts';
import { argumentProblem } from '../../../runtime/batch-file.ts';
import { findProgram } from '../../../runtime/find-program.ts';
import type { Guardian, LaunchOptions } from './guardian.ts';
import { OutputLog, outputFolder } from '../output/output-log.ts';
import { AppendedLines, parseReportLine } from '../values/reports-file.ts';
import { seedAndParams } from '../program-seed.ts';
import { ConfigError } from '../config/config-entry.ts';
import { configPath, passesConfig, writeConfig } from '../config/trial-config.ts';
import { withPython } from '../python/python.ts';
import { runProgram } from './run-program.ts';
import type { EndedProgram, StopWord } from './run-program.ts';
import { namesText } from '../snapshot/code-snapshot.ts';
import type { RunningPlace } from '../snapshot/code-snapshot.ts';
import { fillIn } from '../template.ts';
import { SentOutput } from '../output/sent-output.ts';
import type { SendOutput } from '../output/sent-output.ts';
import { searchFor } from '../values/value-rules.ts';
import type { Stream } from '../values/value-rules.ts';

export interface AttemptParts {
  readonly objective: CommandObjective;
  /** Environment of this process. */
  readonly own: NodeJS.ProcessEnv;
  readonly place: RunningPlace;
  readonly study: Pick<StudyMessage, 'study' | 'name' | 'seed'>;
  readonly lane: EvaluatedLane;
  readonly userFolder: string;
  readonly guardian: Guardian;
  readonly pool: AttemptFolderPool;
  readonly gate: Gate;
  /** The slot's share of the cores. */
  readonly threads: number;
  /** Absolute path of the folder for the output; its files are sent to the host of the lab. */
  readonly sends?: { readonly folder: string; readonly send: SendOutput };
  /** Told the process group of the program. */
  readonly started?: (group: number) => void;
  readonly report: (report: Report) => void;
}

export async function runAttempt(parts: AttemptParts): Promise<LaneEnd> {
  const { lane, userFolder, study, objective, pool } = parts;
  const isStopped = (): boolean => lane.signal.aborted;
  if (isStopped()) return { outcome: 'stopped' };
  const { number, attemptNumber } = lane.attempt;
  const told = seedAndParams(objective, lane.params, study.seed, number);
  const folders = await pool.create(lane.attempt, told.params, lane.part?.source ?? null);
  const { sends } = parts;
  const output = sends?.folder ?? outputFolder(userFolder, study.study, number);
  const log = new OutputLog(output, attemptNumber, objective.keep.outputMb * 1e6);
  const sent = sends === undefined ? null : new SentOutput(output, lane.attempt, sends.send);
  // Without a snapshot, earlier attempts ran on this machine as well.
  const mayHaveMoved = objective.snapshot !== undefined && attemptNumber > 1;
  if (mayHaveMoved && isEmpty(folders.checkpointDir))
    log.add(
      Buffer.from(
        `galapagos: attempt ${attemptNumber} begins without a checkpoint: earlier attempts left none on this machine\n`,
      ),
    );
  remarkUnlinked(parts.place, log);
  try {
    // It may have been stopped while checkpoints were copied.
    if (isStopped()) return { outcome: 'stopped' };
    const end = await evaluate(parts, told, folders, log);
    if (end.outcome === 'finished') remarkLost(parts.place, log, configOf(parts, told, folders));
    return end;
  } finally {
    log.close();
    await folders.remove();
    sent?.end();
  }
}

/** Writes into the output which entries of the project folder the program will not find. */
function remarkUnlinked({ unlinked = [] }: RunningPlace, log: OutputLog): void {
  if (unlinked.length > 0)
    log.add(
      Buffer.from(
        `galapagos: not in the copy of the project folder, because this system does not link them: ${namesText(unlinked)}; read them in the folder that GALAPAGOS_PROJECT names\n`,
      ),
    );
}

/** Writes into the output that files in the working folder are not kept. */
function remarkLost({ lost }: RunningPlace, log: OutputLog, written: string | null): void {
  const paths = lost?.(written) ?? [];
  if (paths.length > 0)
    log.add(
      Buffer.from(
        `galapagos: not kept, because trials run in a copy of the project folder: ${namesText(paths)}; write what you want to keep to the folder that GALAPAGOS_CHECKPOINT_DIR names\n`,
      ),
    );
}

async function evaluate(
  parts: AttemptParts,
  { seed, params }: ReturnType<typeof seedAndParams>,
  folders: AttemptFolders,
  log: OutputLog,
): Promise<LaneEnd> {
  const { objective, study, lane, guardian, gate, threads, place } = parts;
  const { number: trial, attemptNumber: attempt } = lane.attempt;
  const { folder } = place;
  const { env: added = {}, timeoutMinutes, graceSeconds } = objective;
  const name = study.name ?? study.study;
  const epochs = lane.part ?? null;
  const config = configOf(parts, { params }, folders);
  const facts = {
    ...folders,
    ...{ project: place.project, study: name, trial, attempt, seed, epochs },
    ...(config === null ? {} : { config }),
  };
  const { config: stated } = objective;
  if (config !== null && stated !== undefined)
    try {
      const { temporaryDir } = folders;
      const { copy } = place;
      const written = { ...objective, config: stated };
      writeConfig(written, config, params, facts, { folder, copy, temporaryDir });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return crashed(
        `${stated.file}: expected a file to write the values in, found ${error.message}`,
      );
    }
  const cores = objective.resources?.cpus ?? threads;
  const passed = environmentOf(parts.own, added, params, facts, cores);
  const command = fillIn(objective.command, params, facts);
  const launch = launchOf({ ...objective, folder }, inFolder(objective, folder), command, passed, {
    name: containerName(study.study, trial, attempt, process.pid),
    folders: [place.project, dirname(folders.trialDir), folders.checkpointDir],
    temporaryDir: folders.temporaryDir,
  });
  if ('missing' in launch) return crashed(launch.missing);
  const values = new Values(parts, folders, log);
  const stop = new AbortController();
  const obey = (): void => stop.abort(wordOf(lane.signal.reason));
  lane.signal.addEventListener('abort', obey, { once: true });
  const over = new AbortController();
  if (timeoutMinutes !== undefined)
    void gate.elapsed(timeoutMinutes * 60_000, over.signal).then(() => {
      if (!over.signal.aborted) stop.abort('timedOut' satisfies StopWord);
    });
  const ended = await runProgram(launch, {
    guardian,
    log,
    stopFile: folders.stopFile,
    graceMs: graceSeconds * 1_000,
    gate,
    signal: stop.signal,
    line: (text, stream) => values.line(text, stream),
    streams: values.streams,
    look: () => values.look(),
    ...(parts.started === undefined ? {} : { started: parts.started }),
  });
  // Without a reason, a DOMException with its stack would be made.
  over.abort('over');
  lane.signal.removeEventListener('abort', obey);
  await values.end();
  if (lane.signal.aborted) return { outcome: 'stopped' };
  const { reports } = values;
  if (stop.signal.aborted) {
    const error = `it ran longer than ${timeoutMinutes} minutes\n${lastLines(ended.tail)}`;
    return { outcome: 'failed', as: 'timedOut', error, reports };
  }
  return endOf(ended, values, folder);
}

/** Absolute path of the configuration file that the program opens; null: it has none. */
function configOf(
  { objective, place: { folder, copy } }: AttemptParts,
  { params }: Pick<ReturnType<typeof seedAndParams>, 'params'>,
  { temporaryDir }: AttemptFolders,
): string | null {
  if (objective.config === undefined) return null;
  const isPassed = passesConfig(objective, Object.keys(params));
  return configPath(objective.config, isPassed, { folder, copy, temporaryDir });
}

/** The objective for its Python: of the project folder, or of its copy where that is not here. */
function inFolder(objective: CommandObjective, folder: string): CommandObjective {
  return existsSync(objective.folder) ? objective : { ...objective, folder };
}

/** The program to start: the command's own, or the engine that runs it in a container. */
function launchOf(
  objective: CommandObjective,
  python: CommandObjective,
  command: readonly string[],
  passed: Readonly<Record<string, string>>,
  about: Pick<ContainerParts, 'name' | 'folders' | 'temporaryDir'>,
): LaunchOptions | { readonly missing: string } {
  const { container, folder, env: added = {} } = objective;
  const [named = '', ...args] = command;
  if (container === undefined) {
    const { program, env } = withPython(python, named, passed);
    const found = findProgram(program, folder, env);
    if (!('path' in found)) return { missing: `cannot start ${program}: found ${found.missing}` };
    const wrong = argumentProblem(found.path, args);
    if (wrong !== null) return { missing: wrong };
    return { program: found.path, args, folder, env };
  }
  const found = findProgram(container.engine, folder, passed);
  if (!('path' in found))
    return { missing: `cannot start ${container.engine}: found ${found.missing}` };
  const gpu = /^GPU-[\w-]+$/.exec(process.env['CUDA_VISIBLE_DEVICES'] ?? '')?.[0] ?? null;
  const user = userInfo();
  const started = containerArguments(container, {
    ...about,
    command,
    folder,
    env: passed,
    added: Object.keys(added),
    user: user.uid < 0 ? null : { uid: user.uid, gid: user.gid },
    gpu: objective.resources?.gpus === 0 ? null : gpu,
  });
  return {
    program: found.path,
    args: started.args,
    folder,
    env: { ...started.env, ...engineEnvironment() },
    ...(container.engine === 'apptainer'
      ? {}
      : { container: { engine: found.path, name: about.name } }),
  };
}

function wordOf(reason: unknown): StopWord {
  return reason === 'pruned' || reason === 'timedOut' ? reason : 'cancelled';
}

function endOf(ended: EndedProgram, values: Values, folder: string): LaneEnd {
  if (ended.error !== null) return crashed(`cannot start the program: ${ended.error.message}`);
  const { reports, metrics } = values;
  if (ended.code !== 0)
    return { outcome: 'failed', ...failureOf(ended, ended.tail, folder), reports };
  const value = values.result(ended.tail);
  if ('missing' in value)
    return { ...crashed(`${value.missing}\n${lastLines(ended.tail)}`), reports };
  return { outcome: 'finished', value: value.value, metrics, reports };
}

function crashed(error: string): LaneEnd & { readonly outcome: 'failed' } {
  return { outcome: 'failed', as: 'crashed', error };
}

/** Greatest number of reports of an attempt. */
const MOST_REPORTS = 1_000_000;
/** Greatest number of remarks in the output of an attempt. */
const MOST_REMARKS = 20;

/** Reports, metrics and value of a running program, as its rules and its reports file give them. */
class Values {
  readonly #forward: (report: Report) => void;
  readonly #log: OutputLog;
  readonly #result;
  readonly #series;
  readonly #file: AppendedLines;
  /** Step of the first report by the rule. */
  readonly #from: number;
  /** Greatest number of reports by the rule: a line about the end may match as well. */
  readonly #most: number;
  readonly #reports: Report[] = [];
  readonly #metrics: Record<string, number | string> = {};
  /** Values of the rule for reports so far. */
  #taken = 0;
  #said: number | null = null;
  #remarks = 0;

  constructor(
    {
      objective: { result, reports, epochs },
      lane: { part },
      place: { folder },
      report,
    }: AttemptParts,
    { trialDir, reportsFile }: AttemptFolders,
    log: OutputLog,
  ) {
    this.#forward = report;
    this.#log = log;
    this.#result = result === undefined ? null : searchFor(result, trialDir, folder);
    this.#series = reports === undefined ? null : searchFor(reports, trialDir, folder);
    this.#from = part?.from ?? 0;
    this.#most = (part?.until ?? (typeof epochs === 'number' ? epochs : Infinity)) - this.#from;
    this.#file = new AppendedLines(reportsFile, (text) => this.#take(text));
  }

  get reports(): readonly Report[] {
    return this.#reports;
  }

  get metrics(): Readonly<Record<string, number | string>> {
    return this.#metrics;
  }

  /** Streams of the program whose lines the rules look at. */
  get streams(): readonly Stream[] {
    return [this.#result, this.#series].flatMap((search) => search?.streams ?? []);
  }

  line(text: string, stream: Stream): void {
    if (this.#result?.streams.includes(stream) === true) this.#result.line(text);
    if (this.#series?.streams.includes(stream) === true && this.#series.line(text) !== null)
      this.#takeSeries();
  }

  look(): void {
    this.#file.look();
    this.#takeSeries();
  }

  async end(): Promise<void> {
    await this.#file.end();
    this.#takeSeries();
  }

  /** The value of the trial, or why there is none. @param tail the last lines of both streams */
  result(tail: string): { readonly value: number } | { readonly missing: string } {
    if (this.#result === null) {
      if (this.#said !== null) return { value: this.#said };
      return {
        missing:
          'the program ended without a result: the study has no rule "result", and no line {"result": number} was appended to the file that GALAPAGOS_REPORTS names',
      };
    }
    const found = this.#result.look();
    if ('missing' in found) {
      const isLogged = tail.split('\n').some((text) => this.#result?.line(text) != null);
      const hint = isLogged
        ? '; a line of standard error does: write "output" for "stdout" in the rule'
        : '';
      return { missing: `the result rule never matched: ${found.missing}${hint}` };
    }
    const value = found.values.at(-1);
    return value === undefined ? { missing: 'the result rule never matched' } : { value };
  }

  #takeSeries(): void {
    const found = this.#series?.look();
    if (found === undefined || !('values' in found)) return;
    // A file that is written anew may be shorter for a moment.
    for (const value of found.values.slice(this.#taken, this.#most)) {
      this.#add({ step: this.#from + this.#taken, value });
      this.#taken += 1;
    }
  }

  #take(text: string): void {
    const said = parseReportLine(text);
    switch (said.says) {
      case 'report': {
        const metrics = Object.entries(said.metrics).filter(([, value]) => Number.isFinite(value));
        this.#add({
          step: said.step,
          value: said.value,
          ...(metrics.length === 0
            ? {}
            : { metrics: Object.fromEntries(metrics) as Record<string, number> }),
        });
        return;
      }
      case 'result':
        this.#said = said.value;
        Object.assign(this.#metrics, said.metrics);
        return;
      case 'metrics':
        Object.assign(this.#metrics, said.metrics);
        return;
      case 'remark':
        this.#remark(said.text);
    }
  }

  #add(report: Report): void {
    const last = this.#reports.at(-1)?.step ?? -1;
    if (!Number.isFinite(report.value))
      this.#remark(`the report of step ${report.step} is left out: its value is ${report.value}`);
    else if (report.step <= last)
      this.#remark(`the report of step ${report.step} is left out: it follows step ${last}`);
    else if (this.#reports.length < MOST_REPORTS) {
      this.#reports.push(report);
      this.#forward(report);
    }
  }

  /** Writes a remark into the program's output. */
  #remark(text: string): void {
    this.#remarks += 1;
    if (this.#remarks <= MOST_REMARKS) this.#log.add(Buffer.from(`galapagos: ${text}\n`));
  }
}
