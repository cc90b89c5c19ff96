/**
 * Formats the live view of a run as lines of text, which `terminal.ts` redraws. Colours are
 * parameters.
 */
import { count, cut, duration, params, paramWords, rate, score } from './format.ts';
import { shortSlot } from '../../core/device.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import { bestText } from './lines.ts';
import type { RunProgress, WorkerView } from './run-progress.ts';
import { wrap } from './table.ts';

export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

export const plain: Paint = { bold: String, dim: String, good: String, bad: String };

export interface Frame {
  readonly width: number;
  /** Greatest number of lines. */
  readonly height: number;
  readonly kind: ScoreKind;
  readonly paint: Paint;
}

/** `cpu/9` before `cpu/10`. */
const byName = new Intl.Collator('en', { numeric: true });

/**
 * Ended trials, the best with its parameters, speed and time left, and one line for each worker. No
 * line is wider than the frame.
 */
export function liveView(progress: RunProgress, frame: Frame): string[] {
  const { width, height, paint } = frame;
  const head = [
    headline(progress, width, paint),
    ...best(progress, frame),
    cut(speed(progress), width),
  ];
  if (progress.stalled !== null)
    head.push(paint.bad(cut(`cannot write the lab file, retrying: ${progress.stalled}`, width)));
  const workers = [...progress.workers].sort(([a], [b]) => byName.compare(a, b));
  const starting = progress.workerCount - workers.length;
  const lines = workers.map(([name, worker]) => workerLine(name, worker, progress, frame));
  if (starting > 0) lines.push(paint.dim(cut(`${count(starting, 'worker')} starting`, width)));
  const room = Math.max(1, height - head.length);
  if (lines.length <= room) return [...head, ...lines];
  return [
    ...head,
    ...lines.slice(0, room - 1),
    paint.dim(cut(`… and ${count(lines.length - room + 1, 'more worker')}`, width)),
  ];
}

function headline({ run, done }: RunProgress, width: number, paint: Paint): string {
  if (run.trials === null) return paint.bold(cut(`${run.study}  ${count(done, 'trial')}`, width));
  const share = run.trials === 0 ? 1 : Math.min(1, done / run.trials);
  const text = `${run.study}  ${done} of ${count(run.trials, 'trial')}`;
  const percent = `${Math.floor(share * 100)} %`.padStart(6);
  const room = width - text.length - percent.length - 3;
  if (room < 8) return paint.bold(cut(text, width));
  const cells = Math.min(40, room);
  const full = Math.floor(share * cells);
  return `${paint.bold(text)}  ${paint.good('█'.repeat(full))}${paint.dim('░'.repeat(cells - full))}${percent}`;
}

function best(progress: RunProgress, { width, kind, paint }: Frame): string[] {
  const { best: trial, front } = progress;
  if (front !== null && front.size > 0) {
    const lines = wrap(bestText(progress, kind).split(' '), width, '', ' ').slice(0, 3);
    return lines.map((line) => paint.good(cut(line, width)));
  }
  if (front !== null) {
    const why = progress.done === 0 ? 'has finished' : 'satisfies every bound';
    return [paint.dim(cut(`front – (no trial ${why} yet)`, width))];
  }
  if (trial === null) return [paint.dim(cut('best – (no trial has finished yet)', width))];
  const first = bestText(progress, kind);
  const lines = wrap([first, ...paramWords(trial.params)], width).slice(0, 3);
  return lines.map((line, i) => {
    const text = cut(line, width);
    return i === 0 && text.startsWith(first) ? paint.good(first) + text.slice(first.length) : text;
  });
}

function speed(progress: RunProgress): string {
  const { perSecond, leftMs, elapsedMs, diverged, pruned, failed, lostAttempts } = progress;
  const parts = [
    rate(perSecond),
    `${leftMs === null ? '–' : duration(leftMs)} left`,
    `${duration(elapsedMs)} so far`,
  ];
  if (diverged > 0) parts.push(`${diverged} diverged`);
  if (pruned > 0) parts.push(`${pruned} pruned`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (lostAttempts > 0) parts.push(`${count(lostAttempts, 'attempt')} lost and retried`);
  return parts.join(' · ');
}

function workerLine(
  name: string,
  worker: WorkerView,
  progress: RunProgress,
  { width, paint, kind }: Frame,
): string {
  const label = shortSlot(name, progress.names).padEnd(7);
  switch (worker.doing) {
    case 'trial': {
      const time = duration(progress.atItMs(worker) ?? 0).padStart(7);
      const { trial, report } = worker;
      const reported =
        report === null ? '' : `  epoch ${report.epoch} ${score(report.value, kind)}`;
      const text = cut(
        `${label} trial ${trial}${reported}  ${params(worker.params)}`,
        width - time.length - 1,
      );
      return `${text.padEnd(Math.min(width, 100) - time.length)}${paint.dim(time)}`;
    }
    case 'lost':
    case 'quarantined':
      return paint.bad(cut(`${label} ${worker.doing}: ${worker.reason}`, width));
    case 'starting':
    case 'waiting':
      return paint.dim(cut(`${label} ${worker.doing}`, width));
    default:
      return worker satisfies never;
  }
}
