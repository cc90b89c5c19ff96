import { describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { FrameCount } from '../../../src/transport/door/frame-count.ts';
import { frame, greeting } from '../../support/zmtp.ts';

const lengths = [0, 1, 255, 256, 70_000, 3];
const stream = Buffer.concat([
  greeting('CURVE'),
  ...lengths.map((length) => frame(Buffer.alloc(length, 0xff))),
]);

describe('Door: frames of a connection', () => {
  it('counts each frame once, whatever its length', () => {
    expect(new FrameCount().in(stream)).toBe(lengths.length);
  });

  it('counts the same frames in whatever pieces the bytes arrive', () => {
    const random = new Stream(1, { purpose: PURPOSE.simulation });
    for (let walk = 0; walk < 50; walk++) {
      const count = new FrameCount();
      let frames = 0;
      for (let at = 0; at < stream.length;) {
        const end = at + 1 + random.below(walk < 5 ? 1 : 300);
        frames += count.in(stream.subarray(at, end));
        at = end;
      }
      expect(frames).toBe(lengths.length);
    }
  });

  it('counts a frame as soon as it begins', () => {
    const count = new FrameCount();
    count.in(greeting('CURVE'));
    expect(count.in(frame(Buffer.alloc(1_000)).subarray(0, 1))).toBe(1);
  });
});
