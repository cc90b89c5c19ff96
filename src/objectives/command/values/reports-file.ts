/**
 * The file to which a program appends JSON lines (`GALAPAGOS_REPORTS`): reports, its result and its
 * metrics. A line that says none of them is returned as a remark.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { turn } from '../../../runtime/turn.ts';
import { Lines } from './lines.ts';
import { numberOf, parseLenient } from './lenient-json.ts';

export type Metrics = Readonly<Record<string, number | string>>;

/** Content of one line. */
export type ReportLine =
  | { readonly says: 'report'; readonly step: number; readonly value: number; metrics: Metrics }
  | { readonly says: 'result'; readonly value: number; metrics: Metrics }
  | { readonly says: 'metrics'; metrics: Metrics }
  | { readonly says: 'remark'; readonly text: string };

/** Longest name and text of a metric, in characters, and greatest number of metrics. */
const LONGEST_NAME = 256;
const LONGEST_TEXT = 16_384;
const MOST_METRICS = 10_000;

export function parseReportLine(line: string): ReportLine {
  let found: unknown;
  try {
    found = parseLenient(line);
  } catch {
    return remark(line, 'is not JSON');
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found))
    return remark(line, 'is not an object {…}');
  const fields = found as Readonly<Record<string, unknown>>;
  const metrics = metricsOf(fields['metrics']);
  if (metrics === null) return remark(line, 'has metrics that are not numbers and texts by name');
  if ('step' in fields || 'value' in fields) {
    const { step } = fields;
    const value = numberOf(fields['value']);
    if (typeof step !== 'number' || !Number.isInteger(step) || step < 0)
      return remark(line, 'has a "step" that is not an integer ≥ 0');
    if (value === null) return remark(line, 'has a "value" that is not a number');
    return { says: 'report', step, value, metrics };
  }
  if ('result' in fields) {
    const value = fields['result'] === null ? NaN : numberOf(fields['result']);
    if (value === null) return remark(line, 'has a "result" that is not a number');
    return { says: 'result', value, metrics };
  }
  if ('metrics' in fields) return { says: 'metrics', metrics };
  return remark(line, 'has none of "step" with "value", "result" and "metrics"');
}

/** Null: not numbers and texts by name. */
function metricsOf(found: unknown): Metrics | null {
  if (found === undefined) return {};
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return null;
  const metrics: Record<string, number | string> = {};
  for (const [name, value] of Object.entries(found).slice(0, MOST_METRICS)) {
    if (typeof value !== 'number' && typeof value !== 'string') return null;
    metrics[name.slice(0, LONGEST_NAME)] =
      typeof value === 'number' ? value : value.slice(0, LONGEST_TEXT);
  }
  return metrics;
}

function remark(line: string, what: string): ReportLine {
  const short = line.length > 120 ? `${line.slice(0, 119)}…` : line;
  return { says: 'remark', text: `a line of GALAPAGOS_REPORTS ${what}: ${short}` };
}

/** Bytes read at a time. */
const READ_BYTES = 64 * 1024;
/** Milliseconds of one look, after which others get their turn: the file may be large. */
const TURN_MS = 20;
/** Opens a pipe without waiting for a writer. Windows lacks the second, which then counts as 0. */
const AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

/** Reads what a program has appended to a file since the last look. */
export class AppendedLines {
  readonly #file: string;
  readonly #lines: Lines;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #at = 0;

  constructor(file: string, line: (text: string) => void) {
    this.#file = file;
    this.#lines = new Lines(line);
  }

  /** Reads a part of what is new. A file that is not there, or is none, has no lines. */
  look(): void {
    this.#read();
  }

  /** Reads the rest; its last line may lack its end. */
  async end(): Promise<void> {
    while (this.#read()) await turn();
    this.#lines.end();
  }

  /** @returns false: nothing is left to be read */
  #read(): boolean {
    let file: number;
    try {
      file = openSync(this.#file, AT_ONCE);
    } catch {
      return false;
    }
    try {
      if (!fstatSync(file).isFile()) return false;
      for (const from = performance.now(); performance.now() - from < TURN_MS;) {
        const read = readSync(file, this.#buffer, 0, READ_BYTES, this.#at);
        if (read === 0) return false;
        this.#at += read;
        this.#lines.add(Buffer.from(this.#buffer.subarray(0, read)));
      }
      return true;
    } finally {
      closeSync(file);
    }
  }
}
