/** Energy that the trials of a study used, as reports and exports show it. */
import { THIN, significant } from './score.ts';

export interface StudyEnergy {
  /** Sum over the ended trials whose energy is known, of the attempts that ended them. */
  readonly joules: number;
  /** Number of those trials. */
  readonly trials: number;
  /** Number of ended trials. */
  readonly of: number;
}

const UNITS = [
  ['GJ', 1e9],
  ['MJ', 1e6],
  ['kJ', 1e3],
] as const;

/** `84.1 J`, `12.3 kJ`, `1.07 MJ`: three significant digits. */
export function joulesText(joules: number): string {
  // From 999.5 on, three digits of the smaller unit would be rounded up to 1,000.
  const [unit, size] = UNITS.find(([, least]) => joules >= least * 0.9995) ?? ['J', 1];
  return `${significant(joules / size, 3)}${THIN}${unit}`;
}
