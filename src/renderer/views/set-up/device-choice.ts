/**
 * Devices that a study may run on, for the check boxes of the set-up page, and the selection after
 * one is switched. Pure; the engine checks the study again.
 */
import { deviceKind, deviceName, isSelected } from '../../../core/device.ts';
import type { DeviceKind } from '../../../core/device.ts';
import type { SlotRow } from '../../../protocol/window/lab-stream.ts';
import type { Estimate } from '../../../protocol/window/set-up.ts';
import type { NodeInventory } from '../../../protocol/window/telemetry.ts';
import { rate } from '../../format.ts';
import { text } from '../../text.ts';
import { at, listOf } from './study-edits.ts';
import type { Study } from './study-edits.ts';

export interface DeviceChoice {
  /** `gpu/0`. */
  readonly id: string;
  readonly name: string;
  /** Null: unknown. */
  readonly model: string | null;
  readonly checked: boolean;
  /** Reason why it cannot take part; null: it can. */
  readonly obstacle: string | null;
  /** Measured speed on this network, or why there is none. */
  readonly speed: string;
}

/** State of the measurement of the draft. */
export type Speeds = Pick<Estimate, 'measured' | 'unmeasured'> | 'measuring' | null;

export interface ChoiceFacts {
  readonly study: Study;
  readonly slots: readonly Pick<SlotRow, 'device'>[];
  /** Of this machine; null: not read yet. */
  readonly inventory: Pick<NodeInventory, 'processor' | 'devices'> | null;
  readonly speeds: Speeds;
}

/** Kinds of devices that can evaluate the study's trials. */
function kindsOf(study: Study): readonly DeviceKind[] {
  const { executor, bits } = executorOf(study);
  if (at(study, 'objective', 'kind') !== 'train' || bits === 'wasm') return ['cpu'];
  if (executor === 'wasm' || executor === 'reference') return ['cpu'];
  return executor === 'webgpu' ? ['gpu'] : ['cpu', 'gpu'];
}

function executorOf(study: Study): { readonly executor: unknown; readonly bits: unknown } {
  return { executor: at(study, 'objective', 'executor'), bits: at(study, 'objective', 'bits') };
}

/** Executor that leaves the GPUs idle; null: the study runs on them, or trains nothing. */
export function pinnedExecutor(study: Study): string | null {
  const { executor, bits } = executorOf(study);
  if (at(study, 'objective', 'kind') !== 'train' || kindsOf(study).includes('gpu')) return null;
  return bits === 'wasm' ? bits : String(executor);
}

/** The processor first, then the GPUs, then devices that the study names and that are not here. */
export function deviceChoices(facts: ChoiceFacts): readonly DeviceChoice[] {
  const { study, slots, inventory } = facts;
  const selection = selectionOf(study);
  const cards = inventory?.devices ?? [];
  const found = [
    ...new Set(['cpu', ...cards.map(({ device }) => device), ...slots.map((slot) => slot.device)]),
  ];
  const named = (selection ?? []).filter((id) => id !== 'gpu' && !found.includes(id));
  return [...found, ...named].map((id) => {
    const obstacle = obstacleOf(id, facts);
    return {
      id,
      name: deviceName(id),
      model:
        id === 'cpu'
          ? (inventory?.processor ?? null)
          : (cards.find(({ device }) => device === id)?.model ?? null),
      checked: named.includes(id) || (obstacle === null && isSelected(selection, id)),
      obstacle: named.includes(id) ? null : obstacle,
      speed: named.includes(id) ? text.setUp.device.notHere : speedOf(id, facts),
    };
  });
}

/** The `devices` of the study after a check box is switched; undefined: every device. */
export function switched(
  choices: readonly DeviceChoice[],
  id: string,
  checked: boolean,
): readonly string[] | undefined {
  const next = choices.filter((each) => (each.id === id ? checked : each.checked));
  const every = choices.every((each) => each.obstacle !== null || next.includes(each));
  return every ? undefined : next.map((each) => each.id);
}

function selectionOf(study: Study): readonly string[] | undefined {
  const given = at(study, 'devices');
  return given === undefined ? undefined : listOf(given).map(String);
}

function obstacleOf(id: string, { study, slots, inventory }: ChoiceFacts): string | null {
  const words = text.setUp.device;
  const { executor, bits } = executorOf(study);
  if (!kindsOf(study).includes(deviceKind(id)))
    return at(study, 'objective', 'kind') === 'train'
      ? words.executor({ executor: String(bits === 'wasm' ? bits : executor) })
      : words.synthetic;
  if (slots.length === 0 || slots.some(({ device }) => device === id)) return null;
  const card = inventory?.devices.find(({ device }) => device === id);
  const broken = card?.executors.find(({ usable }) => !usable);
  return broken === undefined || broken.usable || card?.executors.some(({ usable }) => usable)
    ? words.noWorker
    : words.broken({ executor: broken.name, reason: broken.reason });
}

function speedOf(id: string, { speeds }: ChoiceFacts): string {
  const words = text.setUp.device;
  if (speeds === 'measuring') return words.measuring;
  const measured = speeds?.measured.find(({ device }) => device === id);
  if (measured !== undefined)
    return words.speed({
      rate: rate(rounded(measured.samplesPerSecond)),
      workers: measured.workers,
    });
  const failed = speeds?.unmeasured.find(({ device }) => device === id);
  return failed === undefined ? words.notMeasured : words.failed({ reason: failed.reason });
}

/** To two significant digits: a benchmark of a second is not more exact. */
function rounded(n: number): number {
  return Number(n.toPrecision(2));
}
