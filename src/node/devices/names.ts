/**
 * Compares the names that drivers, inventories and WebGPU give one graphics card, such as `GA102
 * [GeForce RTX 3080]` and `NVIDIA GeForce RTX 3080 (NVK GA102)`.
 */

const VENDORS: readonly (readonly [sign: RegExp, vendor: string])[] = [
  [/nvidia|geforce|quadro|\btesla\b|\bnvk\b/i, 'NVIDIA'],
  [/\bamd\b|radeon|\bradv\b|\bati\b|instinct/i, 'AMD'],
  [/intel|\barc\b|\biris\b/i, 'Intel'],
  [/apple/i, 'Apple'],
];

/** Returns the vendor that an adapter's name implies; null: none known. */
export function vendorOfName(name: string): string | null {
  return VENDORS.find(([sign]) => sign.test(name))?.[1] ?? null;
}

/** Words of makers, which do not identify a card. */
const MAKERS = new Set(
  'nvidia corporation amd ati advanced micro devices intel apple inc r tm radv nvk'.split(' '),
);

/** Lower-case words and numbers of a name, without makers' words. */
function words(text: string): string {
  return (text.toLowerCase().match(/[a-z]+|\d+/g) ?? [])
    .filter((word) => !MAKERS.has(word))
    .join(' ');
}

/**
 * Names of a card in a comparable form: the text outside brackets first, then that inside, where
 * inventories write the marketing name or several of them (`[Radeon RX 6800/6800 XT]`).
 */
export function comparableNames(name: string): readonly string[] {
  const marked = name.replaceAll(/\((?:R|TM|C)\)/gi, ' ');
  const inside = [...marked.matchAll(/[[(]([^\])]*)[\])]/g)].flatMap(([, text = '']) =>
    text.split('/'),
  );
  const outside = marked.replaceAll(/[[(][^\])]*[\])]/g, ' ');
  return [...new Set([outside, ...inside].map(words).filter((text) => /\d/.test(text)))];
}

export type Likeness = 'equal' | 'contained' | 'none';

export function likeness(a: string, b: string): Likeness {
  const [left, right] = [comparableNames(a), comparableNames(b)];
  if (left.some((name) => right.includes(name))) return 'equal';
  const holds = (whole: string, part: string): boolean => ` ${whole} `.includes(` ${part} `);
  return left.some((one) => right.some((other) => holds(one, other) || holds(other, one)))
    ? 'contained'
    : 'none';
}
