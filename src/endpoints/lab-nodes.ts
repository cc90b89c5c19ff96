/**
 * Composes the endpoints of the lab's machines: rows, calls, feeds and utilisation of all nodes.
 */
import type { CourtesyState } from '../node/courtesy/courtesy.ts';
import type { NodeLimits } from '../protocol/node-messages.ts';
import type { SlotRow } from '../protocol/window/lab-stream.ts';
import type { NodeRow, OwnerBody } from '../protocol/window/nodes.ts';
import type { NodeInventory } from '../protocol/window/telemetry.ts';
import { nodeCalls, nodeSubscriptions } from './calls/node-calls.ts';
import type { NodeCalls, NodeSubscriptions } from './calls/node-calls.ts';
import type { CurrentLab } from './current-lab.ts';
import { nodeRows, thisMachine } from './projections/node-rows.ts';
import type { NodeFacts, NodeFace, SharedLab } from './shared-lab.ts';
import { currentSlots } from './projections/slot-rows.ts';

export interface LabNodesParts {
  readonly current: CurrentLab;
  readonly face: NodeFace;
  readonly release: string;
  /** This machine. */
  readonly here: () => Pick<NodeFacts, 'inventory' | 'sample'>;
  /** Latest resident memory in bytes, by process id. */
  readonly memory: () => ReadonlyMap<number, number>;
  /** Name of a dataset by its content. */
  readonly datasetName: (content: string) => string;
}

export interface LabNodes {
  readonly rows: (slots: readonly SlotRow[]) => NodeRow[];
  readonly calls: NodeCalls;
  readonly subscriptions: NodeSubscriptions;
  /** Source of the nodes' utilisation for `telemetryFeed`. */
  readonly telemetry: () => {
    readonly samples: SharedLab['samples'];
    inventories(): NonNullable<NodeFacts['inventory']>[];
  };
  /** Calls back after changes of the nodes, whichever lab is open. @returns unsubscribes */
  readonly listen: (changed: () => void) => () => void;
}

export function labNodes({
  current,
  face,
  release,
  here,
  memory,
  datasetName,
}: LabNodesParts): LabNodes {
  const listen = (changed: () => void): (() => void) => {
    let unlisten = current.shared.listen(changed);
    const unswitch = current.switched.listen(() => {
      unlisten();
      unlisten = current.shared.listen(changed);
      changed();
    });
    return () => {
      unlisten();
      unswitch();
    };
  };
  const rows = (slots: readonly SlotRow[]): NodeRow[] => {
    const { shared, lab, view } = current;
    const facts = [
      thisMachine(
        here().inventory?.name ?? shared.sharing.name,
        release,
        here(),
        lab.courtesy.state,
      ),
      ...shared.nodes,
    ];
    return nodeRows(facts, {
      lab: lab.coordinator.lab,
      wall: view.wall,
      slots,
      datasetName,
    });
  };
  const deps = {
    shared: () => current.shared,
    listen,
    face,
    owner: ownerOf(
      face,
      () => here().inventory,
      () => current.lab.courtesy.state,
    ),
    limit: (limits: NodeLimits) => current.lab.courtesy.limit(limits),
    rows: () => rows(currentSlots(current, memory())),
  };
  return {
    rows,
    calls: nodeCalls(deps),
    subscriptions: nodeSubscriptions(deps),
    telemetry: () => ({
      samples: current.shared.samples,
      inventories: () =>
        current.shared.nodes.flatMap(({ inventory }) => (inventory === null ? [] : [inventory])),
    }),
    listen,
  };
}

/** The face with this machine's devices, and whether use of the machine is noticed. */
function ownerOf(
  face: NodeFace,
  inventory: () => NodeInventory | null,
  courtesy: () => CourtesyState | null,
): () => OwnerBody {
  return () => {
    const found = inventory();
    const cards = (found?.devices ?? []).map(({ device, model, vendor }) => ({
      device,
      name: model ?? vendor,
    }));
    const { idleSource = null, idleUnknown = null } = courtesy() ?? {};
    const devices = [...cards, { device: 'cpu', name: found?.processor ?? 'CPU' }];
    return { ...face.state, devices, idleSource, idleUnknown };
  };
}
