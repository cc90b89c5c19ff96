import { describe, expect, it } from 'vitest';
import { Outbox } from '../../src/transport/outbox.ts';

/** A socket that takes a frame when it is let. */
function socket() {
  const frames: { to: string; frame: string }[] = [];
  const waiting: (() => void)[] = [];
  const outbox = new Outbox<string>((to, frame) => {
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
  return { outbox, frames, settled };
}

describe('Transport: outbox', () => {
  it('sends messages that are queued together in one frame for each destination, in order', async () => {
    const { outbox, frames, settled } = socket();
    for (const [to, line] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ] as const)
      outbox.push(to, line);
    await settled();
    expect(frames).toStrictEqual([
      { to: 'a', frame: '1\n3' },
      { to: 'b', frame: '2' },
    ]);
  });

  it('has one send under way, and queues later messages', async () => {
    const { outbox, frames, settled } = socket();
    outbox.push('a', '1');
    await Promise.resolve();
    await Promise.resolve();
    for (const line of ['2', '3']) outbox.push('a', line);
    expect(frames).toHaveLength(1);
    await settled();
    expect(frames.map(({ frame }) => frame)).toStrictEqual(['1', '2\n3']);
  });

  it('limits the size of frames, and loses and reorders nothing', async () => {
    const { outbox, frames, settled } = socket();
    const lines = Array.from(
      { length: 500 },
      (_, i) => `${i} ${'x'.repeat(i === 250 ? 1_000_000 : 1000)}`,
    );
    for (const line of lines) outbox.push('a', line);
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
    const { outbox, frames, settled } = socket();
    outbox.push('nobody', '1');
    outbox.push('a', '2');
    await settled();
    expect(frames.map(({ to }) => to)).toStrictEqual(['nobody', 'a']);
    await outbox.empty();
  });

  it('drops queued and later messages once it is closed', async () => {
    const { outbox, frames, settled } = socket();
    outbox.push('a', '1');
    outbox.close();
    outbox.push('a', '2');
    await settled();
    expect(frames).toStrictEqual([]);
  });
});
