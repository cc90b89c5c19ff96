import { describe, expect, it } from 'vitest';
import { SendQueue } from '../../src/transport/send-queue.ts';

/** A socket that accepts a frame when the test allows it. */
function socket() {
  const frames: { to: string; frame: string }[] = [];
  const waiting: (() => void)[] = [];
  const queue = new SendQueue<string>((to, frame) => {
    frames.push({ to, frame });
    return new Promise((resolve, reject) =>
      waiting.push(to === 'nobody' ? () => reject(new Error('EHOSTUNREACH')) : resolve),
    );
  });
  const settled = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      next();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { queue, frames, settled };
}

describe('Transport: send queue', () => {
  it('sends messages that are queued together in one frame for each destination, in order', async () => {
    const { queue, frames, settled } = socket();
    for (const [to, line] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ] as const)
      queue.push(to, line);
    await settled();
    expect(frames).toStrictEqual([
      { to: 'a', frame: '1\n3' },
      { to: 'b', frame: '2' },
    ]);
  });

  it('has one send under way, and queues later messages', async () => {
    const { queue, frames, settled } = socket();
    queue.push('a', '1');
    await Promise.resolve();
    await Promise.resolve();
    for (const line of ['2', '3']) queue.push('a', line);
    expect(frames).toHaveLength(1);
    await settled();
    expect(frames.map(({ frame }) => frame)).toStrictEqual(['1', '2\n3']);
  });

  it('limits the size of frames, and loses and reorders nothing', async () => {
    const { queue, frames, settled } = socket();
    const lines = Array.from(
      { length: 500 },
      (_, i) => `${i} ${'x'.repeat(i === 250 ? 1_000_000 : 1000)}`,
    );
    for (const line of lines) queue.push('a', line);
    await settled();
    expect(
      frames
        .map(({ frame }) => frame)
        .join('\n')
        .split('\n'),
    ).toStrictEqual(lines);
    expect(frames.filter(({ frame }) => frame.length > 128 * 1024)).toHaveLength(1);
    expect(frames.length).toBeGreaterThan(4);
    expect(frames.length).toBeLessThan(10);
  });

  it('drops a frame that cannot be sent and continues', async () => {
    const { queue, frames, settled } = socket();
    queue.push('nobody', '1');
    queue.push('a', '2');
    await settled();
    expect(frames.map(({ to }) => to)).toStrictEqual(['nobody', 'a']);
    await queue.empty();
  });

  it('drops queued and later messages once it is closed', async () => {
    const { queue, frames, settled } = socket();
    queue.push('a', '1');
    queue.close();
    queue.push('a', '2');
    await settled();
    expect(frames).toStrictEqual([]);
  });
});
