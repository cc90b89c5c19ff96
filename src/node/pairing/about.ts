/**
 * Facts that each end tells the other about itself: written as short JSON, read as untrusted text.
 */
import { withEscapes } from '../../core/hidden-characters.ts';
import { MAX_ABOUT_BYTES, hostAbout, joinerAbout } from '../../protocol/pairing-messages.ts';
import type { HostAbout, JoinerAbout } from '../../protocol/pairing-messages.ts';
import { Refused } from './conversation.ts';

const MOST_CHARACTERS = 60;
/** Longest text, so that a message with it stays within a line after escaping. */
const MOST_BYTES = MAX_ABOUT_BYTES - 32;

/** Cut between code points, so that no half of a character remains. */
function short(text: string, otherwise: string): string {
  let shown = '';
  for (const character of withEscapes(text.trim()))
    if (shown.length + character.length <= MOST_CHARACTERS) shown += character;
    else break;
  return shown === '' ? otherwise : shown;
}

export function joinerText({ name, system, cores, devices }: JoinerAbout): string {
  const about = {
    name: short(name, 'unnamed'),
    system: short(system, 'unknown'),
    cores: Math.max(1, cores),
    devices: devices.slice(0, 16).map((device) => short(device, 'unknown')),
  };
  while (isLong(about) && about.devices.length > 0) about.devices.pop();
  if (isLong(about)) about.system = 'unknown';
  return JSON.stringify(about);
}

export function hostText({ name, lab }: HostAbout): string {
  return JSON.stringify({ name: short(name, 'unnamed'), lab: short(lab, 'unnamed') });
}

/** Counts the text as it is sent, as a JSON string within JSON. */
function isLong(about: object): boolean {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(about))) > MOST_BYTES;
}

/** @throws Refused for a text that is not about a joining machine */
export function readJoiner(text: string): JoinerAbout {
  const { success, data } = joinerAbout.safeParse(json(text));
  if (!success) throw new Refused('protocol', 'expected name, system, cores, devices in about');
  const { name, system, cores, devices } = data;
  return {
    name: short(name, 'unnamed'),
    system: short(system, 'unknown'),
    cores,
    devices: devices.map((device) => short(device, 'unknown')),
  };
}

/** @throws Refused for a text that is not about a host */
export function readHost(text: string): HostAbout {
  const { success, data } = hostAbout.safeParse(json(text));
  if (!success) throw new Refused('protocol', 'expected name and lab in about');
  return { name: short(data.name, 'unnamed'), lab: short(data.lab, 'unnamed') };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
