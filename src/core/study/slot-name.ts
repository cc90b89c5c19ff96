/** Returns a worker's display name, `CPU 3` or `GPU 0`, from its slot `node/device/index`. */
export function slotName(slot: string): string {
  const [, device = slot, place = ''] = slot.split('/');
  const gpu = /^gpu[-/]?(\d*)$/.exec(device);
  if (gpu !== null) return `GPU ${gpu[1] === '' ? place : (gpu[1] ?? place)}`;
  return device === 'cpu' ? `CPU ${place}` : `${device} ${place}`.trim();
}
