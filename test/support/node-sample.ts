import type { NodeSample } from '../../src/protocol/window/telemetry.ts';

/** A sample of a machine without devices and workers. */
export function nodeSample(node: string, at: number): NodeSample {
  return {
    node,
    at,
    cores: [0.5],
    memoryBytes: 1,
    memoryTotalBytes: 2,
    temperature: null,
    devices: [],
    workers: [],
    unknown: {},
  };
}
