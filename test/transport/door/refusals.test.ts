import { describe, expect, it } from 'vitest';
import {
  REPORT_EVERY_MS,
  RefusalReports,
  notAdmittedText,
  refusalText,
} from '../../../src/transport/door/refusals.ts';
import type { Refusal } from '../../../src/transport/door/refusals.ts';
import { ManualTimer } from '../../support/manual-timer.ts';

function world() {
  const timer = new ManualTimer();
  const reported: Refusal[] = [];
  const reports = new RefusalReports((refusal) => reported.push(refusal), timer);
  return { timer, reported, reports };
}

describe('Door: reports of refusals', () => {
  it('reports the first refusal of an address at once, and later ones together after a minute', () => {
    const { timer, reported, reports } = world();
    for (let i = 0; i < 41; i++) reports.refused('10.0.0.7', 'notOurs', null);
    expect(reported).toMatchObject([{ address: '10.0.0.7', reason: 'notOurs', count: 1 }]);
    reports.refused('10.0.0.7', 'silent', null);
    timer.advance(REPORT_EVERY_MS);
    expect(reported.slice(1)).toMatchObject([{ address: '10.0.0.7', reason: 'silent', count: 41 }]);
  });

  it('reports at once again after a minute without refusals', () => {
    const { timer, reported, reports } = world();
    reports.refused('10.0.0.7', 'silent', null);
    timer.advance(REPORT_EVERY_MS);
    reports.refused('10.0.0.7', 'silent', null);
    expect(reported).toHaveLength(2);
  });

  it('combines the addresses beyond the first 256 in one report', () => {
    const { timer, reported, reports } = world();
    for (let i = 0; i < 1_000; i++) reports.refused(`10.0.${i >> 8}.${i & 255}`, 'silent', null);
    expect(reported).toHaveLength(257);
    timer.advance(REPORT_EVERY_MS);
    expect(reported.slice(257)).toMatchObject([{ address: null, count: 743 }]);
  });

  it('waits for nothing once it is closed', () => {
    const { timer, reported, reports } = world();
    for (let i = 0; i < 2; i++) reports.refused('10.0.0.7', 'silent', null);
    reports.close();
    expect(timer.pending).toBe(0);
    timer.advance(REPORT_EVERY_MS);
    expect(reported).toHaveLength(1);
  });

  it('shows no control characters of another machine', () => {
    expect(notAdmittedText('10.0.0.7', `found "\u001b[2J\u009b1m\n${'x'.repeat(500)}`)).toMatch(
      /^A machine at 10\.0\.0\.7 was not admitted: found "\ufffd\[2J\ufffd1m\ufffdx{180,190}$/u,
    );
  });

  it('says in one line who was refused, how often and why', () => {
    const refusal = { address: '10.0.0.7', reason: 'unknownKey', channel: 'n1/control' } as const;
    expect(refusalText({ ...refusal, count: 40 })).toBe(
      'A machine at 10.0.0.7 was refused 40 times in the last minute: its key is not admitted (channel n1/control)',
    );
    expect(refusalText({ ...refusal, address: null, channel: null, count: 1 })).toBe(
      'Machines of many addresses were refused: its key is not admitted',
    );
  });
});
