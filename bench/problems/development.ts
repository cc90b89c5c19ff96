/**
 * The 34 problems on which samplers are developed and compared: tables of measured settings, BBOB,
 * LCBench, synthetic mixed and synthetic conditional problems.
 */
import { bbobProblems } from './bbob.ts';
import { conditionalProblems } from './conditional.ts';
import { hpoTables } from './hpo-tables.ts';
import { lcBench } from './lcbench.ts';
import { mixedProblems } from './mixed.ts';
import type { SearchProblem } from './problem.ts';

export interface DevelopmentProblems {
  readonly problems: readonly SearchProblem[];
  /** Reasons why families are absent. */
  readonly absent: readonly string[];
  /** Ends the process that evaluates the surrogate. */
  readonly close: () => void;
}

export async function developmentProblems(): Promise<DevelopmentProblems> {
  const tables = await hpoTables();
  const surrogate = lcBench();
  const hasSurrogate = typeof surrogate !== 'string';
  return {
    problems: [
      ...(tables ?? []),
      ...bbobProblems(),
      ...(hasSurrogate ? surrogate.problems : []),
      ...mixedProblems(),
      ...conditionalProblems(),
    ],
    absent: [
      ...(tables === null ? ['GALAPAGOS_HPO_TABLES names no folder with tables'] : []),
      ...(hasSurrogate ? [] : [surrogate]),
    ],
    close: () => {
      if (hasSurrogate) surrogate.close();
    },
  };
}
