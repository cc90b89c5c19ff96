/**
 * Simulates a whole study on a virtual clock: the real scheduler and sampler with simulated
 * workers, network, storage and faults. Deterministic: the same options give the same report.
 */
import { THIS_NODE, isOnThisNode, slotsOf } from '../device.ts';
import type { LabOptions } from '../scheduling/index.ts';
import { SimulatedCoordinator } from './simulated-coordinator.ts';
import type { Outgoing } from './simulated-coordinator.ts';
import { exponential } from './chance.ts';
import type { Duration, FailureRates } from './chance.ts';
import type { SimulationOptions, SimulationReport } from './options.ts';
import { SimulatedNodes } from './simulated-node.ts';
import { SimulatedProcesses } from './simulated-processes.ts';
import { Tally } from './tally.ts';
import { World } from './world.ts';

const STUDY = 'simulated';
const BEAT_MS = 500;
/** Number of beats in a lease. */
const BEATS = 4;

/** @throws Error if the study does not end by `atMostMs` */
export function simulate(options: SimulationOptions): SimulationReport {
  const world = new World(options);
  const tally = new Tally(world);
  const scheduler = schedulerOptions(options);
  const beatMs = scheduler.beatMs ?? BEAT_MS;
  const killsEvery = options.coordinatorKillsEveryMs ?? Infinity;
  const coordinator: SimulatedCoordinator = new SimulatedCoordinator({
    world,
    options: scheduler,
    commitMs: options.commitMs ?? 2,
    mortal: killsEvery !== Infinity || options.nodeFaults !== undefined,
    carryOut: (instruction) => carryOut(instruction, world, { processes, nodes, tally }),
    measure: options.measure ?? ((work) => work()),
    ...(options.check === undefined ? {} : { check: options.check }),
  });
  const processes = new SimulatedProcesses({
    world,
    options,
    rates: {
      crash: 0,
      loss: 0,
      stall: 0,
      diverge: 0,
      memory: 0,
      ...options.rates,
    } satisfies FailureRates,
    beatMs,
    leaseMs: scheduler.leaseMs ?? BEATS * BEAT_MS,
    isRelayed: (slot) => nodes.has(slot),
    send: (said) => nodes.pass(said),
    busy: (ms) => tally.busy(ms),
  });
  const nodes: SimulatedNodes = new SimulatedNodes({
    world,
    nodes: options.nodes ?? [],
    faults: options.nodeFaults ?? {},
    pulseMs: scheduler.pulseMs ?? BEAT_MS,
    send: (said) => coordinator.take(said),
    processes: () => processes,
  });
  start(options, coordinator, processes);
  nodes.joinAll();
  const limits = { trials: options.trials, activeMs: null, target: options.target ?? null };
  coordinator.take({ type: 'studyCreated', uid: STUDY, spec: options.spec, limits });
  world.in(exponential(killsEvery, world.uniform()), () =>
    killCoordinator(options, world, { coordinator, processes, nodes, tally }),
  );
  const atMost = options.atMostMs ?? 1e12;
  while (tally.reason === null && world.now <= atMost) if (!world.advance()) break;
  if (tally.reason === null)
    throw new Error(
      `the simulated study is not finished after ${Math.round(world.now)} ms: ${tally.ended} trials have ended`,
    );
  tally.nodeFaults = nodes.faults;
  return tally.report(options, coordinator.events);
}

/** Starts its first process, or a later one on the record of the previous one. */
function start(
  options: SimulationOptions,
  coordinator: SimulatedCoordinator,
  processes: SimulatedProcesses,
): void {
  coordinator.start();
  const first = coordinator.lab?.epoch === 1;
  const slots = (node: string, count: number): readonly string[] =>
    count === 0 ? [] : slotsOf(node, { id: 'cpu' }, count);
  if (options.remote !== true) {
    for (const slot of slots(THIS_NODE, options.workers))
      coordinator.take({ type: 'slotOffered', slot });
    for (const device of options.devices ?? [])
      for (const slot of slotsOf(THIS_NODE, device, device.workers))
        coordinator.take({ type: 'slotOffered', slot });
    return;
  }
  if (!first) return;
  for (let i = 0; i < options.workers; i++)
    for (const slot of slots(`node-${i}`, 1)) processes.start(slot, '1.1');
}

interface Parts {
  readonly processes: SimulatedProcesses;
  readonly nodes: SimulatedNodes;
  readonly tally: Tally;
}

function killCoordinator(
  options: SimulationOptions,
  world: World,
  parts: Parts & { readonly coordinator: SimulatedCoordinator },
): void {
  const { coordinator, processes, nodes, tally } = parts;
  coordinator.kill();
  tally.coordinatorKills += 1;
  if (options.remote !== true) processes.killAll((slot) => !nodes.has(slot));
  world.in(options.coordinatorDownMs ?? 1_000, () => {
    start(options, coordinator, processes);
    nodes.joinAll();
    world.in(exponential(options.coordinatorKillsEveryMs ?? Infinity, world.uniform()), () =>
      killCoordinator(options, world, parts),
    );
  });
}

function carryOut(instruction: Outgoing, world: World, { processes, nodes, tally }: Parts): void {
  const reached = !('slot' in instruction) || nodes.reaches(instruction.slot);
  switch (instruction.do) {
    case 'sendCohort':
    case 'sendAck':
    case 'sendRefused':
    case 'sendCancel':
    case 'sendWelcome':
    case 'sendGoodbye':
      if (reached) processes.deliver(instruction.slot, instruction);
      return;
    case 'sendHeard':
      processes.heard(instruction.slot, instruction.incarnation);
      return;
    case 'spawnWorker':
      if (reached)
        world.in(instruction.afterMs, () =>
          processes.startOnce(instruction.slot, instruction.incarnation),
        );
      return;
    case 'killWorker':
      if (!reached) return;
      world.in(instruction.afterMs, () =>
        processes.kill(instruction.slot, instruction.incarnation, 'us'),
      );
      return;
    case 'show':
      tally.show(instruction.change);
      return;
    case 'finishStudy':
      tally.finish(instruction.reason);
      return;
    case 'showLab':
      tally.showLab(instruction.change);
      return;
    case 'openTasks':
    case 'closeTasks':
    case 'cutNode':
      return;
    case 'sendNode':
      nodes.hear(instruction);
      return;
    default:
      instruction satisfies never;
  }
}

/** The scheduler's options, with beats no more frequent than long trials need. */
function schedulerOptions({
  duration,
  scheduler = {},
  remote,
}: SimulationOptions): Partial<LabOptions> {
  const beatMs = scheduler.beatMs ?? Math.max(BEAT_MS, medianOf(duration) / BEATS);
  const leaseMs = scheduler.leaseMs ?? BEATS * beatMs;
  return {
    saveActiveMs: 60_000,
    saveActiveWithMs: 60_000,
    ...scheduler,
    beatMs,
    leaseMs,
    pulseMs: scheduler.pulseMs ?? beatMs,
    silentMs: scheduler.silentMs ?? leaseMs,
    isLocal: (slot) => remote !== true && isOnThisNode(slot),
  };
}

function medianOf(duration: Duration): number {
  return typeof duration === 'number' ? duration : duration.median;
}
