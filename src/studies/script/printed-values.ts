/**
 * Finds values that a script prints, such as `print(f"val_acc={acc:.4f}")`, and makes the rules
 * with which a study reads them. Pure; a rule is a guess, which the user checks.
 */
import { callsIn } from './python-source.ts';

export interface PrintedValue {
  /** Regular expression with one group, matched with each line. */
  readonly pattern: string;
  /** The words of the text that name the value. */
  readonly words: string;
  readonly direction: 'minimize' | 'maximize';
  /** Key of the rule: loggers write to standard error. */
  readonly rule: 'stdout' | 'output';
  /** True if the line also shows an epoch or is printed on each. */
  readonly perEpoch: boolean;
}

/** Regular expression of a printed number, with one group. */
export const NUMBER = '([-+]?[0-9.]*[0-9](?:[eE][-+]?[0-9]+)?|nan|inf)';
const PLACEHOLDER = /\{[^{}]*\}|%[-+ #0]*\d*(?:\.\d+)?[dfgeisr]|%%/;
const MAXIMIZED =
  /acc(?:uracy)?|f1|auc|auroc|score|r2|map|miou|iou|bleu|rouge|reward|return|precision|recall|dice|psnr|ssim|best metric/i;
const MINIMIZED = /loss|error|err|rmse|mse|mae|perplexity|ppl|nll|wer|cer|fid/i;
const METRIC = new RegExp(
  `(?<![A-Za-z])(?:${MAXIMIZED.source}|${MINIMIZED.source})(?![A-Za-z])`,
  'gi',
);

const PRINTS = /^(print|(?:\w+\.)*(?:info|warning|write|echo|print))$/;
const TO_STDOUT =
  /^(print|\w+\.echo|echo|console\.print|tqdm\.write|sys\.stdout\.write|accelerator\.print)$/;

/** Longest text between the word and its value, in characters. */
const FAR = 40;

/** Returns the values that print and logging calls show, the most suitable first. */
export function printedValues(source: string): PrintedValue[] {
  const found: (PrintedValue & { readonly rank: number })[] = [];
  for (const { name, positional, named } of callsIn(source, PRINTS)) {
    const format = formatOf(
      positional.map((each) =>
        'code' in each
          ? each.code
          : 'literal' in each && typeof each.literal === 'string'
            ? quote(each.literal)
            : '{}',
      ),
    );
    const rule: PrintedValue['rule'] =
      TO_STDOUT.test(name) && named['file'] === undefined ? 'stdout' : 'output';
    if (format !== null) found.push(...valuesIn(format).map((value) => ({ ...value, rule })));
  }
  const seen = new Set<string>();
  return found
    .toSorted((a, b) => b.rank - a.rank)
    .filter(({ pattern }) => !seen.has(pattern) && seen.add(pattern));
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** The text that a print shows, with placeholders; null: it has no text. */
function formatOf(parts: readonly string[]): string | null {
  const texts = parts.map((part) => {
    const string = /^[fFrRbBuU]{0,2}("""|'''|"|')([^]*?)\1/.exec(part);
    if (string === null) return '{}';
    // Adjacent texts are one text in Python.
    const rest = part.slice(string[0].length);
    const more = /^\s*[fFrR]{0,2}(["'])([^]*?)\1/.exec(rest)?.[2] ?? '';
    return `${string[2] ?? ''}${more}`;
  });
  const text = texts
    .join(' ')
    .replaceAll(/\\[nr]/g, '\n')
    .replaceAll('\\t', '\t');
  return PLACEHOLDER.test(text) && /[A-Za-z]/.test(text) ? text : null;
}

function valuesIn(format: string): (Omit<PrintedValue, 'rule'> & { rank: number })[] {
  return format.split('\n').flatMap((line) =>
    [...line.matchAll(METRIC)].flatMap((match) => {
      // Not a name within a placeholder.
      if (/\{[^}]*$/.test(line.slice(0, match.index))) return [];
      const found = valueAfter(line, match.index, match[0].length);
      if (found === null) return [];
      const before = wordsBefore(line, match.index);
      const words = `${before}${match[0]}`.trim().toLowerCase();
      const isMaximized = MAXIMIZED.test(match[0]) && !MINIMIZED.test(match[0]);
      const perEpoch = /epoch/i.test(line.replace(match[0], ''));
      const rank =
        (words.includes('test') ? 4 : 0) +
        (/val|valid|dev|eval|best/.test(words) ? 6 : 0) -
        (/train/i.test(line.slice(0, match.index)) && !/test|val/.test(words) ? 4 : 0) +
        (isMaximized ? 2 : 0) -
        (found.isCoarse ? 3 : 0);
      return [
        {
          pattern: found.pattern,
          words,
          direction: isMaximized ? ('maximize' as const) : ('minimize' as const),
          perEpoch,
          rank,
        },
      ];
    }),
  );
}

/** The pattern from a metric's word to its number; a share in percent is preferred to a count. */
function valueAfter(
  line: string,
  at: number,
  length: number,
): { readonly pattern: string; readonly isCoarse: boolean } | null {
  const word = wordsBefore(line, at).trimStart();
  let pattern = escaped(`${word}${line.slice(at, at + length)}`);
  let rest = line.slice(at + length);
  const next = PLACEHOLDER.exec(rest);
  if (next === null || next.index > FAR || hasMetric(rest.slice(0, next.index))) return null;
  const share =
    /^([^{}%]*)(\{[^{}]*\}|%[\d.]+[dfg])\/(\{[^{}]*\}|%[\d.]*[dfg]) \((\{[^{}]*\}|%[\d.]*f)%/.exec(
      rest,
    );
  if (share !== null) {
    const decimals = /\.(\d)/.exec(share[4] ?? '')?.[1];
    return {
      pattern: `${pattern}${escaped(share[1] ?? '')}\\S+ \\(${NUMBER}%`,
      isCoarse: decimals === undefined || Number(decimals) < 1,
    };
  }
  pattern += escaped(rest.slice(0, next.index));
  rest = next[0];
  const decimals = /\.(\d+)[fg%]/.exec(rest)?.[1];
  return { pattern: `${pattern}${NUMBER}`, isCoarse: /^%%|d\}?$/.test(rest) || decimals === '0' };
}

/** The words before a place, up to a placeholder. */
function wordsBefore(line: string, at: number): string {
  const before = line.slice(0, at).replaceAll(new RegExp(PLACEHOLDER.source, 'g'), '\0');
  return /[\w .-]*$/.exec(before)?.[0] ?? '';
}

function hasMetric(text: string): boolean {
  return new RegExp(METRIC.source, 'i').test(text);
}

/** Text as a regular expression; blanks match any number of blanks. */
function escaped(text: string): string {
  return text
    .replaceAll('{{', '{')
    .replaceAll('}}', '}')
    .replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
    .replaceAll(/\s+/g, String.raw`\s*`);
}
