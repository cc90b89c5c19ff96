/** Chooses the display of a run: JSON on request, the live view in a terminal, lines elsewhere. */
import { scoreKindOf } from '../../core/study/score.ts';
import type { StudySpec } from '../../core/study/study-spec.ts';
import { JsonDisplay } from './json.ts';
import { LinesDisplay } from './lines.ts';
import type { RunDisplay } from './run-display.ts';
import { TerminalDisplay } from './terminal.ts';
import type { Screen } from './terminal.ts';

export interface DisplayOptions {
  readonly json: boolean;
  readonly spec: StudySpec;
  readonly screen: Screen & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: () => Date;
}

export function createDisplay({ json, spec, screen, env, clock }: DisplayOptions): RunDisplay {
  const write = (line: string): void => {
    screen.write(`${line}\n`);
  };
  const kind = scoreKindOf(spec.objective, spec.objectives);
  if (json) return new JsonDisplay(write, clock, kind);
  // A terminal of unknown size cannot be redrawn in place.
  const terminal = screen.isTTY === true && env['TERM'] !== 'dumb' && screen.columns > 0;
  return terminal
    ? new TerminalDisplay(screen, kind, coloured(env))
    : new LinesDisplay(write, kind);
}

/** https://no-color.org: any non-empty NO_COLOR disables colours. */
function coloured(env: DisplayOptions['env']): boolean {
  return (env['NO_COLOR'] ?? '') === '';
}
