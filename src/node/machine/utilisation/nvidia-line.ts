/**
 * Parses one line of `nvidia-smi --query-gpu=… --format=csv,noheader,nounits`: one card at one
 * moment.
 */
import { z } from 'zod';
import { pciAddress } from './card.ts';
import type { Card } from './card.ts';
import { Unknown } from './figure.ts';
import type { Figure } from './figure.ts';

/** The name is the last field, so that a comma in it does not shift other fields. */
export const QUERY = [
  'uuid',
  'pci.bus_id',
  'driver_version',
  'utilization.gpu',
  'memory.used',
  'memory.total',
  'temperature.gpu',
  'power.draw',
  'power.limit',
  'power.default_limit',
  'name',
] as const;

const MEBI = 2 ** 20;

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[GPU is lost]`, `N/A`. */
const ABSENT = /^(\[.+\]|N\/A)$/;

function figure(unit = 1): z.ZodType<Figure> {
  return z.string().transform((text, context): Figure => {
    if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * unit;
    if (ABSENT.test(text)) return new Unknown(`nvidia-smi says ${text}`);
    context.addIssue({
      code: 'custom',
      message: `expected a number or [N/A], found ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  });
}

const line = z.strictObject({
  uuid: z.string().regex(/^GPU-[\da-f-]+$/i),
  'pci.bus_id': z.string().transform((text, context) => {
    const address = pciAddress(text);
    if (address === null)
      context.addIssue({
        code: 'custom',
        message: `expected an address, found ${JSON.stringify(text)}`,
      });
    return address;
  }),
  driver_version: z.string().transform((text) => (ABSENT.test(text) ? null : text)),
  'utilization.gpu': figure(),
  'memory.used': figure(MEBI),
  'memory.total': figure(MEBI),
  'temperature.gpu': figure(),
  'power.draw': figure(),
  'power.limit': figure(),
  'power.default_limit': figure(),
  name: z.string().min(1),
});

/** Returns the card, or the reason why the line is malformed. */
export function parseNvidiaLine(text: string): Card | { readonly malformed: string } {
  const parts = text.split(',').map((part) => part.trim());
  const name = parts.splice(QUERY.length - 1).join(', ');
  const fields = [...parts, name];
  const parsed = line.safeParse(Object.fromEntries(QUERY.map((key, i) => [key, fields[i]])));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { malformed: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
  }
  const { data } = parsed;
  const powerDefault = data['power.default_limit'];
  return {
    address: data['pci.bus_id'],
    uuid: data.uuid,
    vendor: 'NVIDIA',
    model: data.name,
    driver: data.driver_version,
    powerDefault: typeof powerDefault === 'number' ? powerDefault : null,
    figures: {
      load: data['utilization.gpu'],
      memoryBytes: data['memory.used'],
      memoryTotalBytes: data['memory.total'],
      temperature: data['temperature.gpu'],
      power: data['power.draw'],
      powerLimit: data['power.limit'],
    },
  };
}
