/**
 * Runs one program for one attempt: output into its log, lines and reports as they come, and its
 * end in order or by force. Does not know what its values mean.
 */
import { renameSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import type { Gate } from '../../../runtime/gate.ts';
import { longCall } from '../../../runtime/long-call.ts';
import { memoryKills } from '../../../runtime/memory-kills.ts';
import { killGroup } from '../../../runtime/process-group.ts';
import { Tail } from '../../../runtime/tail.ts';
import { within } from '../../../runtime/within.ts';
import type { ProgramEnd } from '../failure/failure-text.ts';
import { ContainerControl } from './container-control.ts';
import type { Guardian, LaunchOptions } from './guardian.ts';
import { Lines } from '../values/lines.ts';
import type { OutputLog } from '../output/output-log.ts';
import type { Stream } from '../values/value-rules.ts';

/** Reason for ending a program, as the file `GALAPAGOS_STOP` has it. */
export type StopWord = 'pruned' | 'cancelled' | 'timedOut';

export interface ProgramParts {
  readonly guardian: Guardian;
  readonly log: OutputLog;
  readonly stopFile: string;
  readonly graceMs: number;
  /** The program is suspended while it is closed. */
  readonly gate: Gate;
  /** Aborted with a `StopWord` to end the program. */
  readonly signal: AbortSignal;
  /** Told the process group of the program once it starts. */
  readonly started?: (group: number) => void;
  readonly line: (text: string, stream: Stream) => void;
  /** Streams whose lines are wanted. */
  readonly streams: readonly Stream[];
  /** Called from time to time while the program runs. */
  readonly look: () => void;
  readonly platform?: NodeJS.Platform;
}

export interface EndedProgram extends ProgramEnd {
  /** The last of what it wrote, to both streams. */
  readonly tail: string;
  /** The program could not be started. */
  readonly error: Error | null;
}

/** Milliseconds between two looks at the files of a program. */
const LOOK_MS = 50;

/**
 * Longest time, in milliseconds, for which Windows blocks the thread that starts a program: a virus
 * scanner reads it first. Under wine on two busy cores, 2 seconds were measured.
 */
const START_MS = 30_000;

/** Milliseconds for which output is waited for after the program's own process has ended. */
const LAST_OUTPUT_MS = 500;
/** The same once its group was killed: another group may hold the pipe. */
const NO_OUTPUT_MS = 100;

export async function runProgram(
  launch: LaunchOptions,
  {
    guardian,
    log,
    stopFile,
    graceMs,
    gate,
    signal,
    line,
    streams,
    look,
    started,
    platform = process.platform,
  }: ProgramParts,
): Promise<EndedProgram> {
  const tail = new Tail(TAIL_BYTES);
  const linesOf = (stream: Stream): Lines | null =>
    streams.includes(stream) ? new Lines((text) => line(text, stream)) : null;
  const [lines, errorLines] = [linesOf('stdout'), linesOf('stderr')];
  const { container } = launch;
  // The engine of a container starts it in a control group of its own.
  const scope = container === undefined ? 'group' : 'machine';
  const killsBefore = memoryKills(scope);
  const control = container === undefined ? null : new ContainerControl(container);
  const child =
    platform === 'win32'
      ? await longCall(START_MS, () => guardian.launch(launch))
      : guardian.launch(launch);
  if (child.pid !== undefined) started?.(child.pid);
  log.prepare();
  child.stdout?.on('data', (chunk: Buffer) => {
    log.add(chunk);
    tail.add(chunk);
    lines?.add(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    log.add(chunk);
    tail.add(chunk);
    errorLines?.add(chunk);
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = exitOf(child);
  let force: NodeJS.Timeout | undefined;
  const stop = (): void => {
    writeStop(stopFile, signal.reason as StopWord);
    if (control !== null) void control.terminate();
    // Windows knows no polite signal: a program reads the file or is ended by force.
    else if (platform !== 'win32') {
      killGroup(child.pid, 'SIGTERM');
      // A suspended program hears of it only when it goes on.
      killGroup(child.pid, 'SIGCONT');
    }
    force = setTimeout(() => {
      killGroup(child.pid, 'SIGKILL');
      // The engine kills no container that it was not told to.
      void control?.remove();
    }, graceMs);
  };
  const hold = (): void => {
    if (platform === 'win32') return;
    if (control !== null) {
      if (gate.isOpen || !signal.aborted) void control.hold(!gate.isOpen);
      return;
    }
    if (!gate.isOpen && !signal.aborted) killGroup(child.pid, 'SIGSTOP');
    else if (gate.isOpen) killGroup(child.pid, 'SIGCONT');
  };
  const looking = setInterval(look, LOOK_MS);
  const stopListening = gate.onChange(hold);
  if (!gate.isOpen) hold();
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  const end = await exited;
  signal.removeEventListener('abort', stop);
  stopListening();
  clearTimeout(force);
  clearInterval(looking);
  if (child.pid !== undefined) {
    await within(LAST_OUTPUT_MS, closed);
    guardian.bury(child.pid);
    if (container !== undefined) {
      await control?.remove();
      guardian.removed(container);
    }
    await within(NO_OUTPUT_MS, closed);
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  }
  lines?.end();
  errorLines?.end();
  look();
  const kills = end.code === 0 ? null : memoryKills(scope);
  const memoryKill = kills === null || killsBefore === null ? null : kills > killsBefore;
  return { ...end, memoryKill, tail: decodedLines(tail.bytes()) };
}

type Exit = Omit<EndedProgram, 'memoryKill' | 'tail'>;

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal, error: null }));
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error });
    });
  });
}

/** Written whole or not at all: a program that sees the file reads its word. */
function writeStop(file: string, word: StopWord): void {
  try {
    writeFileSync(`${file}.new`, word);
    renameSync(`${file}.new`, file);
  } catch {
    // The disk is full, or the program has deleted its folder: it gets the signal.
  }
}

/** Bytes of output that the text of an error is taken from. */
const TAIL_BYTES = 32 * 1024;

/** Decodes each line apart: a program may mix encodings. */
function decodedLines(bytes: Buffer): string {
  const found: string[] = [];
  const lines = new Lines((text) => found.push(text));
  lines.add(bytes);
  lines.end();
  return found.join('\n');
}
