/** Ways to spoil the text of a message; few leave a valid message. */
import { MAX_CONTROL_CHARACTERS } from '../../src/protocol/worker-messages.ts';

export type Below = (n: number) => number;
export type Spoil = (text: string) => string | Buffer;

/** @param below returns a random integer from 0, `n` excluded */
export function spoilsOf(below: Below): readonly Spoil[] {
  return [
    (text) => text.slice(0, 1 + below(text.length - 1)),
    (text) => text.slice(1 + below(text.length - 1)),
    (text) => flipped(text, below),
    (text) =>
      text.replace(
        /"type":"\w+"/,
        `"type":${['null', '7', '{}', '"none"', '"__proto__"', '"constructor"'][below(6)] ?? ''}`,
      ),
    (text) =>
      text.replace(/\d+/, ['-1', '1e999', '0.5', '9007199254740993', 'NaN', '"1"'][below(6)] ?? ''),
    (text) =>
      text.replace(
        /"[^"]*"(?=[,}\]])/,
        ['null', '""', '[]', `"${'x'.repeat(20_000)}"`][below(4)] ?? '',
      ),
    (text) => text.replace('{', `{"extra${String(below(9))}":0,`),
    (text) => text.replace('{', '{"__proto__":{"type":"beat"},'),
    (text) => `${'['.repeat(50_000)}${text}`,
    () => `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    (text) => `[${text}]`,
    () => ['', ' ', 'null', 'true', '0', '""', '[]', '{}'][below(8)] ?? '',
    (text) => Buffer.concat([Buffer.from([0xff, 0xfe, 0x00, 0xc0]), Buffer.from(text)]),
    (text) => text.replace(/"holding":\[[^\]]*\]/, `"holding":[${'0,'.repeat(2_000)}0]`),
    (text) =>
      text.replace('{', `{${Array.from({ length: 200 }, (_, i) => `"k${String(i)}":0,`).join('')}`),
    (text) => text.replace('{', `{"pad":"${'x'.repeat(MAX_CONTROL_CHARACTERS)}",`),
  ];
}

function flipped(text: string, below: Below): Buffer {
  const bytes = Buffer.from(text);
  for (let n = 0; n <= below(4); n++) {
    const at = below(bytes.length);
    const bit = (bytes[at] ?? 0) ^ (1 << below(8));
    // A line's end would split the message in two.
    bytes[at] = bit === 10 ? 0 : bit;
  }
  return bytes;
}
