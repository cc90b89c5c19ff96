/**
 * Tests the projections of the streams (a snapshot replaces, a delta is merged), the selection and
 * the preferences.
 */
import { describe, expect, test } from 'vitest';
import type { AttemptRow } from '../../src/protocol/window/lab-stream.ts';
import { LabState } from '../../src/renderer/state/lab.svelte.ts';
import { Preferences } from '../../src/renderer/state/preferences.svelte.ts';
import { Selection } from '../../src/renderer/state/selection.svelte.ts';
import { StudyState } from '../../src/renderer/state/study.svelte.ts';
import { TelemetryState } from '../../src/renderer/state/telemetry.svelte.ts';
import { labHead, studyHead, studyRow } from '../support/window-examples.ts';

function attempt(id: string, to: number | null = null): AttemptRow {
  return {
    id,
    study: 'a',
    trial: 0,
    attemptNumber: 1,
    slot: 'local/cpu/0',
    lane: 0,
    from: 0,
    to,
    outcome: null,
    value: null,
  };
}

describe('State: lab', () => {
  test('keeps fields that a delta does not contain', () => {
    const lab = new LabState();
    lab.apply({ studies: [studyRow()], datasets: ['mnist'] }, true);
    lab.apply({ datasets: ['mnist', 'mine'] }, false);
    expect(lab.studies).toHaveLength(1);
    expect(lab.datasets).toEqual(['mnist', 'mine']);
  });

  test('merges attempts by id, and keeps only finished ones after a snapshot of the same lab', () => {
    const lab = new LabState();
    lab.apply({ lab: labHead(), attempts: [attempt('1'), attempt('2')] }, true);
    lab.apply({ attempts: [attempt('1', 7)] }, false);
    expect([...lab.attempts.values()].map(({ id, to }) => [id, to])).toEqual([
      ['1', 7],
      ['2', null],
    ]);
    lab.apply({ lab: labHead(), attempts: [attempt('3')] }, true);
    expect([...lab.attempts.values()].map(({ id }) => id)).toEqual(['1', '3']);
    lab.apply({ lab: labHead({ file: '/another.db' }), attempts: [attempt('4')] }, true);
    expect([...lab.attempts.values()].map(({ id }) => id)).toEqual(['4']);
  });
});

describe('State: study', () => {
  test('creates a table as wide as the parameters, and a new one with each snapshot', () => {
    const study = new StudyState('a');
    study.apply({ head: studyHead({ parameters: ['x', 'y'] }) }, true);
    expect(study.table.width).toBe(2);
    const before = study.table.version;
    study.apply({}, true);
    expect(study.table.version).toBeGreaterThan(before);
  });

  test('shows the number of loaded trials only while loading', () => {
    const study = new StudyState('a');
    study.apply({ head: studyHead({ trials: 100 }), loaded: 38 }, true);
    expect(study.loaded).toBe(38);
    study.apply({ loaded: 100 }, false);
    expect(study.loaded).toBeNull();
  });
});

test('State: drops utilisation older than a minute', () => {
  const telemetry = new TelemetryState();
  const sample = (at: number): Parameters<TelemetryState['apply']>[0]['samples'][number] => ({
    node: 'local',
    at,
    cores: [],
    memoryBytes: 0,
    memoryTotalBytes: 1,
    temperature: null,
    devices: [],
    workers: [],
    unknown: {},
  });
  telemetry.apply({ samples: [sample(0), sample(1000)] }, true);
  telemetry.apply({ samples: [sample(60_500)] }, false);
  expect(telemetry.samples.get('local')?.map(({ at }) => at)).toEqual([1000, 60_500]);
});

describe('State: selection', () => {
  test('never selects a trial and a worker together', () => {
    const selection = new Selection();
    selection.select(5);
    selection.selectSlot('local/cpu/0');
    expect([selection.trial, selection.slot]).toEqual([null, 'local/cpu/0']);
    selection.select(6);
    expect([selection.trial, selection.slot]).toEqual([6, null]);
  });

  test('passes trials within all brushed ranges, and none without a value for a brushed parameter', () => {
    const selection = new Selection();
    const passes = (units: number): boolean => selection.passes(3, 0.9, () => units);
    expect(passes(NaN)).toBe(true);
    selection.brushAxis('units', { low: 10, high: 20 });
    expect([passes(10), passes(20), passes(21), passes(NaN)]).toEqual([true, true, false, false]);
    selection.brushAxis('#number', { low: 4, high: 9 });
    expect(passes(15)).toBe(false);
    selection.brushAxis('#number', null);
    expect(passes(15)).toBe(true);
  });
});

describe('State: preferences', () => {
  test('returns the fallback for a value that cannot be read', () => {
    const held = new Map([
      ['galapagos.preference.width', '{"bad'],
      ['galapagos.preference.folded', '"yes"'],
    ]);
    const preferences = new Preferences({
      getItem: (name) => held.get(name) ?? null,
      setItem: (name, value) => held.set(name, value),
      removeItem: (name) => held.delete(name),
    });
    expect(preferences.get('width', 208)).toBe(208);
    expect(preferences.get('folded', false)).toBe(false);
    preferences.set('width', 240);
    expect(preferences.get('width', 208)).toBe(240);
    preferences.set('width', null);
    expect(preferences.get('width', 208)).toBe(208);
  });
});
