/** A worker as people read it: `CPU 3`, `GPU 0`, from its slot `node/device/place`. */
export function slotName(slot: string): string {
  const [, device = slot, place = ''] = slot.split('/');
  const gpu = /^gpu[-/]?(\d*)$/.exec(device);
  if (gpu !== null) return `GPU ${gpu[1] === '' ? place : (gpu[1] ?? place)}`;
  return device === 'cpu' ? `CPU ${place}` : `${device} ${place}`.trim();
}
