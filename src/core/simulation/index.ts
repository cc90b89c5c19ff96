/** Re-exports: studies on a virtual clock. */
export type { SimulatedDevice, SimulationOptions, SimulationReport } from './options.ts';
export { simulate } from './simulate.ts';
