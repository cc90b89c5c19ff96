/**
 * Decides whether the output of a failed program says that memory ran out in the end. A program may
 * catch such an error, go on with less, and fail for another reason, so that the message counts
 * only in the exception that ended the program, in what caused it, or in the last lines.
 */
import { BEGINNING, linesOf } from './traceback-lines.ts';

const MESSAGES: readonly RegExp[] = [
  // PyTorch: `torch.OutOfMemoryError`, `torch.cuda.OutOfMemoryError`; also CuPy, Java and Julia.
  /\bOutOfMemoryError\b|\b(?:CUDA|HIP|XPU|MPS backend) out of memory\b/,
  /\b(?:CUDA|HIP)(?: driver| runtime)? error:? (?:\(?2\)?\s?:?\s?)?out of memory\b/i,
  /\bCUDA (?:error|failure):? 2\b|\b(?:cudaErrorMemoryAllocation|hipErrorOutOfMemory)\b/i,
  /\bCUDA_ERROR_OUT_OF_MEMORY\b|\b(?:CU|HIP|ROC)[A-Z]+_\w*ALLOC(?:ATION)?_FAILED\b/,
  // TensorFlow, JAX.
  /\bResourceExhaustedError\b|\bOOM when allocating\b/,
  /\bRESOURCE_EXHAUSTED: .*(?:memory|allocat|\bOOM\b)/i,
  // Main memory: Python, NumPy, PyTorch on the CPU, C++, Node, Rust, R.
  /^(?:[\w.]+\.)?_?(?:Array)?MemoryError\b|\bCannot allocate memory\b|\bstd::bad_alloc\b/,
  /\bDefaultCPUAllocator: (?:can't allocate|not enough) memory\b|\bJavaScript heap out of memory\b/,
  /^memory allocation of \d+ bytes failed\b|\bcannot allocate vector of size\b/,
];

/**
 * Exceptions of programs that started the one that failed, whose own traceback is before theirs.
 */
const OF_A_STARTER = /\b(?:ChildFailedError|CalledProcessError|ProcessExitedException)\b/;
/** Stands between an exception and one that it caused. */
const CAUSED = 'The above exception was the direct cause of the following exception:';
/** Stands between an exception and another one raised while the first was being handled. */
const HANDLED = 'During handling of the above exception, another exception occurred:';
/** Stands before each exception of a group. */
const IN_GROUP = /^\s*\+-.*-$/;
const ORIGINAL = 'Original Traceback';

/** Lines of launchers, and of native stack traces, after a program's own. */
const NOISE =
  /^(?:srun|slurmstepd|make|wandb|npm|sh|bash)\b.*:|^frame #\d+:|^\s+at |^\s*\d+: 0x|^<---|^Exception raised from |^\s*(?:Aborted|Segmentation fault)/;
/** Begins a line that tells of an error. */
const ERROR =
  /^(?:terminate called|\s*what\(\):|FATAL ERROR|Exception in|[\w.:]*(?:Error|Exception)\b)/;
const OTHER_ERROR = /^(?:[\w.:]*(?:Error|Exception)\b|error|fatal|panic|assert)/i;
const ABOUT_MEMORY = /\bout of memory\b|\boom\b/i;

/** Lines that may follow an error of full memory. */
const AFTER_ERROR = 10;
/** Lines that may follow the exception of a program that started the one that failed. */
const AFTER_STARTER = 30;
/** Lines that may follow a message of full memory that does not begin as an error does. */
const AFTER_MESSAGE = 3;
/** Greatest number of lines of an exception's message, which TensorFlow makes long. */
const MESSAGE_LINES = 100;

/** @param tail the last of what a program wrote that failed */
export function saysOutOfMemory(tail: string): boolean {
  const lines = linesOf(tail).filter((line) => line.trim() !== '' && !NOISE.test(line));
  const last = lines.findLastIndex(isMessage);
  if (last < 0) return false;
  const blocks = tracebacksOf(lines);
  const final = blocks.at(-1);
  if (final === undefined || isOver(lines, final, last)) return endsWithMessage(lines, last);
  return causesOf(blocks).some(({ message }) => message.some(isMessage));
}

function isMessage(line: string): boolean {
  return MESSAGES.some((message) => message.test(line));
}

interface Traceback {
  /** Index of the line with the exception. */
  readonly exception: number;
  /** The exception and all lines up to the next traceback. */
  readonly message: readonly string[];
  /** Line before the traceback, and its own first one. */
  readonly link: readonly [string, string];
}

function tracebacksOf(lines: readonly string[]): Traceback[] {
  const begins = lines.flatMap((line, at) => (BEGINNING.test(line) ? [at] : []));
  return begins.flatMap((begin, i) => {
    const end = begins[i + 1] ?? lines.length;
    // Lines of frames, which quote the program, are indented.
    const found = lines.slice(begin + 1, end).findIndex((line) => !/^\s/.test(line));
    if (found < 0) return [];
    const exception = begin + 1 + found;
    const message = lines.slice(exception, end);
    return [{ exception, message, link: [lines[begin - 1] ?? '', lines[begin] ?? ''] }];
  });
}

/** Returns whether the program went on after its last traceback, which it must have caught then. */
function isOver(lines: readonly string[], { exception }: Traceback, last: number): boolean {
  if (last > exception + MESSAGE_LINES) return true;
  const after = lines.slice(Math.max(exception, last) + 1);
  const most = OF_A_STARTER.test(lines[exception] ?? '') ? AFTER_STARTER : AFTER_ERROR;
  return after.length > most || after.some((line) => OTHER_ERROR.test(line));
}

/** The last traceback, and those of what caused it. */
function causesOf(blocks: readonly Traceback[]): readonly Traceback[] {
  const first = blocks.findLastIndex((block, i) => i === 0 || !isCaused(block));
  return blocks.slice(Math.max(0, first));
}

/** Returns whether the traceback before belongs to the same failure. */
function isCaused({ link: [before, begin], message }: Traceback): boolean {
  if (before.startsWith(CAUSED) || IN_GROUP.test(before) || begin.startsWith(ORIGINAL)) return true;
  return (before.startsWith(HANDLED) ? ABOUT_MEMORY : OF_A_STARTER).test(message[0] ?? '');
}

function endsWithMessage(lines: readonly string[], last: number): boolean {
  const after = lines.slice(last + 1);
  if (after.some((line) => OTHER_ERROR.test(line))) return false;
  return after.length <= (ERROR.test(lines[last] ?? '') ? AFTER_ERROR : AFTER_MESSAGE);
}
