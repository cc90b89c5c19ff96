/**
 * A study on one page that opens anywhere: self-contained HTML without scripts or requests. Pure:
 * the contents are arguments; the words are in `text.ts`.
 */
import { withEscapes } from '../../core/hidden-characters.ts';
import { scoreName } from '../../core/study/score.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import type { Confirmation, Importance } from '../../protocol/window/reading.ts';
import type { StudyEnergy } from '../../core/study/study-energy.ts';
import { count, duration, percent, value as valueText } from '../format.ts';
import { text } from '../text.ts';

type Known = Extract<Importance, { readonly parameters: unknown }>;

export interface ReportTrial {
  readonly number: number;
  readonly value: number;
  readonly params: readonly (readonly [name: string, value: string])[];
}

export interface ReportFacts {
  readonly head: StudyHead;
  readonly best: readonly ReportTrial[];
  /** Null: unknown. */
  readonly energy: StudyEnergy | null;
  readonly confirmations: readonly Confirmation[];
  /** Complete SVG documents. */
  readonly charts: readonly string[];
  /**
   * Learning curves of the best trials, a complete SVG document; null when no trial reported twice.
   */
  readonly curves: string | null;
  /** Null when unknown, for example for a study of another program. */
  readonly importance: Importance | null;
  /** The host that wrote the report. */
  readonly machine: {
    readonly platform: string;
    readonly cores: number;
    readonly workers: number;
    readonly gpus: readonly string[];
  };
  readonly version: string;
  /** Formatted time of writing. */
  readonly at: string;
}

const STYLE = `body{margin:32px auto;max-width:960px;padding:0 24px;font:13px/20px system-ui,-apple-system,"Segoe UI",sans-serif;color:#14181d;font-variant-numeric:tabular-nums}
h1{font-size:24px;line-height:32px;margin:0}h2{font-size:15px;line-height:22px;margin:28px 0 8px}p{margin:4px 0;color:#47505a}
table{border-collapse:collapse;font-size:12px}th,td{padding:4px 16px 4px 0;border-bottom:1px solid #e2e5e9;text-align:right;vertical-align:top}
th:first-child,td:first-child{text-align:left}th{color:#47505a;font-weight:400}pre{font:11px/16px ui-monospace,monospace;white-space:pre-wrap;background:#f6f7f8;padding:12px}
svg{max-width:100%;height:auto}.best{font-size:24px;color:#14181d}@media print{body{margin:0}}`;

export function reportHtml({
  head,
  best,
  energy,
  confirmations,
  charts,
  curves,
  importance,
  machine,
  version,
  at,
}: ReportFacts): string {
  const { name, metric, counts, searched } = head;
  const names = best[0]?.params.map(([each]) => each) ?? [];
  const words = text.report;
  const score = scoreName(head);
  const body = [
    `<h1>${escaped(name)}</h1>`,
    `<p>${escaped(words.written({ at, version }))}</p>`,
    ...(head.note === ''
      ? []
      : [
          `<p style="white-space:pre-wrap">${escaped(head.note.split('\n').map(withEscapes).join('\n'))}</p>`,
        ]),
    head.best === null
      ? `<p>${escaped(words.nothing)}</p>`
      : `<p class="best">${escaped(words.best({ value: valueText(head.best.value, metric), score, trial: head.best.trial }))}</p>`,
    `<p>${escaped(words.counts({ ...counts, time: head.activeMs === null ? null : duration(head.activeMs) }))}</p>`,
    ...(energy === null ? [] : [`<p>${escaped(words.energy(energy))}</p>`]),
    ...head.notes.map((note) => `<p>${escaped(note)}</p>`),
    ...confirmations.map((confirmation) => confirmationHtml(confirmation, head)),
    ...(best.length === 0
      ? []
      : [
          `<h2>${escaped(words.bestTrials({ trials: best.length }))}</h2>`,
          tableHtml(
            [words.trial, score, ...names],
            best.map((trial) => [
              String(trial.number),
              valueText(trial.value, metric),
              ...trial.params.map(([, each]) => each),
            ]),
          ),
        ]),
    ...charts.map((chart) => `<h2>${escaped(words.chart)}</h2>${chart}`),
    ...(curves === null
      ? []
      : [`<h2>${escaped(words.curves({ trials: best.length }))}</h2>${curves}`]),
    ...(importance !== null && 'parameters' in importance
      ? [importanceHtml(importance, head)]
      : []),
    `<h2>${escaped(words.machine)}</h2><p>${escaped(words.machineIs(machine))}</p>`,
    ...(searched === null
      ? []
      : [
          `<h2>${escaped(words.settings)}</h2><pre>${escaped(JSON.stringify(searched, null, 2))}</pre>`,
        ]),
    ...(head.executors.length === 0
      ? []
      : [
          `<p>${escaped(words.executors({ labels: text.list(head.executors.map(({ label }) => label)) }))}</p>`,
        ]),
  ];
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escaped(name)}</title><style>${STYLE}</style></head><body><main>\n${body.join('\n')}\n</main></body></html>\n`;
}

function importanceHtml({ parameters, together, median }: Known, head: StudyHead): string {
  const words = text.report;
  const shareText = (share: Known['together']['whole']): string =>
    share === null
      ? text.unknown
      : `${percent(share.share)} (${percent(share.low)} to ${percent(share.high)})`;
  const rows = [...parameters, { name: words.together, ...together }].map(
    ({ name, whole, good }) => [name, shareText(whole), shareText(good)],
  );
  const hints = [
    words.importanceHint,
    ...(median === null
      ? []
      : [words.goodRegion({ score: scoreName(head), median: valueText(median, head.metric) })]),
  ];
  const paragraphs = hints.map((hint) => `<p>${escaped(hint)}</p>`).join('');
  return `<h2>${escaped(words.importance)}</h2>${paragraphs}${tableHtml([words.parameter, words.wholeSpace, words.inGoodRegion], rows)}`;
}

function confirmationHtml(
  { configurations, p, test, done, of }: Confirmation,
  head: StudyHead,
): string {
  const words = text.report;
  const { metric } = head;
  const rows = configurations.map(({ trial, mean, interval, values }) => [
    String(trial),
    mean === null ? text.unknown : valueText(mean, metric),
    interval === null
      ? text.unknown
      : `${valueText(interval.low, metric)} to ${valueText(interval.high, metric)}`,
    count(values.length),
  ]);
  const paragraphs = [
    words.confirmed({ done, of }),
    ...(p === null
      ? []
      : [
          words.apart({
            p: p < 0.001 ? '< 0.001' : p.toFixed(3),
            first: configurations[0]?.trial ?? 0,
            second: configurations[1]?.trial ?? 0,
            significant: p < 0.05,
          }),
        ]),
    ...(test === null ? [] : [words.test({ value: valueText(test, metric) })]),
  ];
  return `<h2>${escaped(words.confirmation)}</h2>${paragraphs.map((each) => `<p>${escaped(each)}</p>`).join('')}${tableHtml([words.trial, words.mean({ score: scoreName(head) }), words.interval, words.seeds], rows)}`;
}

function tableHtml(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (each: readonly string[], tag: 'th' | 'td'): string =>
    each.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('');
  return `<table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')}</tbody></table>`;
}

function escaped(said: string): string {
  return said
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
