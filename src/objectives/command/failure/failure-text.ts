/**
 * Meaning of a program's end, from its exit status and the last of its output: out of memory or a
 * crash, with the exception and the line of the user's own file first.
 */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { saysOutOfMemory } from './memory-text.ts';
import { BEGINNING, FRAME, linesOf } from './traceback-lines.ts';

/** Exit status or signal that ended a program. */
export interface ProgramEnd {
  /** Null: ended by a signal. */
  readonly code: number | null;
  readonly signal: string | null;
  /**
   * True if the system killed a process for lack of memory meanwhile; null: it does not say. Not
   * necessarily a process of this program.
   */
  readonly memoryKill: boolean | null;
}

export interface Failure {
  readonly as: 'crashed' | 'outOfMemory';
  readonly error: string;
}

/** Exit status of a shell whose program was killed by SIGKILL. */
const KILLED = 128 + 9;

/** Texts of PyTorch, Python and shells after a process that the program started was killed. */
const OF_A_KILLED_CHILD =
  /killed by signal: Killed|terminated abruptly|SIGKILL|\bsignal 9\b|exitcode: -9|^Killed$/m;

/** Lines and characters of output that an error quotes. */
const QUOTED_LINES = 20;
const QUOTED_CHARACTERS = 2_500;
/** Characters of the last line that stand in the first line of an error. */
const LAST_CHARACTERS = 200;

/**
 * @param tail the last of what it wrote
 * @param folder its working folder, where the user's own files are
 */
export function failureOf(end: ProgramEnd, tail: string, folder: string): Failure {
  const { code, signal, memoryKill } = end;
  const how = signal === null ? `exit status ${code ?? '?'}` : `ended by ${signal}`;
  const quoted = lastLines(tail);
  const outOfText = saysOutOfMemory(tail);
  if (signal === 'SIGKILL' || code === KILLED) {
    const as = memoryKill === true || outOfText ? 'outOfMemory' : 'crashed';
    return { as, error: `${how}: ${killReason(memoryKill)}\n${quoted}` };
  }
  const trace = tracebackSummary(tail, folder);
  const last = tail.trimEnd().split('\n').at(-1)?.trim().slice(0, LAST_CHARACTERS) ?? '';
  const summary = trace === null ? (last === '' ? how : `${how}: ${last}`) : `${trace}\n${how}`;
  if (outOfText) return { as: 'outOfMemory', error: `${summary}\n${quoted}` };
  if (memoryKill === true && OF_A_KILLED_CHILD.test(lastLines(tail)))
    return { as: 'outOfMemory', error: `${summary}\n${killReason(true)}\n${quoted}` };
  return { as: 'crashed', error: `${summary}\n${quoted}` };
}

function killReason(memoryKill: boolean | null): string {
  if (memoryKill === true) return 'the system killed a process because memory ran out';
  return memoryKill === false
    ? 'killed, and not because memory ran out'
    : 'killed; whether memory ran out is not known on this system';
}

/** The last lines of an output, for the text of an error. */
export function lastLines(tail: string): string {
  const lines = tail.trimEnd().split('\n').slice(-QUOTED_LINES);
  const text = lines.join('\n').slice(-QUOTED_CHARACTERS).trim();
  return text === '' ? 'it printed nothing' : `the last of its output:\n${text}`;
}

interface Frame {
  readonly file: string;
  readonly line: string;
  readonly name: string;
  readonly source: string;
}

/** Folders of packages, whose files are not the user's. */
const PACKAGES = /(^|[/\\])(site-packages|dist-packages|lib[/\\]python[\d.]+|\.venv|venv)[/\\]/;

/**
 * Summarises the last Python traceback: its exception, and the innermost line in the user's own
 * files. Null: there is none.
 */
export function tracebackSummary(tail: string, folder: string): string | null {
  const lines = linesOf(tail);
  const begin = beginningOf(lines);
  if (begin < 0) return null;
  const frames: Frame[] = [];
  let exception: string | null = null;
  for (let at = begin + 1; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const [, file, number, name = '<module>'] = FRAME.exec(line) ?? [];
    if (file !== undefined && number !== undefined) {
      const next = lines[at + 1] ?? '';
      const source = FRAME.test(next) || !/^\s/.test(next) ? '' : next.trim();
      frames.push({ file, line: number, name, source });
    } else if (line !== '' && !/^\s/.test(line)) {
      exception = line.trim();
      break;
    }
  }
  if (exception === null) return null;
  const own = frames.findLast(({ file }) => isOwn(file, folder)) ?? frames.at(-1);
  if (own === undefined) return exception;
  const source = own.source === '' ? '' : `\n    ${own.source}`;
  return `${exception} (${shortPath(own.file, folder)}:${own.line} in ${own.name})${source}`;
}

/** Before the traceback of another process, which is quoted in a text of three quotes. */
const REMOTE = /^[\w.]*RemoteTraceback:/;

/**
 * Returns where the traceback begins that tells most: the last one, or the one of another process
 * that caused it, as multiprocessing and joblib print it. -1: there is none.
 */
function beginningOf(lines: readonly string[]): number {
  const last = lines.findLastIndex((line) => BEGINNING.test(line));
  const remote = lines.findLastIndex((line) => REMOTE.test(line));
  if (remote < 0) return last;
  const end = lines.findIndex((line, at) => at > remote + 1 && line === '"""');
  const isCause =
    end >= 0 && lines.findIndex((line, at) => at > end && BEGINNING.test(line)) === last;
  if (!isCause) return last;
  const within = lines.findLastIndex((line, at) => at < end && BEGINNING.test(line));
  return within > remote ? within : last;
}

function isOwn(file: string, folder: string): boolean {
  if (file.startsWith('<')) return false;
  const path = relative(folder, resolve(folder, file));
  return !path.startsWith(`..${sep}`) && !isAbsolute(path) && !PACKAGES.test(path);
}

function shortPath(file: string, folder: string): string {
  return isOwn(file, folder) ? relative(folder, resolve(folder, file)) : file;
}
