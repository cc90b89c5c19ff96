/** Re-exports: studies on a virtual clock. */
export type { SimulationOptions, SimulationReport } from './options.ts';
export { simulate } from './simulate.ts';
