import { expect, it } from 'vitest';
import { tellOfDigits } from '../../src/cli/actions/share-lab.ts';
import type { Admission } from '../../src/protocol/window/nodes.ts';

it('a run says once that a machine waits for digits, and what to do instead', () => {
  const waiting: Admission = {
    conversation: 'c1',
    name: 'PIXEL',
    address: '10.0.0.7',
    digits: '257970',
    since: 0,
    agreed: false,
    ended: null,
  };
  let admissions: readonly Admission[] = [];
  let changed: () => void = () => undefined;
  const share = {
    get admissions() {
      return admissions;
    },
    listen(listener: () => void) {
      changed = listener;
      return () => undefined;
    },
  };
  const told: string[] = [];
  tellOfDigits(share, (text) => told.push(text));
  changed();
  expect(told).toEqual([]);
  admissions = [waiting];
  changed();
  admissions = [{ ...waiting, agreed: true }];
  changed();
  expect(told).toEqual([
    'PIXEL at 10.0.0.7 waits for a yes to its digits, which needs a window: galapagos invite makes an invitation instead',
  ]);
});
