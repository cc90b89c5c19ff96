/**
 * The display in a terminal: the live view redrawn in place, lasting messages above it, the summary
 * at the end.
 */
import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import type { ScoreKind } from '../../core/study/score.ts';
import { eventLine } from './lines.ts';
import { liveView, plain } from './live-view.ts';
import type { Paint } from './live-view.ts';
import type { RunDisplay, RunEvent, RunStart, RunSummary } from './run-display.ts';
import { RunProgress } from './run-progress.ts';
import { summary } from './summary.ts';

const REDRAW_EVERY_MS = 100;
/** Events that stay readable above the live view. */
const KEPT = new Set<RunEvent['type']>([
  'quarantined',
  'released',
  'storageStalled',
  'storageBack',
  'node',
  'shared',
  'note',
]);

/** The part of `process.stdout` that the display needs. */
export type Screen = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows'> & NodeJS.WritableStream;

export class TerminalDisplay implements RunDisplay {
  readonly #screen: Screen;
  readonly #kind: ScoreKind;
  readonly #paint: Paint;
  readonly #live: ReturnType<typeof createLogUpdate>;
  #progress: RunProgress | null = null;
  #drawnMs = -Infinity;

  constructor(screen: Screen, kind: ScoreKind, coloured: boolean) {
    this.#screen = screen;
    this.#kind = kind;
    this.#paint = coloured ? paints() : plain;
    this.#live = createLogUpdate(screen);
  }

  start(run: RunStart): void {
    this.#progress = new RunProgress(run);
    for (const note of run.notes) this.#screen.write(`${this.#paint.dim(`Note: ${note}`)}\n`);
    this.#draw();
  }

  event(event: RunEvent): void {
    this.#progress?.event(event);
    if (!KEPT.has(event.type)) return;
    const line = eventLine(event, this.#kind, this.#progress?.names);
    if (line === null) return;
    this.#live.clear();
    this.#screen.write(`${line}\n`);
    this.#draw();
  }

  tick(nowMs: number): void {
    this.#progress?.tick(nowMs);
    if (nowMs - this.#drawnMs < REDRAW_EVERY_MS) return;
    this.#drawnMs = nowMs;
    this.#draw();
  }

  finish(end: RunSummary): void {
    this.#live.clear();
    this.#live.done();
    if (this.#progress === null) return;
    const frame = { width: this.#width, kind: this.#kind };
    const machines = this.#progress.machines;
    for (const line of summary(this.#progress.run, end, { ...frame, machines }))
      this.#screen.write(`${line}\n`);
  }

  get #width(): number {
    return Math.max(20, this.#screen.columns || 80);
  }

  #draw(): void {
    if (this.#progress === null) return;
    // The last column stays empty, because some terminals wrap a line that fills it.
    const width = this.#width - 1;
    const height = Math.max(4, (this.#screen.rows || 24) - 1);
    const lines = liveView(this.#progress, { width, height, kind: this.#kind, paint: this.#paint });
    this.#live(lines.slice(0, height).join('\n'));
  }
}

function paints(): Paint {
  const colours = pc.createColors(true);
  return { bold: colours.bold, dim: colours.dim, good: colours.green, bad: colours.red };
}
