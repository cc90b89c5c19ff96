/**
 * Devices as values, and the names of slots: the one place that composes, parses and words
 * `<node>/<device>/<place>`. It detects no hardware.
 */

/** Node id of the machine that runs the coordinator. */
export const THIS_NODE = 'local';

export type DeviceKind = 'cpu' | 'gpu';

/** Hardware that workers compute on. */
export interface Device {
  /** Unique within its node: `cpu`, `gpu/0`. Part of slot names, which lab files keep. */
  readonly id: string;
  readonly kind: DeviceKind;
  /** Model, as its maker names it. */
  readonly name: string;
  /** Version of its driver; absent: unknown, or it has none. */
  readonly driver?: string;
  /** Most trials that one worker of the device trains together. */
  readonly lanes: number;
  /** Memory of the device, in bytes. */
  readonly memoryBytes: number;
}

/** Memory that a card of unknown memory is expected to have, in bytes; it may have less. */
export const ASSUMED_CARD_BYTES = 2 * 2 ** 30;

/** A slot's name in parts; a part that the name lacks is empty. */
export interface SlotPlace {
  readonly node: string;
  /** Id of the device, which may contain slashes. */
  readonly device: string;
  /** Number of the worker among those of the device. */
  readonly place: string;
}

export function composeSlot({ node, device, place }: SlotPlace): string {
  return `${node}/${device}/${place}`;
}

/** Parses a slot's name, those of earlier releases (`local/gpu-0/0`) included. */
export function parseSlot(slot: string): SlotPlace {
  const first = slot.indexOf('/');
  if (first < 0) return { node: '', device: slot, place: '' };
  const last = slot.lastIndexOf('/');
  const node = slot.slice(0, first);
  if (last === first) return { node, device: slot.slice(first + 1), place: '' };
  return { node, device: slot.slice(first + 1, last), place: slot.slice(last + 1) };
}

/** Names of the first `count` slots of a device, at least one. */
export function slotsOf(node: string, { id }: Pick<Device, 'id'>, count: number): string[] {
  return Array.from({ length: Math.max(1, count) }, (_, i) =>
    composeSlot({ node, device: id, place: String(i) }),
  );
}

/** `<node>/<device>`: equal for slots of one device, which are equally fast. */
export function deviceOfSlot(slot: string): string {
  return slot.slice(0, Math.max(0, slot.lastIndexOf('/')));
}

export function isOnThisNode(slot: string): boolean {
  return parseSlot(slot).node === THIS_NODE;
}

/** @param id of a device */
export function deviceKind(id: string): DeviceKind {
  return id.startsWith('gpu') ? 'gpu' : 'cpu';
}

/** Returns the id of a device as a user may write it: `gpu/0` for `gpu0` and `gpu-0`. */
export function deviceId(written: string): string {
  return written.replace(/^gpu-?(\d+)$/, 'gpu/$1');
}

/**
 * Returns whether a selection contains a device.
 * @param selection ids of devices, `gpu` for every GPU; undefined: every device
 * @param id of a device
 */
export function isSelected(selection: readonly string[] | undefined, id: string): boolean {
  return selection === undefined || selection.includes(id) || selection.includes(deviceKind(id));
}

/** `gpu`, `gpu0`, `gpu-0` and `gpu/0`. */
const GPU = /^gpu[-/]?(\d*)$/;

/** `GPU 0`, `CPU`. @param id of a device; any other than these two kinds is returned as it is */
export function deviceName(id: string): string {
  const gpu = GPU.exec(id);
  if (gpu !== null) return `GPU ${gpu[1] ?? ''}`.trim();
  return id === 'cpu' ? 'CPU' : id;
}

/**
 * A worker in the words of the window and the command line: `CPU 3`, `GPU 0`; with its node where
 * that is another machine: `CPU 3 on PIXEL`.
 * @param names of nodes by id; a node without a name is named by its id
 */
export function slotName(slot: string, names?: ReadonlyMap<string, string>): string {
  const { node } = parseSlot(slot);
  return node === THIS_NODE || node === ''
    ? placeName(slot)
    : `${placeName(slot)} on ${names?.get(node) ?? node}`;
}

/** A worker among those of its node: `CPU 3`. */
export function slotNameOnNode(slot: string): string {
  return placeName(slot);
}

/** `CPU 3 on this machine`. @param nodeName of another machine, if known */
export function slotNameWithNode(slot: string, nodeName?: string): string {
  if (isOnThisNode(slot)) return `${placeName(slot)} on this machine`;
  return nodeName === undefined ? slotName(slot) : `${placeName(slot)} on ${nodeName}`;
}

function placeName(slot: string): string {
  const { device, place } = parseSlot(slot);
  // A card has one worker, so that the number of the card says it all.
  const numbered = GPU.exec(device)?.[1];
  const name = deviceName(device);
  return numbered === undefined || numbered === '' ? `${name} ${place}`.trim() : name;
}

/**
 * A slot in a line of the terminal: this machine's without the node, `cpu/0`; another's with the
 * name of the node, `PIXEL/cpu/0`.
 * @param names of nodes by id; a node without a name is named by its id
 */
export function shortSlot(slot: string, names?: ReadonlyMap<string, string>): string {
  if (isOnThisNode(slot)) return slot.slice(THIS_NODE.length + 1);
  const { node, device, place } = parseSlot(slot);
  return composeSlot({ node: names?.get(node) ?? node, device, place });
}
