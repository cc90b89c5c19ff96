/** Formats numbers, durations and texts for the command line, without colours. */
import type { ParamValue, Params } from '../../core/search-space/distribution.ts';
import { THIN, scoreText, scoreWithSplit } from '../../core/study/score.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import { joulesText } from '../../core/study/study-energy.ts';
import type { StudyEnergy } from '../../core/study/study-energy.ts';

/** At most five significant digits, without trailing zeros: `0.0312`, `1e-5`, `512`. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  const text = value.toPrecision(Math.abs(value) >= 10_000 ? 7 : 4);
  const [mantissa = '', exponent] = (
    Math.abs(value) < 1e-4 || text.includes('e') ? value.toExponential(3) : text
  ).split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return exponent === undefined ? short : `${short}e${exponent.replace('+', '')}`;
}

/**
 * A score without its split, for columns that name it: `94.12 %`; `diverged` if there is no value.
 */
export function value(measured: number | null, { metric }: Pick<ScoreKind, 'metric'>): string {
  return plain(measured, (known) => scoreText(known, metric));
}

/** A score with its split: `94.12 % (validation)`. */
export function score(measured: number | null, kind: ScoreKind): string {
  return plain(measured, (known) => scoreWithSplit(known, kind));
}

/** Replaces spaces and signs by the ASCII ones that terminals display and `grep` finds. */
function plain(measured: number | null, write: (known: number) => string): string {
  if (measured === null || !Number.isFinite(measured)) return 'diverged';
  return write(measured).replaceAll(THIN, ' ').replaceAll('\u2212', '-');
}

/** `12.3 kJ for 60 of 64 trials, idle power included`. */
export function energyText({ joules, trials, of }: StudyEnergy): string {
  const share = trials === of ? count(of, 'trial') : `${trials} of ${count(of, 'trial')}`;
  return `${plain(joules, joulesText)} for ${share}, idle power included`;
}

export function paramValue(given: ParamValue): string {
  return typeof given === 'number' ? number(given) : String(given);
}

/** `learningRate 0.0312`, `dropout 0.104` … */
export function paramWords(given: Params): string[] {
  return Object.entries(given).map(([name, entry]) => `${name} ${paramValue(entry)}`);
}

/** `learningRate 0.0312  dropout 0.104`. */
export function params(given: Params): string {
  return paramWords(given).join('  ');
}

/** `0.8 s`, `12 s`, `3 min 05 s`, `2 h 07 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * Evaluations per second, or per minute or hour where that is easier to read; `–` for null
 * (unknown).
 */
export function rate(perSecond: number | null): string {
  if (perSecond === null) return '– evaluations/s';
  if (perSecond === 0 || perSecond >= 0.1)
    return `${perSecond >= 100 ? Math.round(perSecond) : perSecond.toFixed(1)} evaluations/s`;
  return perSecond >= 0.1 / 60
    ? `${(perSecond * 60).toFixed(1)} evaluations/min`
    : `${(perSecond * 3600).toFixed(1)} evaluations/h`;
}

/** `1 trial`, `3 trials`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** At most `width` columns; a longer text ends in `…`. Control characters become spaces. */
export function cut(text: string, width: number): string {
  const clean = text.replace(/\p{Cc}+/gu, ' ');
  if (columns(clean) <= width) return clean;
  let kept = '';
  let used = 0;
  for (const character of clean) {
    used += columnsOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return width < 1 ? '' : `${kept}…`;
}

/**
 * Number of terminal columns of a text (wide East Asian characters and emoji: two; combining marks:
 * none).
 */
export function columns(text: string): number {
  let sum = 0;
  for (const character of text) sum += columnsOf(character);
  return sum;
}

function columnsOf(character: string): number {
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
    character,
  )
    ? 2
    : 1;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
