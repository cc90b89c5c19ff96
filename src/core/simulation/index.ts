/** Re-exports: studies on a virtual clock. */
export type {
  SimulatedNode,
  SimulatedDevice,
  SimulationOptions,
  SimulationReport,
} from './options.ts';
export { simulate } from './simulate.ts';
